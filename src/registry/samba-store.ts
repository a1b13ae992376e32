import type { ByteFiles } from '../kernel/byte-files.ts';
import type { ProgramEnd, Programs } from '../kernel/programs.ts';
import { MIB } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { shownKey } from './key-path.ts';
import { readReg } from './reg-reader.ts';
import { writeReg } from './reg-writer.ts';
import { applyEdits, type RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree, type RegistryValue } from './registry-tree.ts';
import { sambaDatabase } from './samba-database.ts';
import { withStoreProblems } from './store-problems.ts';
import { ToolTurn } from './tool-turn.ts';
import { REG } from './value-type.ts';

const BYTES_MAX = 256 * MIB;
/** An export of 100,000 values takes some seconds. */
const TIMEOUT_MS = 120_000;
const REASON_LENGTH_MAX = 200;
/** The last line of each export. Where the disk is full one may end before, with a status that tells nothing of it. */
const END = '\n;End:';
const END_BYTES = 16;
/** What its parser can't read between quotation marks: one such name has a whole import refused. */
const REFUSED_NAME = /[\0\r\n]/;
/** Their data it converts, so that it must be text. */
const CONVERTED_TYPES: ReadonlySet<number> = new Set([REG.expandSz, REG.multiSz]);
const QWORD_BYTES = 8;
/** It cuts off longer ones, and does not find them again. Of UTF-8. */
const NAME_BYTES_MAX = 255;

/**
 * Samba's registry, by its tool `net`: exports and imports of `.reg` files are all that carries every type. An import
 * is one transaction.
 */
export class SambaStore implements RegistryStore {
  readonly shown: string;
  readonly isWrittenInPlace = false;
  readonly #files: ByteFiles;
  readonly #tool: ToolTurn;
  /** Of Samba's configuration; null for the system's. */
  readonly #configuration: string | null;
  readonly #folder: string;
  readonly #run: number;
  #exchanges = 0;
  readonly #mustExist: boolean;
  #database: string | null = null;

  /**
   * @param options.folder - for what is exported and imported; private, and this store's alone.
   * @param options.run - tells this run from others.
   * @param options.mustExist - a registry that was never made is a problem, not an empty one.
   * @param options.freed - a call that hung, and was not waited for, has ended: what it kept from being done can be tried again.
   */
  constructor(options: {
    readonly files: ByteFiles;
    readonly programs: Programs;
    readonly configuration: string | null;
    readonly folder: string;
    readonly run: number;
    readonly mustExist: boolean;
    readonly freed: () => void;
  }) {
    this.#files = options.files;
    this.#configuration = options.configuration;
    this.#folder = options.folder;
    this.#run = options.run;
    this.#mustExist = options.mustExist;
    this.shown = `Samba’s registry (${options.configuration ?? 'of the system'})`;
    this.#tool = new ToolTurn({ programs: options.programs, shown: this.shown, freed: options.freed });
  }

  async stamp(): Promise<string> {
    const database = await this.#databaseFile();
    return withStoreProblems(this.shown, 'read', () => this.#files.stamp(database) ?? 'none');
  }

  async read(anchors: readonly string[]): Promise<RegistryTree> {
    const tree = new RegistryTree();
    if ((await this.stamp()) === 'none') {
      if (!this.#mustExist) return tree;
      throw new Problem('REG-001', { store: this.shown, reason: `${this.#database} is not there` });
    }
    const file = this.#exchangeFile();
    for (const anchor of anchors) {
      const result = await this.#net(['export', anchor, file]);
      if (result.status !== 0 && result.error.includes('WERR_FILE_NOT_FOUND')) continue;
      if (result.status !== 0) throw this.#problem(result, 'read', shownKey(anchor));
      const bytes = withStoreProblems(this.shown, 'read', () => this.#files.read(file, BYTES_MAX)) ?? Buffer.alloc(0);
      if (!bytes.toString('latin1', Math.max(0, bytes.length - END_BYTES)).includes(END)) {
        throw new Problem('REG-003', { store: this.shown, reason: `net wrote no whole export to ${this.#folder}` });
      }
      withStoreProblems(this.shown, 'read', () => applyEdits(tree, readReg(bytes).edits));
    }
    withStoreProblems(this.shown, 'read', () => this.#files.remove(file));
    return tree;
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    const taken = edits.filter((edit) => isHeldBySamba(edit));
    if (taken.length === 0) return;
    const file = this.#exchangeFile();
    withStoreProblems(this.shown, 'write', () => this.#files.write(file, writeReg(taken, 'utf-16le'), 0o600));
    const result = await this.#net(['import', file]);
    withStoreProblems(this.shown, 'write', () => this.#files.remove(file));
    if (result.status !== 0) throw this.#problem(result, 'write', this.shown);
  }

  /** Never used before: a `net` that an earlier run of ours left behind may still be writing its own. */
  #exchangeFile(): string {
    withStoreProblems(this.shown, 'write', () => {
      this.#files.makeFolder(this.#folder, 0o700);
      for (const left of this.#files.list(this.#folder)) this.#files.remove(`${this.#folder}/${left}`);
    });
    this.#exchanges += 1;
    return `${this.#folder}/exchange-${this.#run}-${this.#exchanges}.reg`;
  }

  /** @throws Problem REG-005 where it hangs. */
  #net(parameters: readonly string[]): Promise<ProgramEnd> {
    const configuration = this.#configuration === null ? [] : ['--configfile', this.#configuration];
    const command = ['net', ...configuration, 'registry', ...parameters];
    return this.#tool.run(command, { environment: { LC_ALL: 'C.UTF-8' }, timeoutMs: TIMEOUT_MS });
  }

  async #databaseFile(): Promise<string> {
    if (this.#database !== null) return this.#database;
    const found = await sambaDatabase(this.#tool, this.#configuration);
    if (typeof found !== 'string') throw this.#problem(found, 'read', this.shown);
    this.#database = found;
    return found;
  }

  #problem({ error, output, status }: ProgramEnd, right: 'read' | 'write', item: string): Problem {
    const reason = lastLine(error) ?? lastLine(output) ?? `it ended with ${String(status)}`;
    if (/ACCESS_DENIED|EACCES|EPERM/.test(error)) return new Problem('REG-002', { item, right, reason });
    if (/NOT_ENOUGH_MEMORY|NO_MEMORY|DISK_FULL/.test(error)) {
      return new Problem('REG-003', { store: this.shown, reason });
    }
    // Ended because it waited for a lock, most likely: nothing else of it takes so long.
    if (error.startsWith('it was ended')) return new Problem('REG-005', { store: this.shown, reason });
    return new Problem('REG-001', { store: this.shown, reason });
  }
}

/** Can it hold this? One edit that it can't has a whole import refused. */
export function isHeldBySamba(edit: RegistryEdit): boolean {
  const name = edit.kind === 'set' ? edit.value.name : edit.kind === 'unset' ? edit.name : '';
  if (REFUSED_NAME.test(name) || Buffer.byteLength(name) > NAME_BYTES_MAX) return false;
  if (edit.kind === 'set' && !isHeld(edit.value)) return false;
  return name.isWellFormed() && edit.key.isWellFormed();
}

/** It would keep something else than this data, or refuse it. */
function isHeld({ type, data }: RegistryValue): boolean {
  if (type === REG.qword) return data.length === QWORD_BYTES;
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf16le');
  if (type === REG.sz) return !text.slice(0, -1).includes('\0');
  return !CONVERTED_TYPES.has(type) || (data.length % 2 === 0 && text.isWellFormed());
}

function lastLine(text: string): string | null {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? null : line.slice(0, REASON_LENGTH_MAX);
}
