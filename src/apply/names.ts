import type {
  Attributes,
  CreateChange,
  LinkChange,
  NodeId,
  RenameChange,
  RootChange,
  UnlinkChange,
} from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import { holdsLeftOut } from '../changes/left-out.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { type NameAt, Stat } from '../kernel/files.ts';
import type { Content } from './content.ts';
import { throwIf } from './dressing.ts';
import { isName } from './file-facts.ts';
import type { Presence } from './presence.ts';
import type { Pulls } from './pulls.ts';
import type { Removal } from './removal.ts';
import type { Replica } from './replica.ts';

/** Changes of names: tree and disk together. Doing one again finds it done. */
export class Names {
  /** Told of a folder in which a record has something done, and that the tree does not have. */
  onUnknown: (folder: NodeId) => void = () => undefined;
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #content: Content;
  readonly #removal: Removal;
  readonly #pulls: Pulls;
  readonly #stat = new Stat();

  constructor(parts: { replica: Replica; presence: Presence; content: Content; removal: Removal; pulls: Pulls }) {
    this.#replica = parts.replica;
    this.#presence = parts.presence;
    this.#content = parts.content;
    this.#removal = parts.removal;
    this.#pulls = parts.pulls;
  }

  /** The tree learns which node a protected folder is; nothing is made on disk. What is known below it stays. */
  learnRoot(change: RootChange): Node {
    const { tree } = this.#replica;
    const known = tree.root(change.folder);
    if (known !== undefined && known.id === change.node) return known;
    const other = tree.get(change.node);
    if (other !== undefined) this.#replica.dropping(other, () => tree.dropSubtree(other));
    const root = known === undefined ? tree.addRoot(change.folder, change.node) : this.relabel(known, change.node);
    this.#replica.dirty.add(root.id);
    // It may lie there already: then nothing that Apply makes would tell the guard of it.
    this.#replica.onFolder(root);
    return root;
  }

  /** As {@link learnRoot}, while nothing may be changed: also which folder on disk it is. */
  recognizeRoot(change: RootChange): void {
    const root = this.learnRoot(change);
    if (root.inode === 0) root.inode = this.#presence.inodeOf(root) ?? 0;
  }

