import type { EngineMachine } from '../../src/daemon/stream/engine-machine.ts';
import type { ByteString } from '../../src/kernel/byte-string.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/kernel/database.ts';
import type { NoticeSource } from '../../src/kernel/notices.ts';
import type { MonotonicMs, WallMs } from '../../src/kernel/units.ts';
import { sqliteDoor } from '../../src/system/files/database.ts';
import { openFanotify } from '../../src/system/notices/fanotify.ts';
import { SystemFileUses } from '../../src/system/files/file-use.ts';
import { NodeFiles } from '../../src/system/files/files.ts';
import { openInotify } from '../../src/system/notices/inotify.ts';
import type { Refusals } from './refusals.ts';

/** The process of a server was killed in the middle of a system call it wanted to make. */
export class Killed extends Error {}

/**
 * Time that moves a little with every look at it, so that slices of work end after the same amount of
 * work in every run of a seed, and jumps when told to.
 */
export class SimulatedClock implements Clock {
  readonly #perLookMs: number;
  #nowMs = 1000;

  constructor(perLookMs: number) {
    this.#perLookMs = perLookMs;
  }

  monotonicMs(): MonotonicMs {
    this.#nowMs += this.#perLookMs;
    return this.#nowMs as MonotonicMs;
  }

  wallMs(): WallMs {
    return (1_700_000_000_000 + this.#nowMs) as WallMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }
}

const OPENING = ['openFolder', 'openFolderAt', 'openAt', 'openUnnamed'] as const;
const WORKING = [
  'list',
  'listInto',
  'statAt',
  'readLinkAt',
  'nameFile',
  'makeFolderAt',
  'symlinkAt',
  'linkAt',
  'renameAt',
  'renameNewAt',
  'unlinkAt',
  'removeFolderAt',
  'setModeAt',
  'setOwnerAt',
  'setMtimeAt',
  'stat',
  'read',
  'write',
  'setSize',
  'setMode',
  'setOwner',
  'setMtime',
  'forgetCached',
] as const;

type Call = (...values: unknown[]) => unknown;

/** The file door of a server that can be killed before any of its calls. Knows what is open. */
export class MortalFiles extends NodeFiles {
  /** Calls until the kill. */
  callsLeft = Number.POSITIVE_INFINITY;
  /** What others do between two calls. */
  meanwhile: () => void = () => undefined;
  readonly open = new Map<number, string>();

  readonly #refusals: Refusals;

  constructor(refusals: Refusals) {
    super();
    this.#refusals = refusals;
    for (const name of WORKING) this.#wrap(name, (real, values) => real(...values));
    for (const name of OPENING)
      this.#wrap(name, (real, values) => this.#noted(real(...values) as number, name, values));
  }

  override close(file: number): void {
    // Whoever was killed closes nothing; `abandon` does, as the kernel would.
    if (this.callsLeft <= 0) return;
    this.open.delete(file);
    super.close(file);
  }

  override sync(): void {}
  override syncData(): void {}
  /** A kill keeps the page cache: nothing has to be synced to be there afterwards. */
  override syncFileSystem(): void {}

  abandon(): void {
    this.callsLeft = Number.POSITIVE_INFINITY;
    for (const file of [...this.open.keys()]) this.close(file);
  }

  #noted(file: number, name: string, values: readonly unknown[]): number {
    this.open.set(file, `${name} ${values.map(String).join(' ')}`);
    return file;
  }

  #wrap(name: (typeof OPENING | typeof WORKING)[number], act: (real: Call, values: unknown[]) => unknown): void {
    const real = (NodeFiles.prototype[name] as Call).bind(this);
    Object.assign(this, {
      [name]: (...values: unknown[]) => {
        if (this.callsLeft <= 0 || --this.callsLeft <= 0) throw new Killed();
        this.meanwhile();
        this.#refusals.expect(name, values);
        return act(real, values);
      },
    });
  }
}

/** The machine as one server of the simulation sees it. */
export class MortalMachine implements EngineMachine {
  readonly files: MortalFiles;
  readonly clock: Clock;
  readonly bootId = 'boot';
  readonly wasStartedHere = (): boolean => false;
  readonly #kind: NoticeSource['kind'];
  readonly #sources: NoticeSource[] = [];
  readonly #databases = new Set<Database>();

  constructor(clock: Clock, kind: NoticeSource['kind'], refusals: Refusals) {
    this.files = new MortalFiles(refusals);
    this.clock = clock;
    this.#kind = kind;
  }

  openNotices(folders: readonly ByteString[], ofOthers: boolean): { source: NoticeSource; problem: null } {
    const source = this.#kind === 'fanotify' ? openFanotify(folders, ofOthers ? process.pid : null) : openInotify();
    this.#sources.push(source);
    return { source, problem: null };
  }

  freeBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  threadTimes(): { processorMs: number; readyMs: number } {
    return { processorMs: 0, readyMs: 0 };
  }

  readonly openers = null;

  usesOf(countsReaders: boolean): SystemFileUses {
    return new SystemFileUses(countsReaders);
  }

  databaseIn(file: string): { open(): Database; moveAside(): string } {
    const door = sqliteDoor(file);
    return {
      open: () => {
        const database = door.open();
        this.#databases.add(database);
        return {
          execute: (sql) => database.execute(sql),
          prepare: (sql) => database.prepare(sql),
          transaction: (action) => database.transaction(action),
          close: () => {
            this.#databases.delete(database);
            database.close();
          },
        };
      },
      moveAside: () => door.moveAside(),
    };
  }

  close(): void {
    for (const source of this.#sources.splice(0)) source.close();
    for (const database of this.#databases) database.close();
    this.#databases.clear();
  }

  /** Takes everything from a killed server that the kernel would take. */
  abandon(): void {
    this.files.abandon();
    this.close();
  }
}

/** May this process use fanotify on a folder? */
export function allowsFanotify(folder: string): boolean {
  try {
    openFanotify([folder as ByteString]).close();
    return true;
  } catch {
    return false;
  }
}
