import type { Attributes, NodeId } from '../changes/change.ts';
import { flagsOf } from '../changes/extended.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, isAbsence, type NameAt, Stat } from '../kernel/files.ts';
import { removeAll } from './disk-tree.ts';
import { dress, setFlags } from './dressing.ts';
import { knownAttributes, realPath } from './file-facts.ts';
import { LostSearch } from './lost-search.ts';
import type { Quarantine } from './quarantine.ts';
import { NEW, type Replica } from './replica.ts';
import type { Stash } from './stash.ts';
import type { QuarantineReason } from './store.ts';

const STRAYED = 'strayed-';
const ROOT_MODE = 0o755;

/**
 * Makes the disk agree with the tree where it does not: after a crash the disk may be ahead of the
 * record by any part of what was applied since the checkpoint, and a stranger may have moved things.
 * Each record of the stream first has the names it speaks of put right, so a replay meets what it met
 * the first time.
 */
export class Presence {
  readonly #replica: Replica;
  readonly #quarantine: Quarantine;
  readonly #search: LostSearch;
  /** Known nodes taken from a name that is not theirs, waiting in `staging` to be put back. */
  readonly #strayed = new Set<NodeId>();
  readonly #stat = new Stat();

  constructor(replica: Replica, quarantine: Quarantine) {
    this.#replica = replica;
    this.#quarantine = quarantine;
    this.#search = new LostSearch(replica);
    replica.onAstray = (folder) => this.reuniteFolder(folder);
    replica.onStash = (stash) => this.#takeUp(stash);
  }

  replayed(): void {
    this.#search.ration();
  }

  /** Does the name lead to the node's inode? Fills `into` where anything has the name. */
  holds(node: Node, at: NameAt, into: Stat): boolean {
    return this.#replica.files.statAt(at.folder, at.name, into) && isNode(node, into);
  }