  root(change: RootChange): void {
    if (!this.#replica.protectedSet.folders.some((folder) => folder.path === change.folder)) return;
    const root = this.learnRoot(change);
    this.#replica.attempt(root, () => this.#replica.folders.open(root));
  }

  /** The node has another id on the active server now. */
  relabel(node: Node, id: NodeId): Node {
    const before = node.id;
    this.#replica.folders.drop(before);
    this.#pulls.cancel(before);
    this.#replica.forgetMark(before);
    const renamed = this.#replica.tree.relabel(node, id);
    if (renamed.type === 'folder') {
      this.#replica.onFolder(renamed);
      this.#replica.touch(renamed);
    }
    this.#replica.dirty.add(before);
    this.#replica.dirty.add(id);
    // Their rows name their parent by its id.
    for (const child of renamed.children?.values() ?? []) this.#replica.dirty.add(child.id);
    return renamed;
  }

  create(change: CreateChange): void {
    const { tree } = this.#replica;
    const parent = this.#folder(change.parent);
    if (parent === null || !isName(change.name)) return;
    const known = tree.get(change.node);
    if (known !== undefined && this.#isSame(known, parent, change)) return this.#createAgain(known, change);
    // The number is used again: its former node is gone from the active server.
    if (known !== undefined) this.forgetEverywhere(known);
    this.removeName(parent, change.name);
    // The folder may have been in what was forgotten: nothing may hang below what the tree does not have.
    if (tree.get(parent.id) !== parent) return this.#unknown(change.parent);
    const node = tree.add(parent, change.name, change.node, change.type);
    this.#replica.dirty.add(node.id);
    this.#replica.attempt(node, () => this.#make(node, parent, change));
  }

  /** A folder that may be there already: then it stays with what is in it, which is asked for. */
  makeFolder(folder: Node, parent: Node, attributes: Attributes): void {
    const { files, folders } = this.#replica;
    const at: NameAt = { folder: folders.open(parent), name: folder.name };
    let adopted = false;
    if (files.statAt(at.folder, at.name, this.#stat)) {
      const isNobodys = this.#replica.known(this.#stat) === undefined && typeOf(this.#stat) === 'folder';
      adopted = isNobodys && (!this.#presence.isOwn(parent, this.#stat) || this.#holdsLeftOut(folder, at));
      if (!adopted) this.#presence.clear(parent, folder.name, 'replaced');
    }
    const refused = adopted ? null : this.#presence.makeFolder(folder, attributes);
    if (adopted) this.#adoptFolder(folder, parent, attributes);
    this.#replica.intend(folder, attributes);
    this.#replica.unmark(folder);
    if (adopted && files.list(folders.open(folder)).length > 0) this.#replica.doubt(folder);
    throwIf(refused);
  }

  rename(change: RenameChange): void {
    const { tree } = this.#replica;
    const parent = this.#folder(change.parent);
    const newParent = this.#folder(change.newParent);
    const node = tree.get(change.node);
    if (!isName(change.newName)) return;
    // A folder that no check has stated yet: what left the one, or came to the other, has to be stated, too.
    if (parent === null || newParent === null) return this.#puzzled(...[parent, newParent].filter((f) => f !== null));
    if (node === undefined || (node.type === 'folder' && tree.contains(node, newParent)))
      return this.#puzzled(parent, newParent);
    const from = { parent, name: change.name };
    const to = { parent: newParent, name: change.newName };
    const replaced = tree.child(newParent, change.newName);
    if (tree.child(parent, change.name) !== node) {
      if (replaced !== node) this.#puzzled(parent, newParent);
      return;
    }
    // It has both names here, though the active server gave it the new one only now: what it had before was missed.
    if (replaced === node) return this.removeName(parent, change.name);
    // What is replaced was empty there; what the tree has in it came out without being told.
    if (replaced?.type === 'folder' && tree.contains(replaced, parent)) return this.#puzzled(parent, newParent);
    this.#replica.dirty.add(node.id);
    if (replaced !== undefined) this.#pulls.dropName(replaced, to);
    const waited = this.#replica.holds.has(node.id);
    const standIn = this.#pulls.isWaiting(node.id) && node.inode === 0;
    const moved = standIn || this.#replica.attempt(node, () => this.move(node, from, to, replaced));
    if (standIn) this.#pulls.moveName(node, from, to, replaced);
    this.renameInTree(node, from, to);
    if (waited) this.#leaveOccupant(node, from);
    if (moved || node.inode === 0) return;
    // What has the name is in use: until it is free, the node waits where nobody sees it.
    const isAside =
      this.#replica.holds.has(node.id) && this.#replica.attempt(node, () => this.#presence.putAside(node, from));
    if (!isAside) this.#leftBehind(from);
  }

  renameInTree(node: Node, from: Name, to: Name): void {
    const { tree, marks } = this.#replica;
    const replaced = tree.child(to.parent, to.name);
    const before = node.type === 'folder' ? tree.pathOfName(from) : null;
    this.#replica.dropName(to.parent, to.name);
    if (replaced !== undefined) this.#refreshLinked(replaced);
    tree.rename(node, from, to);
    // What nobody has looked at yet in a folder moves along with it.
    const after = before === null ? null : tree.pathOfName(to);
    if (before !== null && after !== null) marks.movePaths(before, after);
    this.#replica.dirty.add(node.id);
    this.#replica.touch(from.parent);
    this.#replica.touch(to.parent);
  }

  /** On disk only. */
  move(node: Node, from: Name, to: Name, replaced: Node | undefined): void {
    const { files } = this.#replica;
    // Opened in turn: opening the one may put things right above the other.
    this.#at(to);
    if (!this.#presence.holds(node, this.#at(from), this.#stat)) {
      if (this.#presence.holds(node, this.#at(to), this.#stat)) return;
      if (!this.#presence.reunite(node)) return this.#moveLost(node, to, replaced);
    }
    if (files.statAt(this.#at(to).folder, to.name, this.#stat)) {
      if (this.#presence.holds(node, this.#at(to), this.#stat)) return files.unlinkAt(this.#at(from).folder, from.name);
      const isReplaced = replaced !== undefined && this.#presence.holds(replaced, this.#at(to), this.#stat);
      if (!isReplaced) this.#presence.clear(to.parent, to.name, 'replaced');
      else if (replaced.type === 'folder' || node.type === 'folder') this.#removal.remove(replaced, to);
      else if (replaced.type === 'file') this.#replica.inUse.expectFree(to);
    }
    const source = this.#at(from);
    const target = this.#at(to);
    this.#replica.own(node, node.inode);
    files.renameAt(source, target);
    files.statAt(target.folder, target.name, this.#stat);
    // Names change only the change time; what else differs from the record was a stranger's doing.
    node.ctimeSeconds = this.#stat.ctimeSeconds;
    node.ctimeNanoseconds = this.#stat.ctimeNanoseconds;
    this.#replica.dirty.add(node.id);
  }

  link(change: LinkChange): void {
    const { tree } = this.#replica;
    const parent = this.#folder(change.parent);
    const node = tree.get(change.node);
    if (parent === null || !isName(change.name)) return;
    if (node === undefined || node.type === 'folder') return this.#puzzled(parent);
    if (tree.child(parent, change.name) === node) return;
    this.removeName(parent, change.name);
    // Taking the name away may have taken the node, too, where its number was reused; then nothing is sure.
    if (tree.get(node.id) !== node) return this.#puzzled(parent);
    tree.link(node, parent, change.name);
    this.#replica.dirty.add(node.id);
    // Also where a run before this one made the name and was ended before it put the time back.
    this.#replica.touch(parent);
    if (node.inode === 0) return;
    this.#replica.attempt(node, () => {
      if (!this.#presence.reunite(node)) this.#replica.doubt(node);
    });
  }

  unlink(change: UnlinkChange): void {
    const parent = this.#folder(change.parent);
    if (parent === null || !isName(change.name)) return;
    const child = this.#replica.tree.child(parent, change.name);
    if (child !== undefined && child.id !== change.node) return this.#puzzled(parent);
    this.removeName(parent, change.name);
  }

  /** Takes what the tree has under a name away, on disk and in the tree; what else lies there is left alone. */
  removeName(parent: Node, name: ByteString): void {
    const child = this.#replica.tree.child(parent, name);
    if (child === undefined) return;
    this.#pulls.dropName(child, { parent, name });
    const waited = this.#replica.holds.has(child.id);
    const removed = this.#replica.attemptRemoval(child, () => this.#removal.remove(child, { parent, name }));
    this.#replica.dropName(parent, name);
    if (waited) this.#leaveOccupant(child, { parent, name });
    if (!removed && child.inode !== 0) this.#leftBehind({ parent, name });
    this.#refreshLinked(child);
    this.#replica.touch(parent);
  }

  /** The tree forgets a node whose end was missed; what of it is on disk is for a check of its folders to tell. */
  forgetEverywhere(node: Node): void {
    for (const { parent } of this.#replica.tree.namesOf(node)) this.#replica.doubt(parent);
    this.#replica.dropping(node, () => this.#replica.tree.dropSubtree(node));
  }

  #holdsLeftOut(folder: Node, at: NameAt): boolean {
    const { files, protectedSet, tree } = this.#replica;
    const path = tree.pathOf(folder);
    return path !== null && holdsLeftOut(files, protectedSet, at, path);
  }

  #adoptFolder(folder: Node, parent: Node, attributes: Attributes): void {
    const { files, folders } = this.#replica;
    files.statAt(folders.open(parent), folder.name, this.#stat);
    this.#replica.own(folder, this.#stat.inode);
    this.#replica.record(folder, this.#stat);
    this.#content.setFolderAttributes(folder, attributes);
  }

  #make(node: Node, parent: Node, change: CreateChange): void {
    switch (change.type) {
      case 'folder':
        return this.makeFolder(node, parent, change.attributes);
      case 'file':
        if (change.sizeBytes > INLINE_BYTES_MAX) return this.#pulls.stage(node, change, true);
        return this.#content.create(node, change.content, change.attributes);
      default:
        return this.#content.makeAnew(node, targetOf(change.content), change.attributes);
    }
  }

  #isSame(known: Node, parent: Node, change: CreateChange): boolean {
    return known.type === change.type && this.#replica.tree.child(parent, change.name) === known;
  }

  #createAgain(known: Node, change: CreateChange): void {
    this.#replica.attempt(known, () => {
      if (change.type === 'folder') return this.#content.setFolderAttributes(known, change.attributes);
      if (change.type !== 'file') return this.#content.makeAnew(known, targetOf(change.content), change.attributes);
      if (change.sizeBytes <= INLINE_BYTES_MAX) {
        this.#pulls.cancel(known.id);
        return this.#content.put(known, change.content, change.attributes);
      }
      // Its verify records follow and tell what differs.
      if (known.inode === 0) this.#pulls.stage(known, change, true);
    });
  }

  /** What could not be taken from a name is nobody's from now on: dealt with as what a stranger put there. */
  #leftBehind(name: Name): void {
    const path = this.#replica.tree.pathOfName(name);
    if (path !== null) this.#replica.marks.setPath(path, 'Unchecked');
  }

  /** What kept a node from a name, being in use, has it still when the node leaves it. */
  #leaveOccupant(node: Node, name: Name): void {
    this.#replica.attempt(name.parent, () => {
      const at = this.#at(name);
      if (!this.#presence.holds(node, at, this.#stat) && this.#replica.files.statAt(at.folder, at.name, this.#stat))
        this.#leftBehind(name);
    });
  }

