import type { ByteFiles, FileOwner } from '../kernel/byte-files.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { MIB } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { writeReg } from './reg-writer.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { type RegistryKey, RegistryTree, type RegistryValue } from './registry-tree.ts';
import { asStoreProblem } from './store-problems.ts';
import { REG } from './value-type.ts';
import { readWineFile, type WineFile } from './wine-file.ts';

const BYTES_MAX = 256 * MIB;
const TIMEOUT_MS = 120_000;
/** Wine saves every 30 s while a program of the prefix runs, and when the last one has ended. */
const SAVED_WITHIN_MS = 45_000;
const SAVED_LOOK_MS = 100;
/** Asking whether Wine runs starts a program, so it is done at each such look only. */
const LOOKS_PER_QUESTION = 5;
const REASON_LENGTH_MAX = 200;
const EXCHANGE_FILE = 'understudy-exchange.reg';

/** Whose data regedit takes for text, and ends in a NUL. */
const TEXT_TYPES: ReadonlySet<number> = new Set([REG.sz, REG.expandSz, REG.multiSz]);

/** In a prefix. The first has HKEY_LOCAL_MACHINE, the others have the users. */
const FILES = { machine: 'system.reg', user: 'user.reg', otherUsers: 'userdef.reg' } as const;

const OF_USERS = /^HKEY_(?:CURRENT_USER|USERS)(?:\\|$)/;

/** Where the hives are that are only another name for a part of others. */
const ALIASES: readonly (readonly [alias: string, at: string])[] = [
  ['HKEY_CLASSES_ROOT', 'HKEY_LOCAL_MACHINE\\Software\\Classes'],
  ['HKEY_CURRENT_CONFIG', 'HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Hardware Profiles\\Current'],
];

/** No display is needed, and nothing of the desktop is to be changed by a run of Wine. */
const ENVIRONMENT = { DISPLAY: '', WINEDEBUG: '-all', WINEDLLOVERRIDES: 'winemenubuilder.exe=d;mscoree=;mshtml=' };

export interface WineStoreOptions {
  readonly files: ByteFiles;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly prefix: string;
  /** A prefix that is not there is a problem, not an empty registry. */
  readonly mustExist: boolean;
}

/**
 * The registry of a Wine prefix. It is read from the files in which Wine saves it, which costs nothing while nothing
 * changes and starts no program of Wine; what Wine has not saved is not seen. It is written by Wine's own regedit, line
 * by line, and is written once Wine has saved it.
 */
export class WineStore implements RegistryStore {
  readonly shown: string;
  /** Wine replaces its files. */
  readonly isWrittenInPlace = false;
  readonly #options: WineStoreOptions;

  constructor(options: WineStoreOptions) {
    this.#options = options;
    this.shown = `of the Wine prefix ${options.prefix}`;
  }

  async stamp(): Promise<string> {
    return this.#guarded('read', () => this.#stampOf());
  }