  /**
   * Makes a name free. A known node goes to `staging` until it is put where it belongs; what Apply
   * itself made since the checkpoint is removed, for its record comes again; anything else is kept in
   * the quarantine.
   */
  clear(parent: Node, name: ByteString, why: QuarantineReason): void {
    const { files, folders } = this.#replica;
    const folder = folders.open(parent);
    if (!files.statAt(folder, name, this.#stat)) return;
    this.#replica.touch(parent);
    const known = this.#replica.known(this.#stat);
    if (known !== undefined && known.parent !== null) return this.#setAside(known, parent, { folder, name });
    const isOwn = this.isOwn(parent, this.#stat);
    const isFolder = typeOf(this.#stat) === 'folder';
    this.#replica.inUse.expectAllFree({ parent, name });
    if (isFolder) this.#strip(parent, { folder, name });
    // An empty folder is no loss, whoever made it.
    if ((isOwn || isFolder) && this.#removeIfEmpty({ folder, name }, isFolder)) return;
    this.#quarantine.take(parent, name, why);
  }

  /** Of the folder that lies where the protected one should; null where there is none, or it can't be looked at. */
  inodeOf(root: Node): number | null {
    const { files, base } = this.#replica;
    let folder = -1;
    try {
      folder = files.openFolder(realPath(base, root.name));
      files.stat(folder, this.#stat);
      return this.#stat.inode;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    } finally {
      if (folder >= 0) files.close(folder);
    }
  }

  /** Was it made or changed by Apply since the checkpoint? */
  isOwn(parent: Node, stat: Readonly<Stat>): boolean {
    const stash = this.#replica.stashOf(parent);
    return stash.device === stat.device && stash.own.has(stat.inode);
  }

  /** Puts a file or link under all its names. @returns false where it is nowhere to be found. */
  reunite(node: Node): boolean {
    if (node.type === 'folder') return this.reuniteFolder(node);
    const names = this.#replica.tree.namesOf(node);
    const first = names[0];
    if (first === undefined || node.inode === 0) return false;
    const present = names.find((name) => this.holds(node, this.#at(name), this.#stat));
    if (present === undefined && !this.#bringTo(node, first)) {
      this.#replica.recordAbsent(node);
      return false;
    }
    const source = this.#at(present ?? first);
    for (const name of names) this.#linkTo(node, source, name);
    this.refresh(node);
    return true;
  }

  /** Puts a folder back under its name; one that is gone is made anew and its content asked for. */
  reuniteFolder(folder: Node): boolean {
    if (!this.#replica.adopted) return false;
    if (folder.parent === null) return this.#reuniteRoot(folder);
    const name = { parent: folder.parent, name: folder.name };
    if (folder.inode !== 0 && (this.holds(folder, this.#at(name), this.#stat) || this.#bringTo(folder, name)))
      return true;
    const path = folder.inode === 0 ? null : this.#replica.tree.pathOf(folder);
    if (path !== null) this.#replica.host.note({ kind: 'difference', path, difference: 'missing' });
    this.clear(folder.parent, folder.name, 'replaced');
    this.makeFolder(folder, knownAttributes(folder));
    this.#replica.touch(folder);
    for (const one of this.#replica.subtree(folder)) if (one.type === 'folder') this.#replica.doubt(one);
    return true;
  }

  /**
   * A new folder under a name that is free. It appears with all it carries but its flags, and is known to be ours by then.
   * @returns what the file system refused of that.
   */
  makeFolder(folder: Node, attributes: Attributes): FileError | null {
    const first = this.#replica.firstName(folder);
    if (first === null) return null;
    const { files } = this.#replica;
    const staged = this.#replica.newName(folder);
    files.makeFolderAt(staged.folder, staged.name, attributes.mode);
    let refused: FileError | null;
    try {
      files.statAt(staged.folder, staged.name, this.#stat);
      refused = dress(files, { of: staged, type: 'folder', was: this.#stat }, attributes);
      this.#replica.own(folder, this.#stat.inode);
      files.renameNewAt(staged, this.#at(first));
    } catch (error) {
      if (error instanceof FileError) files.removeFolderAt(staged.folder, staged.name);
      throw error;
    }
    const at = this.#at(first);
    files.statAt(at.folder, at.name, this.#stat);
    const late = setFlags(files, { of: at, was: this.#stat }, attributes);
    if (this.#stat.flags !== flagsOf(attributes.extended)) files.statAt(at.folder, at.name, this.#stat);
    this.#replica.folders.drop(folder.id);
    this.#replica.record(folder, this.#stat);
    this.#replica.touch(first.parent);
    return refused ?? late;
  }

  /** Takes a known node from a name that is not its any more, until its own is free. */
  putAside(node: Node, name: Name): void {
    const at = this.#at(name);
    if (this.holds(node, at, this.#stat)) this.#setAside(node, name.parent, at);
  }

  /** Puts back what was set aside; after a batch, when the records that moved it have been met. */
  settle(): void {
    const { holds } = this.#replica;
    for (const id of [...this.#strayed]) {
      if (holds.has(id)) continue;
      this.#strayed.delete(id);
      const node = this.#replica.tree.get(id);
      if (node === undefined) {
        this.#discardStrayed(strayedName(id));
        continue;
      }
      this.#replica.attempt(node, () => {
        if (!this.reunite(node)) this.#replica.doubt(node);
      });
      if (holds.has(id)) this.#strayed.add(id);
      else this.#removeStrayed(node);
    }
  }

  /** Takes up again what a crash left in `staging`, but for new content that never got its name. */
  #takeUp({ staging }: Stash): void {
    for (const name of this.#replica.files.list(staging)) {
      if (name.startsWith(STRAYED)) this.#strayed.add(Number(name.slice(STRAYED.length)));
      else if (name.startsWith(NEW)) removeAll(this.#replica.files, { folder: staging, name });
    }
  }

  #at(name: Name): NameAt {
    return { folder: this.#replica.folders.open(name.parent), name: name.name };
  }

  #setAside(known: Node, parent: Node, at: NameAt): void {
    const { files } = this.#replica;
    const to = { folder: this.#replica.stashOf(parent).staging, name: strayedName(known.id) };
    this.#replica.touchOpen(at.folder);
    if (this.holds(known, to, new Stat())) return files.unlinkAt(at.folder, at.name);
    files.renameAt(at, to);
    this.#strayed.add(known.id);
  }

  /** Known nodes inside are set aside, our own things removed: their records come again. A stranger's things stay. */
  #strip(parent: Node, at: NameAt): void {
    const { files } = this.#replica;
    const folder = files.openFolderAt(at.folder, at.name);
    try {
      const stat = new Stat();
      for (const name of files.list(folder)) {
        if (!files.statAt(folder, name, stat)) continue;
        const known = this.#replica.known(stat);
        if (known !== undefined && known.parent !== null) {
          this.#setAside(known, parent, { folder, name });
          continue;
        }
        const isFolder = typeOf(stat) === 'folder';
        const isOwn = this.isOwn(parent, stat);
        if (isFolder) this.#strip(parent, { folder, name });
        if (isOwn) this.#removeIfEmpty({ folder, name }, isFolder);
      }
    } finally {
      files.close(folder);
    }
  }

  #removeIfEmpty(at: NameAt, isFolder: boolean): boolean {
    const { files } = this.#replica;
    try {
      if (isFolder) files.removeFolderAt(at.folder, at.name);
      else files.unlinkAt(at.folder, at.name);
      return true;
    } catch (error) {
      if (!(error instanceof FileError && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST'))) throw error;
      return false;
    }
  }

  /** Finds the node's inode wherever it is and moves it to the name, which is made free first: it may lie below. */
  #bringTo(node: Node, to: Name): boolean {
    const { files } = this.#replica;
    this.#freeFor(node, to);
    const aside = { folder: this.#replica.stashOf(node).staging, name: strayedName(node.id) };
    if (this.holds(node, aside, this.#stat)) {
      files.renameAt(aside, this.#at(to));
      this.#strayed.delete(node.id);
      this.#replica.touch(to.parent);
      return true;
    }
    return this.#search.find(
      node,
      (folder, name) => !this.#belongsThere(node, folder, name),
      (from) => {
        this.#replica.own(node, node.inode);
        files.renameAt(from, this.#at(to));
        this.#replica.touch(to.parent);
        this.#replica.touchOpen(from.folder);
      },
    );
  }

  #freeFor(node: Node, to: Name): void {
    if (!this.holds(node, this.#at(to), this.#stat)) this.clear(to.parent, to.name, 'replaced');
  }

  /** Does the tree say that another node with the same inode has this name? Then it is no stray. */
  #belongsThere(node: Node, folder: Readonly<Stat>, name: ByteString): boolean {
    const parent = this.#replica.known(folder);
    const child = parent === undefined ? undefined : this.#replica.tree.child(parent, name);
    return child !== undefined && child !== node && child.inode === node.inode;
  }

  #linkTo(node: Node, source: NameAt, name: Name): void {
    const at = this.#at(name);
    if (this.holds(node, at, this.#stat)) return;
    this.clear(name.parent, name.name, 'replaced');
    this.#replica.own(node, node.inode);
    this.#replica.files.linkAt(source, at);
    this.#replica.touch(name.parent);
  }

  /** Our work on its names changed its change time; what else differs was not our doing and stays to be seen. */
  refresh(node: Node): void {
    const first = this.#replica.firstName(node);
    if (first === null || node.inode === 0) return;
    const at = this.#at(first);
    if (!this.holds(node, at, this.#stat)) return;
    node.ctimeSeconds = this.#stat.ctimeSeconds;
    node.ctimeNanoseconds = this.#stat.ctimeNanoseconds;
    this.#replica.dirty.add(node.id);
  }

  /** Whatever folder has the path now is the protected folder; where there is none it is made, with those above it. */
  #reuniteRoot(root: Node): boolean {
    const { files, base } = this.#replica;
    const path = realPath(base, root.name);
    const folder = openOrMake(this.#replica, path);
    files.stat(folder, this.#stat);
    files.close(folder);
    const { mode, uid, gid } = root;
    const wasKnown = root.inode !== 0;
    this.#replica.folders.drop(root.id);
    this.#replica.record(root, this.#stat);
    if (wasKnown) Object.assign(root, { mode, uid, gid });
    if (wasKnown && root.children !== null && root.children.size > 0) this.#replica.doubt(root);
    return true;
  }

  /** The stream removed the node while it was set aside. A folder may hold things of strangers. */
  #discardStrayed(name: ByteString): void {
    const { files, tree } = this.#replica;
    for (const [path, { staging: folder }] of this.#replica.stashes) {
      const root = tree.root(path);
      if (root === undefined || !files.statAt(folder, name, this.#stat)) continue;
      if (typeOf(this.#stat) !== 'folder') files.unlinkAt(folder, name);
      else if (!this.#removeIfEmpty({ folder, name }, true))
        this.#quarantine.takeStaged(root, { folder, name }, 'orphan');
    }
  }

  #removeStrayed(node: Node): void {
    const { files } = this.#replica;
    const aside = { folder: this.#replica.stashOf(node).staging, name: strayedName(node.id) };
    try {
      if (!this.holds(node, aside, this.#stat)) this.#discardStrayed(aside.name);
      else if (node.type !== 'folder') files.unlinkAt(aside.folder, aside.name);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
}

function isNode(node: Node, stat: Readonly<Stat>): boolean {
  return node.inode !== 0 && stat.inode === node.inode && typeOf(stat) === node.type;
}

function strayedName(id: NodeId): ByteString {
  return fromText(STRAYED + String(id));
}

function openOrMake(replica: Replica, path: ByteString): number {
  const { files } = replica;
  try {
    return files.openFolder(path);
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'ENOENT') || path === '/') throw error;
    const cut = path.lastIndexOf('/');
    const above = openOrMake(replica, (path.slice(0, cut) || '/') as ByteString);
    try {
      files.makeFolderAt(above, path.slice(cut + 1) as ByteString, ROOT_MODE);
    } finally {
      files.close(above);
    }
    return files.openFolder(path);
  }
}
