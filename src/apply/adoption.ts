import type { FolderEntry, NodeId } from '../changes/change.ts';
import type { EqualityProof } from '../changes/difference.ts';
import { permissionsOf } from '../changes/node-facts.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { FileError, Stat } from '../kernel/files.ts';
import type { Names } from './names.ts';
import type { Presence } from './presence.ts';
import type { Pulls } from './pulls.ts';
import type { Replica } from './replica.ts';

/** Folders remembered one by one. */
const TAKEN_MAX = 100_000;

/** Makes the tree agree with what the check found to be there, under the ids that the active server uses. */
export class Adoption {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #names: Names;
  readonly #pulls: Pulls;
  /** False while nothing may be changed on disk: only told. */
  repairing = true;
  /**
   * Folders that left the tree, but perhaps only for another place, or that a record named before they were in it: what
   * is in them may not be known, nor stated.
   */
  readonly #taken = new Set<NodeId>();
  #areMoreTaken = false;
  /** A check of what was missed is to come, or has come: the stream goes by what is not known here. */
  #hasMissed = false;
  /** Folders that are known by another id, with all in them, and the check that said so. */
  readonly #stayed = new Map<NodeId, number>();
  #check = 0;
  #isPartial = false;

  constructor(parts: { replica: Replica; presence: Presence; names: Names; pulls: Pulls }) {
    this.#replica = parts.replica;
    this.#presence = parts.presence;
    this.#names = parts.names;
    this.#pulls = parts.pulls;
    parts.names.onUnknown = (folder) => {
      if (this.#hasMissed) this.#take(folder);
    };
  }

  /** Records of this check come next. @param isPartial - it does not state everything. */
  turnTo(check: number, isPartial: boolean): void {
    this.#isPartial = isPartial;
    if (check === this.#check) return;
    this.#check = check;
    if (isPartial) return;
    this.#taken.clear();
    this.#areMoreTaken = false;
    this.#hasMissed = false;
  }

  /** Something was missed; not everything is stated, but that. */
  missed(): void {
    this.#hasMissed = true;
  }

  /** The node has left the tree. */
  gone(node: Node): void {
    if (this.#hasMissed && node.type === 'folder') this.#take(node.id);
  }

  #take(folder: NodeId): void {
    if (this.#taken.size < TAKEN_MAX) this.#taken.add(folder);
    else this.#areMoreTaken = true;
  }

  /**
   * The node is about to leave the tree, because a check found something else under its name. A check of everything
   * will come to what it leaves on disk under its other names, and to what was in it; any other may not.
   */
  leaving(node: Node, at: Name): void {
    if (!this.#isPartial) return;
    const { tree, marks } = this.#replica;
    if (node.type === 'folder') {
      for (const below of this.#replica.subtree(node)) if (below.type === 'folder') this.#take(below.id);
    }
    for (const name of tree.namesOf(node)) {
      const path = name.parent === at.parent && name.name === at.name ? null : tree.pathOfName(name);
      if (path !== null) marks.setPath(path, 'Unchecked');
    }
  }

  /** The folder is new to the tree: is anything in it that the check may not state? */
  arrived(folder: Node, isFound: boolean): void {
    if (folder.type !== 'folder' || !this.#isPartial) return;
    if (isFound || this.#areMoreTaken || this.#taken.has(folder.id)) this.#replica.doubt(folder);
  }

  /**
   * What is in the folder, by another id, need not be what the active server has there. It is asked for once the check
   * has come to where that is by now: until then it would look as if it were lost.
   */
  #stays(folder: Node): void {
    if (folder.type !== 'folder' || !this.#isPartial) return;
    this.#replica.marks.set(folder.id, 'Unchecked');
    this.#stayed.set(folder.id, this.#check);
  }

  /** A check has stated all that it states. @param ended - its number; null for one of everything. */
  ended(ended: number | null): void {
    for (const [id, check] of this.#stayed) {
      if (ended !== null && check !== ended) continue;
      this.#stayed.delete(id);
      const folder = this.#replica.tree.get(id);
      if (folder !== undefined && ended !== null) this.#replica.doubt(folder);
    }
  }

  /** The item is as stated, as far as the proof goes. */
  equal(parent: Node, entry: FolderEntry, stat: Readonly<Stat>, proof: EqualityProof): void {
    const current = this.#replica.tree.get(entry.node);
    if (current !== undefined && this.#pulls.isStaged(current.id))
      return this.meetStaged(current, parent, entry, proof);
    const node = this.adopt(parent, entry, stat);
    if (node === null || proof === 'contentFollows') return;
    if (node.type === 'folder') return this.#equalFolder(node, entry, stat);
    // Half of what is pulled into its place may be there: size and times are right from the first range on.
    if (proof === 'status' && this.#replica.marks.get(node.id) !== undefined) {
      if (!this.#pulls.isWaiting(node.id)) this.#replica.doubt(node);
      return;
    }
    this.#replica.record(node, stat);
    // What was awaited is here, however it came.
    this.#pulls.cancel(node.id);
    this.#replica.unmark(node);
  }

  /** The node's content waits in `staging`; what was compared is perhaps just that, perhaps what has its name meanwhile. */
  meetStaged(node: Node, parent: Node, entry: FolderEntry, proof: EqualityProof): void {
    if (this.#replica.tree.child(parent, entry.name) !== node)
      return this.#nameStaged(node, { parent, name: entry.name }, entry);
    if (proof !== 'whole') return void this.#pulls.setAttributes(node.id, entry.attributes);
    if (this.#pulls.stages(node.id, entry.sizeBytes)) return this.#pulls.proven(node, entry.attributes);
    // It is another file by now, and not a large one.
    this.#pulls.cancel(node.id);
    this.#replica.doubt(node);
  }

  /** The active server has it under another name (too); what has that name here is shown until it is whole. */
  #nameStaged(node: Node, to: Name, entry: FolderEntry): void {
    const { tree } = this.#replica;
    const from = this.#replica.firstName(node);
    if (!this.repairing || from === null) return;
    const replaced = tree.child(to.parent, to.name);
    if (replaced !== undefined) this.#pulls.dropName(replaced, to);
    if (entry.linked) {
      this.#replica.dropName(to.parent, to.name);
      tree.link(node, to.parent, to.name);
      this.#replica.dirty.add(node.id);
    } else {
      this.#pulls.moveName(node, from, to, replaced);
      this.#names.renameInTree(node, from, to);
    }
  }

  /**
   * The node of an entry that something of the right type lies under; its record stays as it was, so
   * that content which is not ours is known to be so.
   * @returns null where the disk had to be put right first: the item is asked for again.
   */
  adopt(parent: Node, entry: FolderEntry, stat: Readonly<Stat>): Node | null {
    const { tree } = this.#replica;
    const at: Name = { parent, name: entry.name };
    const here = tree.child(parent, entry.name);
    if (here !== undefined && here.id === entry.node && here.type === entry.type) return this.#sameNode(here, at, stat);
    const other = tree.get(entry.node);
    if (
      here !== undefined &&
      other === undefined &&
      here.type === entry.type &&
      here.otherNames === null &&
      !entry.linked
    ) {
      // Of a folder: what is in it may be the former one's, which has perhaps another name by now.
      if (here.type === 'folder') this.#take(here.id);
      const renamed = this.#names.relabel(here, entry.node);
      this.#stays(renamed);
      return this.#sameNode(renamed, at, stat);
    }
    if (here !== undefined) {
      if (here.otherNames === null) this.leaving(here, at);
      this.#replica.dropName(parent, entry.name);
    }
    if (other !== undefined && tree.get(entry.node) === other) {
      if (other.type === entry.type && entry.linked) return this.#furtherName(other, parent, entry, stat);
      // It has this name now; under its former ones the check of their folders will miss it.
      this.leaving(other, at);
      this.#replica.dropping(other, () => tree.dropSubtree(other));
    }
    // The folder may have been in it: nothing may hang below what the tree does not have.
    if (tree.get(parent.id) !== parent) {
      this.#replica.recheck(parent.id);
      return null;
    }
    const node = tree.add(parent, entry.name, entry.node, entry.type);
    this.#replica.dirty.add(node.id);
    if (this.#isOfAnother(node, stat)) return this.#part(node, at);
    node.inode = stat.inode;
    node.mode = permissionsOf(stat);
    node.uid = stat.uid;
    node.gid = stat.gid;
    if (node.type === 'folder') this.#replica.onFolder(node);
    this.arrived(node, true);
    return node;
  }

  /** Is the file under this name also that of another node, under a name of its own? On the active server they are two. */
  #isOfAnother(node: Node, stat: Readonly<Stat>): boolean {
    if (node.type === 'folder' || stat.linkCount < 2 || !this.repairing) return false;
    const known = this.#replica.known(stat);
    return known !== undefined && known !== node && known.parent !== null;
  }

  /** The other node keeps the file; this one's name is made free, and its content asked for. */
  #part(node: Node, at: Name): null {
    this.#replica.recordAbsent(node);
    this.#replica.attempt(node, () => this.#presence.clear(at.parent, at.name, 'replaced'));
    this.#replica.doubt(node);
    return null;
  }

  #sameNode(node: Node, at: Name, stat: Readonly<Stat>): Node | null {
    if (node.inode === stat.inode) return this.#isOfAnother(node, stat) ? this.#part(node, at) : node;
    const known = this.#replica.known(stat);
    if (known !== undefined && known !== node && known.parent !== null && this.repairing) {
      // Another node has this name for now: each is put back under its own. Where nothing is left of this one, its name is free then.
      this.#replica.attempt(node, () => {
        if (!this.#presence.reunite(node)) this.#presence.clear(at.parent, at.name, 'replaced');
      });
      this.#replica.doubt(node);
      return null;
    }
    if (this.#isElsewhere(node, at)) return this.#unite(node);
    this.#replica.folders.drop(node.id);
    if (node.type === 'folder') this.#replica.onFolder(node);
    node.inode = stat.inode;
    node.ctimeSeconds = 0;
    node.ctimeNanoseconds = 0;
    this.#replica.dirty.add(node.id);
    return node;
  }

  #furtherName(node: Node, parent: Node, entry: FolderEntry, stat: Readonly<Stat>): Node | null {
    this.#replica.tree.link(node, parent, entry.name);
    this.#replica.dirty.add(node.id);
    if (node.inode === stat.inode) return node;
    if (node.inode !== 0) return this.#unite(node);
    if (this.#isOfAnother(node, stat)) return this.#part(node, { parent, name: entry.name });
    node.inode = stat.inode;
    return node;
  }

  /** Is the node's file there under another one of its names? */
  #isElsewhere(node: Node, at: Name): boolean {
    if (node.otherNames === null || node.inode === 0) return false;
    const others = this.#replica.tree.namesOf(node).filter((n) => n.parent !== at.parent || n.name !== at.name);
    try {
      return others.some(({ parent, name }) => statOf(this.#replica, parent, name)?.inode === node.inode);
    } catch (error) {
      // What can't be looked at now is in doubt by that name, too.
      if (!(error instanceof FileError)) throw error;
      return false;
    }
  }

  /** On the active server its names are one file: so they must be here, even where each holds what is stated. */
  #unite(node: Node): null {
    if (!this.repairing) return null;
    this.#replica.attempt(node, () => {
      this.#presence.reunite(node);
    });
    this.#replica.doubt(node);
    return null;
  }

  #equalFolder(folder: Node, entry: FolderEntry, stat: Readonly<Stat>): void {
    const mode = permissionsOf(stat);
    const { uid, gid } = stat;
    if (folder.mode !== mode || folder.uid !== uid || folder.gid !== gid) this.#replica.dirty.add(folder.id);
    Object.assign(folder, { mode, uid, gid });
    // To be put back whenever names in it were changed. Whether it has it now, and what else is in doubt about it,
    // is for its own record to tell.
    this.#replica.remember(folder, entry.attributes);
  }
}

/** What lies under a name; null where nothing does. @throws FileError where that can't be told. */
export function statOf(replica: Replica, parent: Node, name: Node['name']): Stat | null {
  const stat = new Stat();
  return replica.files.statAt(replica.folders.open(parent), name, stat) ? stat : null;
}
