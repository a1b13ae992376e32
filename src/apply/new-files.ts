import type { Node } from '../changes/node-tree.ts';
import { FileError, isAbsence, type NameAt } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Replica } from './replica.ts';

/** Nobody but us may open a file before it has its owner and its mode. */
export const STAGED_MODE = 0o600;
/** What file systems and kernels say that have no files without a name. */
const HAS_NONE = new Set(['EOPNOTSUPP', 'EISDIR', 'EINVAL', 'ENOSYS']);

/** A file that is being made, open for writing. */
export interface NewFile {
  readonly file: number;
  /** Its name in `staging`; null while it has no name at all. */
  staged: NameAt | null;
}

/**
 * Files that get their name when they are whole. Where the file system can, such a file has no name
 * until then (O_TMPFILE): it lies where its folder lies on the disk, nothing is left of it by a crash,
 * and no folder is changed twice. Elsewhere it is made under a name in `staging`.
 */
export class NewFiles {
  readonly #replica: Replica;
  /** File systems without nameless files, by device. */
  readonly #refusing = new Set<number>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Did every file so far on the node's file system get no name before it was whole? */
  areUnnamedAt(node: Node): boolean {
    return !this.#refusing.has(this.#replica.stashOf(node).device);
  }

  /** @param folder - descriptor of `parent`. @throws FileError as open(2). */
  begin(parent: Node, folder: number, mode: number): NewFile {
    const { files } = this.#replica;
    const { device } = this.#replica.stashOf(parent);
    if (!this.#refusing.has(device)) {
      try {
        return { file: files.openUnnamed(folder, mode), staged: null };
      } catch (error) {
        if (!(error instanceof FileError && HAS_NONE.has(error.code))) throw error;
        this.#refusing.add(device);
      }
    }
    const staged = this.#replica.newName(parent);
    const flags = OPEN.readWrite | OPEN.create | OPEN.truncate;
    return { file: files.openAt(staged.folder, staged.name, flags, mode), staged };
  }

  /** @throws FileError EEXIST where something has the name. */
  name({ file, staged }: NewFile, target: NameAt): void {
    const { files } = this.#replica;
    if (staged === null) files.nameFile(file, target);
    else files.renameNewAt(staged, target);
  }

  /** In the place of the file that has the name; the name is never missing. */
  nameOver(made: NewFile, parent: Node, target: NameAt): void {
    const { files } = this.#replica;
    if (made.staged === null) {
      const staged = this.#replica.newName(parent);
      files.nameFile(made.file, staged);
      made.staged = staged;
    }
    files.renameAt(made.staged, target);
  }

  /** After a failure: nothing is left of it once it is closed. @returns what is to be thrown. */
  discard({ staged }: Pick<NewFile, 'staged'>, error: unknown): unknown {
    if (staged === null) return error;
    try {
      this.#replica.files.unlinkAt(staged.folder, staged.name);
    } catch (second) {
      if (!isAbsence(second)) return second;
    }
    return error;
  }
}