  async read(anchors: readonly string[]): Promise<RegistryTree> {
    return this.#guarded('read', () => this.#read(anchors));
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    const taken = edits.filter((edit) => isHeldByWine(edit));
    if (taken.length === 0) return;
    const { files, prefix } = this.#options;
    const path = `${prefix}/${EXCHANGE_FILE}`;
    this.#guarded('write', () => {
      files.makeFolder(prefix, 0o700);
      files.write(path, writeReg(taken, 'utf-16le'), 0o600, this.#owner);
    });
    const result = await this.#wine(['wine', 'regedit', '/S', `\\\\?\\unix${path.replaceAll('/', '\\')}`]);
    this.#guarded('write', () => files.remove(path));
    if (result.status !== 0) throw this.#problem(result);
    await this.#saved();
  }

  /** Of the prefix: Wine refuses everybody else. */
  get #owner(): FileOwner | undefined {
    const { files, prefix } = this.#options;
    return files.owner(prefix) ?? undefined;
  }

  #stampOf(): string {
    const { files, prefix } = this.#options;
    return Object.values(FILES)
      .map((file) => files.stamp(`${prefix}/${file}`) ?? 'none')
      .join(', ');
  }

  #read(anchors: readonly string[]): RegistryTree {
    const ofUsers = anchors.filter((anchor) => OF_USERS.test(anchor)).length;
    const machine = ofUsers < anchors.length ? this.#file(FILES.machine) : null;
    const [user, others] = ofUsers > 0 ? [this.#file(FILES.user), this.#file(FILES.otherUsers)] : [null, null];
    const aliases = user === null ? ALIASES : [...ALIASES, ['HKEY_CURRENT_USER', user.top] as const];
    const tree = new RegistryTree();
    for (const anchor of anchors) {
      for (const file of [machine, user, others]) if (file !== null) take(tree, anchor, { from: file.tree, aliases });
    }
    return tree;
  }

  /** @returns null where there is no such file, as in a prefix that is not made yet. */
  #file(name: string): WineFile | null {
    const { files, prefix, mustExist } = this.#options;
    const bytes = files.read(`${prefix}/${name}`, BYTES_MAX);
    if (bytes !== null) return readWineFile(bytes);
    if (mustExist) throw new Problem('REG-001', { store: this.shown, reason: `${prefix}/${name} is not there` });
    return null;
  }

  /** Returns once Wine has saved what it was given, durably, or does not for so long that only a look can tell. */
  async #saved(): Promise<void> {
    const { files, clock, prefix } = this.#options;
    const before = this.#guarded('write', () => this.#stampOf());
    const end = clock.monotonicMs() + SAVED_WITHIN_MS;
    let isSaved = false;
    for (let look = 1; !isSaved && clock.monotonicMs() < end; look += 1) {
      await this.#pause();
      isSaved = this.#guarded('write', () => this.#stampOf()) !== before;
      if (!isSaved && look % LOOKS_PER_QUESTION === 0) isSaved = !(await this.#runs());
    }
    // It saves its files one behind the other.
    await this.#pause();
    this.#guarded('write', () => {
      for (const file of Object.values(FILES)) files.sync(`${prefix}/${file}`);
    });
  }

  /** Does any program of the prefix run? What they did is saved when they have ended. */
  async #runs(): Promise<boolean> {
    return (await this.#wine(['wineserver', '-k0'])).status === 0;
  }

  async #pause(): Promise<void> {
    await new Promise<void>((done) => {
      this.#options.timers.after(SAVED_LOOK_MS, done);
    });
  }

  #wine(command: readonly string[]): Promise<ProgramEnd> {
    const { programs, prefix } = this.#options;
    const environment = { ...ENVIRONMENT, WINEPREFIX: prefix, HOME: prefix };
    const owner = this.#owner;
    return programs.run(command, { environment, timeoutMs: TIMEOUT_MS, ...(owner === undefined ? {} : { owner }) });
  }

  #problem({ error, output, status }: ProgramEnd): Problem {
    const reason = (error.trim() || output.trim() || `it ended with ${String(status)}`).slice(0, REASON_LENGTH_MAX);
    if (/not owned by you|Permission denied/i.test(error)) {
      return new Problem('REG-002', { item: this.shown, right: 'write', reason });
    }
    if (error.startsWith('it was ended')) return new Problem('REG-005', { store: this.shown, reason });
    return new Problem('REG-001', { store: this.shown, reason });
  }

  #guarded<Result>(right: 'read' | 'write', action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw asStoreProblem(error, this.shown, right);
    }
  }
}

/** Takes the key and all below it, by the name that was asked for. */
function take(
  tree: RegistryTree,
  anchor: string,
  { from, aliases }: { readonly from: RegistryTree; readonly aliases: readonly (readonly [string, string])[] },
): void {
  const hive = anchor.split('\\', 1)[0] ?? '';
  const target = aliases.find(([alias]) => alias === hive)?.[1] ?? hive;
  const at = target + anchor.slice(hive.length);
  const top = from.get(at);
  const keys: RegistryKey[] = [...(top === undefined ? [] : [top]), ...from.below(at)];
  for (const { path, values } of keys) {
    const key = tree.ensureAll(hive + path.slice(target.length));
    for (const [folded, value] of values) key.values.set(folded, value);
  }
}

/** Would its regedit store exactly this? */
export function isHeldByWine(edit: RegistryEdit): boolean {
  if (edit.kind === 'unset') return !edit.name.includes('\0');
  if (edit.kind !== 'set') return true;
  const { name, type, data } = edit.value;
  return !name.includes('\0') && (!TEXT_TYPES.has(type) || data.length === 0 || isEndedText(data));
}

/** Whole characters of which the last one is NUL. */
function isEndedText(data: RegistryValue['data']): boolean {
  return data.length % 2 === 0 && data.at(-1) === 0 && data.at(-2) === 0;
}
