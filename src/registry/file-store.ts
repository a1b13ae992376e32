import type { ByteFiles } from '../kernel/byte-files.ts';
import { MIB } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { readReg } from './reg-reader.ts';
import { writeReg } from './reg-writer.ts';
import { applyEdits, editsOf, type RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree } from './registry-tree.ts';
import { withStoreProblems } from './store-problems.ts';

const BYTES_MAX = 256 * MIB;
const NEW_FILE_MODE = 0o600;
const NEW_FOLDER_MODE = 0o755;

/**
 * A `.reg` file as a registry of its own. Writing replaces it as a whole: in version 5 and UTF-16, in the order of
 * the keys, without comments.
 */
export class FileStore implements RegistryStore {
  readonly shown: string;
  readonly isWrittenInPlace = true;
  readonly #files: ByteFiles;
  readonly #path: string;
  readonly #mustExist: boolean;

  /** @param options.mustExist - a file that is missing is a problem, not an empty registry. */
  constructor(options: { readonly files: ByteFiles; readonly path: string; readonly mustExist: boolean }) {
    this.#files = options.files;
    this.#path = options.path;
    this.#mustExist = options.mustExist;
    this.shown = options.path;
  }

  async stamp(): Promise<string> {
    return withStoreProblems(this.#path, 'read', () => this.#files.stamp(this.#path) ?? 'none');
  }

  async read(): Promise<RegistryTree> {
    return withStoreProblems(this.#path, 'read', () => this.#read());
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    withStoreProblems(this.#path, 'write', () => {
      const tree = this.#read();
      applyEdits(tree, edits);
      this.#files.makeFolder(this.#path.slice(0, this.#path.lastIndexOf('/')) || '/', NEW_FOLDER_MODE);
      this.#files.write(this.#path, writeReg(editsOf(tree), 'utf-16le'), NEW_FILE_MODE);
    });
  }

  #read(): RegistryTree {
    const bytes = this.#files.read(this.#path, BYTES_MAX);
    const tree = new RegistryTree();
    if (bytes !== null) applyEdits(tree, readReg(bytes).edits);
    else if (this.#mustExist) throw new Problem('REG-001', { store: this.#path, reason: 'the file is not there' });
    return tree;
  }
}