  /** Neither here nor there: the name it had is not to show what was replaced. */
  #moveLost(node: Node, to: Name, replaced: Node | undefined): void {
    if (replaced !== undefined) this.#removal.remove(replaced, to);
    else if (!this.#presence.holds(node, this.#at(to), this.#stat))
      this.#presence.clear(to.parent, to.name, 'replaced');
    this.#replica.doubt(node);
  }

  /** Losing one of several names changed the node's change time. */
  #refreshLinked(node: Node): void {
    if (this.#replica.tree.get(node.id) !== node) return;
    this.#replica.attempt(node, () => this.#presence.refresh(node));
  }

  #at(name: Name): NameAt {
    return { folder: this.#replica.folders.open(name.parent), name: name.name };
  }

  #folder(id: NodeId): Node | null {
    const folder = this.#replica.tree.get(id);
    if (folder?.type === 'folder') return folder;
    this.#unknown(id);
    return null;
  }

  /** What the record says is done in it can't be done here: it has to be stated with all in it. */
  #unknown(folder: NodeId): void {
    this.#replica.recheck(folder);
    this.onUnknown(folder);
  }

  /** The record does not fit what is known: nothing is guessed, the folders are stated again. */
  #puzzled(...folders: Node[]): void {
    for (const folder of folders) this.#replica.doubt(folder);
  }
}

function targetOf(content: Uint8Array): ByteString {
  return fromLatin1(Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1'));
}
