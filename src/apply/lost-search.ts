import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type NameAt, Stat } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { Replica } from './replica.ts';
import { STASH_NAME } from './stash.ts';

/** Where something lies on disk: a chain of names up to a protected folder. */
interface Place {
  readonly above: Place | null;
  readonly root: Node;
  readonly name: ByteString;
}

/** A walk of everything is paid for at most this often, once the first checkpoint after a start is made. */
const WALK_EVERY_MS = 10_000;

/**
 * Finds by its inode what is not where the tree says: after a crash, when the disk is ahead of the
 * record, and after somebody moved things about. One walk of the protected folders answers many
 * questions; it is made again where an answer turns out to be old.
 */
export class LostSearch {
  readonly #replica: Replica;
  #places: Map<string, Place> | null = null;
  #walkedAt = Number.NEGATIVE_INFINITY;
  #unbounded = true;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** The replay after a start is over: from now on walks are rationed. */
  ration(): void {
    this.#unbounded = false;
    this.#places = null;
  }

  /**
   * Opens the folder in which the node's inode lies and hands it over; closed afterwards.
   * @param isWanted - false where the name found belongs to another node.
   * @returns false where the node was not found.
   */
  find(
    node: Node,
    isWanted: (folder: Readonly<Stat>, name: ByteString) => boolean,
    use: (at: NameAt) => void,
  ): boolean {
    if (this.#places !== null && this.#tryKnown(node, isWanted, use)) return true;
    if (!this.#walk()) return false;
    return this.#tryKnown(node, isWanted, use);
  }

  #tryKnown(
    node: Node,
    isWanted: (folder: Readonly<Stat>, name: ByteString) => boolean,
    use: (at: NameAt) => void,
  ): boolean {
    const { files } = this.#replica;
    const place = this.#places?.get(keyOf(this.#replica.rootOf(node), node.inode));
    if (place === undefined || place.above === null) return false;
    const above = this.#open(place.above);
    if (above === null) return false;
    const { folder } = above;
    try {
      const stat = new Stat();
      if (!files.statAt(folder, place.name, stat) || stat.inode !== node.inode || typeOf(stat) !== node.type)
        return false;
      files.stat(folder, stat);
      if (!isWanted(stat, place.name)) return false;
      use({ folder, name: place.name });
      return true;
    } finally {
      if (above.isOurs) files.close(folder);
    }
  }

  /** @returns null where the way to it is not as it was; `isOurs`: to be closed. */
  #open(place: Place): { folder: number; isOurs: boolean } | null {
    const { files, folders } = this.#replica;
    const names: ByteString[] = [];
    for (let at: Place | null = place; at.above !== null; at = at.above) names.push(at.name);
    let folder: number | null = null;
    try {
      let last = folders.open(place.root);
      for (const name of names.reverse()) {
        const next = files.openFolderAt(last, name);
        if (folder !== null) files.close(folder);
        folder = last = next;
      }
      return { folder: last, isOurs: folder !== null };
    } catch (error) {
      if (folder !== null) files.close(folder);
      if (!(error instanceof FileError)) throw error;
      return null;
    }
  }

  /** @returns false where a walk is not affordable now. */
  #walk(): boolean {
    const { clock, tree } = this.#replica;
    const now: MonotonicMs = clock.monotonicMs();
    if (!this.#unbounded && now - this.#walkedAt < WALK_EVERY_MS) return false;
    this.#walkedAt = now;
    this.#places = new Map();
    for (const root of tree.roots) {
      const top: Place = { above: null, root, name: root.name };
      try {
        this.#walkFolder(this.#replica.folders.open(root), top, this.#places);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
      }
    }
    return true;
  }

  #walkFolder(folder: number, place: Place, places: Map<string, Place>): void {
    const { files } = this.#replica;
    const stat = new Stat();
    for (const name of files.list(folder)) {
      if ((place.above === null && name === STASH_NAME) || !files.statAt(folder, name, stat)) continue;
      const here: Place = { above: place, root: place.root, name };
      places.set(keyOf(place.root, stat.inode), here);
      if (typeOf(stat) === 'folder') this.#walkBelow(folder, here, places);
    }
  }

  #walkBelow(parent: number, place: Place, places: Map<string, Place>): void {
    const { files } = this.#replica;
    let folder: number;
    try {
      folder = files.openFolderAt(parent, place.name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return;
    }
    try {
      this.#walkFolder(folder, place, places);
    } finally {
      files.close(folder);
    }
  }
}

function keyOf(root: Node, inode: number): string {
  return `${root.name}\0${String(inode)}`;
}
