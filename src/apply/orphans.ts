import type { Change, NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { holdsLeftOut } from '../changes/left-out.ts';
import { typeOf } from '../changes/node-facts.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { type NameAt, Stat } from '../kernel/files.ts';
import { removeAll } from './disk-tree.ts';
import { statOf } from './adoption.ts';
import type { Quarantine } from './quarantine.ts';
import type { Replica } from './replica.ts';
import { STASH_NAME } from './stash.ts';

/** What becomes of what only the passive server has. */
export type OrphanPolicy = 'quarantine' | 'log' | 'delete';

/** No check has this number. */
const WHOLE_FOLDER = -1;

interface Orphan {
  readonly parent: NodeId;
  readonly name: ByteString;
  /** What the tree had under the name when the check missed it. */
  readonly node: Node | undefined;
  readonly path: ByteString;
  /** Number of the check that missed it. */
  readonly check: number;
}

/** Names that a check found only here. They wait for its end, for some of them may turn out to be renamed. */
export class Orphans {
  readonly #replica: Replica;
  readonly #quarantine: Quarantine;
  readonly #policy: OrphanPolicy;
  readonly #seen = new Map<string, Orphan>();
  /** Number of the check whose records are compared now. */
  check = 0;

  constructor(replica: Replica, quarantine: Quarantine, policy: OrphanPolicy) {
    this.#replica = replica;
    this.#quarantine = quarantine;
    this.#policy = policy;
  }

  seen(parentId: NodeId, name: ByteString): void {
    const parent = this.#replica.tree.get(parentId);
    const folder = parent === undefined ? null : this.#replica.tree.pathOf(parent);
    if (parent === undefined || folder === null || (parent.parent === null && name === STASH_NAME)) return;
    const path = joinPath(folder, name);
    const orphan: Orphan = {
      parent: parentId,
      name,
      node: this.#replica.tree.child(parent, name),
      path,
      check: this.check,
    };
    const { marks } = this.#replica;
    // What is left in place has no hurry, and is told with what else the check left.
    if (marks.statusOfPath(path) === 'Unchecked' && this.#policy !== 'log') {
      // A stranger put it here just now; no rename on the active server can explain it.
      marks.clearPath(path);
      this.#replica.attemptRemoval(parent, () => this.#finishOne(parent, orphan));
      return;
    }
    this.#seen.set(keyOf(parentId, name), orphan);
    marks.setPath(path, 'Out of sync');
  }

  /** What is no item any more is none of ours. */
  forgetAllBut(isItem: (path: ByteString) => boolean): void {
    for (const [key, { path }] of this.#seen) if (!isItem(path)) this.#seen.delete(key);
  }

  /** The stream gives a name to something. */
  heard(change: Change): void {
    if (change.kind === 'create' || change.kind === 'link') this.forget(change.parent, change.name);
    else if (change.kind === 'rename') this.forget(change.newParent, change.newName);
  }

  /** The name was used for something since, or a check stated it. */
  forget(parent: NodeId, name: ByteString): void {
    if (this.#seen.size === 0) return;
    const key = keyOf(parent, name);
    const orphan = this.#seen.get(key);
    if (orphan === undefined) return;
    this.#seen.delete(key);
    this.#replica.marks.clearPath(orphan.path);
  }

  /**
   * A check ended: what it missed and nobody asked for by then is dealt with as the settings say.
   * @param check - its number; null for a check of everything, which decides about all of them.
   * @returns how many are there still, because the settings ask for it.
   */
  finish(check: number | null): number {
    let left = 0;
    for (const [key, orphan] of this.#seen) {
      if (check !== null && check !== orphan.check) continue;
      this.#seen.delete(key);
      this.#replica.marks.clearPath(orphan.path);
      const parent = this.#replica.tree.get(orphan.parent);
      if (parent === undefined) continue;
      this.#replica.attemptRemoval(parent, () => {
        if (this.#finishOne(parent, orphan) === 'left') left++;
      });
    }
    if (check === null) this.#replica.marks.clearPaths();
    return left;
  }

  /** The checks that missed them will not end: their folders are to be stated again. */
  interrupted(): void {
    for (const { parent, path } of this.#seen.values()) {
      this.#replica.marks.clearPath(path);
      const folder = this.#replica.tree.get(parent);
      if (folder !== undefined) this.#replica.doubt(folder);
    }
    this.#seen.clear();
  }

  /**
   * Known items that {@link finish} would take away, by protected folder. What is left in place is not lost.
   * @param check - as there.
   */
  losses(check: number | null): Map<Node, number> {
    const { tree } = this.#replica;
    const losses = new Map<Node, number>();
    if (this.#policy === 'log') return losses;
    for (const { parent: parentId, name, node, check: seenBy } of this.#seen.values()) {
      const parent = tree.get(parentId);
      const isKnown = node !== undefined && parent?.children?.get(name) === node;
      if (!isKnown || (check !== null && check !== seenBy)) continue;
      const root = this.#replica.rootOf(parent);
      losses.set(root, (losses.get(root) ?? 0) + (node.type === 'folder' ? 1 + tree.countBelow(node) : 1));
    }
    return losses;
  }

  /** All that lies in a protected folder is nobody's any more: the active server has no such folder. */
  takeAll(root: Node): void {
    const { files, folders, protectedSet } = this.#replica;
    this.check = WHOLE_FOLDER;
    for (const name of files.list(folders.open(root))) {
      const path = joinPath(root.name, name);
      if (protectedSet.covers(path, false) || protectedSet.covers(path, true)) this.seen(root.id, name);
    }
    this.finish(WHOLE_FOLDER);
  }

  clear(): void {
    this.#seen.clear();
    this.#replica.marks.clearPaths();
  }

  #finishOne(parent: Node, orphan: Orphan): 'gone' | 'left' {
    const { tree, host, files, folders, inUse } = this.#replica;
    const { name } = orphan;
    const now = tree.child(parent, name);
    // The stream has given the name to something since. Where the tree has nothing there any more, it is an
    // orphan still: its node's number was used again, which took it from the tree and left it on disk.
    if (now !== undefined && now !== orphan.node) return 'gone';
    const stat = statOf(this.#replica, parent, name);
    if (stat !== null) {
      if (this.#policy !== 'log') inUse.expectAllFree({ parent, name });
      if (this.#isFurtherName(parent, name, stat)) files.unlinkAt(folders.open(parent), name);
      else if (this.#policy !== 'log' && this.#holdsLeftOut(parent, orphan, stat)) this.#takeCovered(parent, orphan);
      else if (this.#policy === 'quarantine') this.#quarantine.take(parent, name, 'orphan');
      else {
        if (this.#policy === 'delete') removeAll(files, { folder: folders.open(parent), name });
        host.note({ kind: 'orphan', path: orphan.path, action: this.#policy });
      }
      this.#replica.touch(parent);
    }
    if (now !== undefined) this.#replica.dropName(parent, name);
    return stat !== null && this.#policy === 'log' ? 'left' : 'gone';
  }

  #holdsLeftOut(parent: Node, { name, path }: Orphan, stat: Readonly<Stat>): boolean {
    const { files, folders, protectedSet } = this.#replica;
    return typeOf(stat) === 'folder' && holdsLeftOut(files, protectedSet, { folder: folders.open(parent), name }, path);
  }

  /** What the settings leave out stays where it is, with the folders on the way to it. */
  #takeCovered(parent: Node, { name, path }: Orphan): void {
    const { files, folders, host } = this.#replica;
    const root = this.#replica.rootOf(parent);
    takeCovered(this.#replica, { folder: folders.open(parent), name }, path, (at, below) => {
      if (this.#policy === 'quarantine') return this.#quarantine.takeAt(root, at, below, 'orphan');
      removeAll(files, at);
      host.note({ kind: 'orphan', path: below, action: 'delete' });
    });
  }

  /** One more name of a file that stays under another: nothing is lost with it, and what is kept must not share its inode. */
  #isFurtherName(parent: Node, name: ByteString, stat: Readonly<Stat>): boolean {
    if (stat.linkCount === 1 || this.#policy === 'log') return false;
    const known = this.#replica.known(stat);
    if (known === undefined) return false;
    return this.#replica.tree.namesOf(known).some((other) => other.parent !== parent || other.name !== name);
  }
}

/** Hands over all that is protected in a folder that holds something left out; folders that are empty then go. */
function takeCovered(
  replica: Replica,
  at: NameAt,
  path: ByteString,
  take: (at: NameAt, path: ByteString) => void,
): void {
  const { files, protectedSet } = replica;
  const stat = new Stat();
  const folder = files.openFolderAt(at.folder, at.name);
  try {
    for (const name of files.list(folder)) {
      if (!files.statAt(folder, name, stat)) continue;
      const below = joinPath(path, name);
      const isFolder = typeOf(stat) === 'folder';
      if (!protectedSet.covers(below, isFolder)) continue;
      const inside = { folder, name };
      if (isFolder && holdsLeftOut(files, protectedSet, inside, below)) takeCovered(replica, inside, below, take);
      else take(inside, below);
    }
  } finally {
    files.close(folder);
  }
}

function keyOf(parent: NodeId, name: ByteString): string {
  return `${String(parent)}/${name}`;
}
