import type { NodeId } from '../changes/change.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, isAbsence, Stat } from '../kernel/files.ts';
import { statOf } from './adoption.ts';
import type { FreeFile } from './holds.ts';
import type { Presence } from './presence.ts';
import type { Replica } from './replica.ts';

/** Makes up for what waited for a file that was in use. */
export class Release {
  readonly #replica: Replica;
  readonly #presence: Presence;

  constructor(replica: Replica, presence: Presence) {
    this.#replica = replica;
    this.#presence = presence;
  }

  of(free: FreeFile): void {
    for (const path of free.paths) this.#removeName(path, free);
    for (const node of free.nodes) this.#goOn(node, free);
  }

  /** The active server states the item again; what was set aside for it goes to its name at the next settling. */
  #goOn(id: NodeId, free: FreeFile): void {
    const node = this.#replica.tree.get(id);
    if (node === undefined) return;
    this.#replica.marks.forgetProblem(id);
    this.#replica.attempt(node, () => {
      if (free.isAsLeft) this.#takeOver(node, free.inode);
      if (node.otherNames !== null) this.#presence.reunite(node);
    });
    this.#askFor(node);
  }

  /** The active server may have neither it nor some of the folders above it any more: then only the names in the next one tell. */
  #askFor(node: Node): void {
    for (let at: Node | null = node; at !== null; at = at.parent) this.#replica.recheck(at.id);
  }

  /** The file is no stranger's: what replaces it may simply do so. */
  #takeOver(node: Node, inode: number): void {
    this.#replica.own(node, inode);
    const first = this.#replica.firstName(node);
    if (node.inode !== 0 || node.type !== 'file' || first === null) return;
    const stat = statOf(this.#replica, first.parent, first.name);
    if (stat?.inode === inode && this.#replica.known(stat) === undefined) this.#replica.record(node, stat);
  }

  /** A file that the stream removed goes, with folders around it that were removed with it; a stranger's is an orphan. */
  #removeName(path: ByteString, free: FreeFile): void {
    const { tree, marks } = this.#replica;
    marks.clearPath(path);
    const known = tree.find(path);
    // The name belongs to something again.
    if (known !== undefined) {
      this.#replica.doubt(known);
      return this.#askFor(known);
    }
    const { folder, names } = this.#nearest(path);
    if (folder === null) return;
    const isGone =
      free.isAsLeft &&
      this.#replica.attempt(folder, () => {
        if (!this.#removeChain(this.#replica.folders.open(folder), names, free.inode)) this.#leave(folder, names);
        this.#replica.touch(folder);
      });
    if (!isGone) this.#leave(folder, names);
  }

  /** For a check of the folder to find. */
  #leave(folder: Node, [name]: readonly ByteString[]): void {
    const top = name === undefined ? null : this.#replica.tree.pathOfName({ parent: folder, name });
    if (top !== null) this.#replica.marks.setPath(top, 'Unchecked');
    this.#replica.recheck(folder.id);
  }

  /** @returns false where something else is left. */
  #removeChain(folder: number, [name, ...below]: readonly ByteString[], inode: number): boolean {
    if (name === undefined) return true;
    const { files } = this.#replica;
    const stat = new Stat();
    if (!files.statAt(folder, name, stat)) return true;
    if (below.length === 0) {
      if (stat.inode !== inode || typeOf(stat) !== 'file') return false;
      files.unlinkAt(folder, name);
      return true;
    }
    try {
      const inner = files.openFolderAt(folder, name);
      try {
        if (!this.#removeChain(inner, below, inode)) return false;
      } finally {
        files.close(inner);
      }
      files.removeFolderAt(folder, name);
      return true;
    } catch (error) {
      if (isAbsence(error)) return true;
      if (error instanceof FileError && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')) return false;
      throw error;
    }
  }

  /** The folder above the path that the tree knows, and the names from there on. */
  #nearest(path: ByteString): { folder: Node | null; names: ByteString[] } {
    const names: ByteString[] = [];
    for (let at = path; at.length > 1; ) {
      const cut = at.lastIndexOf('/');
      names.unshift(at.slice(cut + 1) as ByteString);
      at = (at.slice(0, Math.max(0, cut)) || '/') as ByteString;
      const folder = this.#replica.tree.find(at);
      if (folder?.type === 'folder') return { folder, names };
    }
    return { folder: null, names };
  }
}
