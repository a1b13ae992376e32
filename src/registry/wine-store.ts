import type { ByteFiles, FileOwner } from '../kernel/byte-files.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { MIB } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { fold } from './key-path.ts';
import { writeReg } from './reg-writer.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree } from './registry-tree.ts';
import { withStoreProblems } from './store-problems.ts';
import { isEndedText, TEXT_TYPES } from './value-type.ts';
import { WineFileEditor } from './wine-edit.ts';
import { readWineFile, type WineFile } from './wine-file.ts';
import { fileOf, isAtOrBelow, isOfUsers, WINE_FILES, WineHives } from './wine-hives.ts';

const BYTES_MAX = 256 * MIB;
const TIMEOUT_MS = 120_000;
/** Wine saves every 30 s while a program of the prefix runs, and when the last one has ended. */
const SAVED_WITHIN_MS = 45_000;
const SAVED_LOOK_MS = 100;
/** Asking whether Wine runs starts a program, so it is done at each such look only. */
const LOOKS_PER_QUESTION = 5;
const REASON_LENGTH_MAX = 200;
const EXCHANGE_FILE = 'understudy-exchange.reg';

/** Of a file that is made; those that are there keep theirs. */
const FILE_MODE = 0o644;
/** As `wineserver -k0` ends where no Wine runs. */
const NONE_RUNS = 1;

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
 * changes and starts no program of Wine; what Wine has not saved is not seen. Where no Wine runs, these files are written,
 * too: at once, and each as a whole. A Wine that runs would save its own over them, so there its regedit writes, line by
 * line, and what it wrote is written once Wine has saved it.
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
    return withStoreProblems(this.shown, 'read', () => this.#stampOf());
  }

  async read(anchors: readonly string[]): Promise<RegistryTree> {
    return withStoreProblems(this.shown, 'read', () => this.#read(anchors));
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    const taken = edits.filter((edit) => isHeldByWine(edit));
    if (taken.length === 0) return;
    if (!(await this.#writeFiles(taken))) await this.#writeByWine(taken);
  }

  /** @returns false where Wine has to do it: it runs, has begun to while this wrote, or keeps such keys elsewhere. */
  async #writeFiles(edits: readonly RegistryEdit[]): Promise<boolean> {
    if (!(await this.#isAtRest())) return false;
    const written = withStoreProblems(this.shown, 'write', () => this.#editFiles(edits));
    // A Wine that began before the files were replaced may have read what was there before, and is seen here; or its end.
    return (
      written !== null &&
      (await this.#isAtRest()) &&
      written === withStoreProblems(this.shown, 'write', () => this.#stampOf())
    );
  }

  /** @returns the stamp afterwards; null where nothing was done. */
  #editFiles(edits: readonly RegistryEdit[]): string | null {
    const { files, clock, prefix } = this.#options;
    const editors: WineFileEditor[] = [];
    for (const name of Object.values(WINE_FILES)) {
      const bytes = files.read(`${prefix}/${name}`, BYTES_MAX);
      if (bytes === null) return null;
      editors.push(new WineFileEditor({ name, bytes, wallMs: clock.wallMs() }));
    }
    const hives = new WineHives(editors.find(({ name }) => name === WINE_FILES.user)?.top ?? null);
    const changed = new Set<WineFileEditor>();
    for (const edit of edits) {
      const key = hives.pathInFile(edit.key);
      const editor = fileOf(key, editors);
      if (editor === undefined) return null;
      editor.carryOut({ ...edit, key });
      changed.add(editor);
    }
    for (const { name, bytes } of changed) files.write(`${prefix}/${name}`, bytes, FILE_MODE, this.#owner);
    return this.#stampOf();
  }

  async #writeByWine(edits: readonly RegistryEdit[]): Promise<void> {
    const { files, prefix } = this.#options;
    const path = `${prefix}/${EXCHANGE_FILE}`;
    withStoreProblems(this.shown, 'write', () => {
      files.makeFolder(prefix, 0o700);
      files.write(path, writeReg(edits, 'utf-16le'), 0o600, this.#owner);
    });
    const result = await this.#wine(['wine', 'regedit', '/S', `\\\\?\\unix${path.replaceAll('/', '\\')}`]);
    withStoreProblems(this.shown, 'write', () => files.remove(path));
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
    return Object.values(WINE_FILES)
      .map((file) => files.stamp(`${prefix}/${file}`) ?? 'none')
      .join(', ');
  }

  #read(anchors: readonly string[]): RegistryTree {
    const ofUsers = anchors.filter((anchor) => isOfUsers(anchor));
    const isOfMachine = ofUsers.length < anchors.length;
    const user = ofUsers.length > 0 ? this.#file(WINE_FILES.user) : null;
    const others = ofUsers.length > 0 ? this.#file(WINE_FILES.otherUsers) : null;
    const hives = new WineHives(user?.top ?? null);
    const tops = anchors.map((anchor) => fold(hives.pathInFile(anchor)));
    const isWanted = (path: string): boolean => tops.some((top) => isAtOrBelow(fold(path), top));
    const machine = isOfMachine ? this.#file(WINE_FILES.machine, isWanted) : null;
    const tree = new RegistryTree();
    for (const anchor of anchors) {
      for (const file of [machine, user, others]) if (file !== null) hives.take(tree, anchor, file.tree);
    }
    return tree;
  }

  /** @returns null where there is no such file, as in a prefix that is not made yet. */
  #file(name: string, wants?: (path: string) => boolean): WineFile | null {
    const { files, prefix, mustExist } = this.#options;
    const bytes = files.read(`${prefix}/${name}`, BYTES_MAX);
    if (bytes !== null) return readWineFile(bytes, wants);
    if (mustExist) throw new Problem('REG-001', { store: this.shown, reason: `${prefix}/${name} is not there` });
    return null;
  }

  /** Returns once Wine has saved what it was given, durably, or does not for so long that only a look can tell. */
  async #saved(): Promise<void> {
    const { files, clock, prefix } = this.#options;
    const before = withStoreProblems(this.shown, 'write', () => this.#stampOf());
    const end = clock.monotonicMs() + SAVED_WITHIN_MS;
    let isSaved = false;
    for (let look = 1; !isSaved && clock.monotonicMs() < end; look += 1) {
      await this.#pause();
      isSaved = withStoreProblems(this.shown, 'write', () => this.#stampOf()) !== before;
      if (!isSaved && look % LOOKS_PER_QUESTION === 0) isSaved = await this.#isAtRest();
    }
    // It saves its files one behind the other.
    await this.#pause();
    withStoreProblems(this.shown, 'write', () => {
      for (const file of Object.values(WINE_FILES)) files.sync(`${prefix}/${file}`);
    });
  }

  /** Is it certain that no program of the prefix runs? What they did is saved when they have ended. */
  async #isAtRest(): Promise<boolean> {
    return (await this.#wine(['wineserver', '-k0'])).status === NONE_RUNS;
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
}

/** Would its regedit store exactly this? */
export function isHeldByWine(edit: RegistryEdit): boolean {
  if (edit.kind === 'unset') return !edit.name.includes('\0');
  if (edit.kind !== 'set') return true;
  const { name, type, data } = edit.value;
  return !name.includes('\0') && (!TEXT_TYPES.has(type) || data.length === 0 || isEndedText(data));
}
