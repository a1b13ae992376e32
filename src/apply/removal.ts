import type { Name, Node } from '../changes/node-tree.ts';
import { isShell } from '../changes/left-out.ts';
import { typeOf } from '../changes/node-facts.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { type NameAt, Stat } from '../kernel/files.ts';
import { InUse } from './in-use.ts';
import type { Presence } from './presence.ts';
import type { Replica } from './replica.ts';

/** Takes names of known nodes off the disk, and only those: what is not ours goes to the quarantine. */
export class Removal {
  readonly #replica: Replica;
  readonly #presence: Presence;

  constructor(replica: Replica, presence: Presence) {
    this.#replica = replica;
    this.#presence = presence;
  }

  /** One name; of a folder with everything in it. Where something else has the name by now, it stays. @throws InUse */
  remove(node: Node, name: Name): void {
    const { files, folders } = this.#replica;
    const at: NameAt = { folder: folders.open(name.parent), name: name.name };
    const stat = new Stat();
    if (!this.#presence.holds(node, at, stat)) {
      // What Apply made and what is known elsewhere has records of its own; the node's own number used again has none.
      const isReused = stat.inode === node.inode;
      const isKnown = this.#replica.known(stat) !== undefined || this.#presence.isOwn(name.parent, stat);
      const isStrange = stat.inode !== 0 && (isReused || !isKnown);
      if (isStrange && node.inode !== 0) this.#replica.doubt(name.parent);
      return;
    }
    if (node.type === 'folder') return void this.#removeFolder(node, at);
    if (node.type === 'file') this.#replica.inUse.expectFree(name);
    if (stat.linkCount > 1) this.#replica.own(node, stat.inode);
    files.unlinkAt(at.folder, at.name);
  }

  /** What the settings leave out stays, with the folders on the way to it. @returns false where something did. */
  #removeFolder(folder: Node, at: NameAt): boolean {
    const { files, folders, tree } = this.#replica;
    const descriptor = folders.open(folder);
    const path = tree.pathOf(folder);
    const stat = new Stat();
    let isEmpty = true;
    let inUse: InUse | null = null;
    for (const name of files.list(descriptor)) {
      const child = folder.children?.get(name);
      const inside = { folder: descriptor, name };
      try {
        if (child !== undefined && this.#presence.holds(child, inside, stat)) {
          if (child.type === 'folder') isEmpty = this.#removeFolder(child, inside) && isEmpty;
          else this.remove(child, { parent: folder, name });
        } else if (path !== null && this.#isLeftOut(inside, joinPath(path, name))) isEmpty = false;
        else this.#presence.clear(folder, name, 'orphan');
      } catch (error) {
        if (!(error instanceof InUse)) throw error;
        // It goes when it is free; what lies beside it goes now.
        this.#replica.holds.holdName(error.file);
        inUse = error;
      }
    }
    if (inUse !== null) throw inUse;
    folders.drop(folder.id);
    if (isEmpty) files.removeFolderAt(at.folder, at.name);
    return isEmpty;
  }

  /** Is it left out, or there only for what is? */
  #isLeftOut(at: NameAt, path: ByteString): boolean {
    const { files, protectedSet } = this.#replica;
    const stat = new Stat();
    if (!files.statAt(at.folder, at.name, stat)) return false;
    const isFolder = typeOf(stat) === 'folder';
    return !protectedSet.covers(path, isFolder) || (isFolder && isShell(files, protectedSet, at, path));
  }
}
