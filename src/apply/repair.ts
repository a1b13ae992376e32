import { INLINE_BYTES_MAX, type FolderEntry } from '../changes/change.ts';
import type { Difference } from '../changes/difference.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { Stat } from '../kernel/files.ts';
import { type Adoption, statOf } from './adoption.ts';
import type { Content } from './content.ts';
import type { Names } from './names.ts';
import type { Orphans } from './orphans.ts';
import type { Presence } from './presence.ts';
import type { Pulls } from './pulls.ts';
import { readWhole } from './read-whole.ts';
import type { Replica } from './replica.ts';

type Of<Kind extends Difference['kind']> = Extract<Difference, { kind: Kind }>;

export interface RepairParts {
  readonly replica: Replica;
  readonly presence: Presence;
  readonly content: Content;
  readonly names: Names;
  readonly pulls: Pulls;
  readonly adoption: Adoption;
  readonly orphans: Orphans;
}

/** Does away with differences that a check found, with as little copying as possible. */
export class Repair {
  readonly #parts: RepairParts;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  repair(difference: Difference): void {
    const { replica } = this.#parts;
    const asked = this.#askedBy(difference);
    if (asked !== undefined) replica.attempt(asked, () => this.#dispatch(difference));
    // At once, for the folder's own record is compared next.
    replica.settleFolders();
  }

  /** Who is to be asked for again where even looking at the item is refused. */
  #askedBy(difference: Difference): Node | undefined {
    const { tree } = this.#parts.replica;
    if (difference.kind === 'ranges') return tree.get(difference.node);
    if (difference.kind === 'attributes' && difference.parent === null) return tree.get(difference.node);
    return difference.parent === null ? undefined : tree.get(difference.parent);
  }

  #dispatch(difference: Difference): void {
    const { replica } = this.#parts;
    const path = pathOf(replica, difference);
    if (path !== null && difference.kind !== 'orphan') {
      const values = difference.kind === 'attributes' ? difference.values : undefined;
      replica.host.note({ kind: 'difference', path, difference: difference.kind, ...(values && { values }) });
    }
    switch (difference.kind) {
      case 'missing':
        return this.#missing(difference.parent, difference.entry);
      case 'type':
        return this.#type(difference);
      case 'content':
        return this.#content(difference);
      case 'attributes':
        return this.#attributes(difference);
      case 'ranges':
        return this.#ranges(difference);
      case 'suspect':
        return this.#suspect(difference);
      case 'orphan':
        return this.#parts.orphans.seen(difference.parent, difference.name);
    }
  }

  #missing(parentId: number, entry: FolderEntry): void {
    const { replica, presence, names, adoption } = this.#parts;
    const parent = this.#folder(parentId);
    if (parent === null) return;
    const here = replica.tree.child(parent, entry.name);
    if (here !== undefined && here.id === entry.node && here.type === entry.type) {
      replica.attempt(here, () => {
        const waits = this.#parts.pulls.isWaiting(here.id);
        if (waits || here.inode === 0 || !presence.reunite(here)) this.#fetch(here, parent, entry);
        else if (here.type === 'folder') this.#parts.content.setFolderAttributes(here, entry.attributes);
        else this.#confirm(here, entry);
      });
      return;
    }
    // The tree has another node there; the disk has nothing.
    if (here !== undefined) {
      if (here.otherNames === null) adoption.leaving(here, { parent, name: entry.name });
      replica.dropName(parent, entry.name);
    }
    const known = replica.tree.get(entry.node);
    if (known !== undefined && known.type === entry.type && known.parent !== null) {
      if (this.#moveKnown(known, parent, entry)) return;
    }
    const other = replica.tree.get(entry.node);
    if (other !== undefined) {
      adoption.leaving(other, { parent, name: entry.name });
      names.forgetEverywhere(other);
    }
    // The folder may have been in what was forgotten: nothing may hang below what the tree does not have.
    if (replica.tree.get(parent.id) !== parent) return replica.recheck(parentId);
    const node = replica.tree.add(parent, entry.name, entry.node, entry.type);
    replica.dirty.add(node.id);
    replica.attempt(node, () => this.#fetch(node, parent, entry));
    adoption.arrived(node, false);
  }

  /** The node lies under a name it no longer has (or has, too): no need to copy it again. */
  #moveKnown(node: Node, parent: Node, entry: FolderEntry): boolean {
    const { replica, names, presence, pulls, orphans } = this.#parts;
    if (node.type === 'folder' && replica.tree.contains(node, parent)) return false;
    const from = replica.firstName(node);
    if (from === null) return false;
    const to = { parent, name: entry.name };
    const fromPath = replica.tree.pathOfName(from);
    if (entry.linked) {
      replica.tree.link(node, parent, entry.name);
      replica.dirty.add(node.id);
      if (node.inode === 0) return true;
      return replica.attempt(node, () => this.#linkKnown(node, entry));
    }
    if (pulls.isWaiting(node.id) && node.inode === 0) {
      pulls.moveName(node, from, to, undefined);
    } else {
      if (!replica.attempt(node, () => names.move(node, from, to, undefined))) return true;
      if (statOf(replica, parent, entry.name) === null) return false;
    }
    orphans.forget(from.parent.id, from.name);
    names.renameInTree(node, from, to);
    const path = replica.tree.pathOf(node);
    if (path !== null && fromPath !== null) replica.host.note({ kind: 'moved', path, from: fromPath });
    if (!presence.holds(node, { folder: replica.folders.open(parent), name: entry.name }, new Stat())) return true;
    replica.attempt(node, () => this.#confirm(node, entry));
    return true;
  }

  #linkKnown(node: Node, entry: FolderEntry): void {
    if (this.#parts.presence.reunite(node)) this.#confirm(node, entry);
    else this.#parts.replica.doubt(node);
  }

  /** Is what was moved what it should be? What can't be told at once is looked at by a check of its own, or follows. */
  #confirm(node: Node, entry: FolderEntry): void {
    const { replica, content, pulls } = this.#parts;
    const stat = node.parent === null ? null : statOf(replica, node.parent, node.name);
    const { mtimeSeconds, mtimeNanoseconds } = entry.attributes;
    const sameTime = stat?.mtimeSeconds === mtimeSeconds && stat.mtimeNanoseconds === mtimeNanoseconds;
    if (stat === null || entry.type !== 'file' || entry.sizeBytes > INLINE_BYTES_MAX) return replica.doubt(node);
    const sameSize = stat.sizeBytes === entry.sizeBytes;
    if (entry.hash === 0n && !(sameSize && sameTime)) return replica.doubt(node);
    if (entry.hash !== 0n) {
      const found = sameSize ? readWhole(replica, node) : null;
      if (found === null || replica.hash(found) !== entry.hash) return this.#refill(node, entry);
    }
    // What was awaited is here, however it came.
    if (entry.hash !== 0n) pulls.cancel(node.id);
    if (content.setAttributes(node, entry.attributes)) {
      replica.record(node, statOf(replica, node.parent as Node, node.name) ?? stat);
      replica.unmark(node);
    }
  }

  /** A small file that is here and holds something else. */
  #refill(node: Node, entry: FolderEntry): void {
    const { content, pulls, replica } = this.#parts;
    if (entry.sizeBytes > 0) return pulls.whole(node, entry);
    pulls.cancel(node.id);
    replica.attempt(node, () => content.put(node, new Uint8Array(0), entry.attributes));
  }

  #fetch(node: Node, parent: Node, entry: FolderEntry): void {
    const { names, content, pulls } = this.#parts;
    switch (entry.type) {
      case 'folder':
        return names.makeFolder(node, parent, entry.attributes);
      case 'file':
        if (entry.sizeBytes > INLINE_BYTES_MAX) return pulls.stage(node, entry);
        if (entry.sizeBytes > 0) return pulls.whole(node, entry);
        pulls.cancel(node.id);
        return content.create(node, new Uint8Array(0), entry.attributes);
      default:
        return content.makeAnew(node, entry.target, entry.attributes);
    }
  }

  #type({ parent: parentId, entry }: Of<'type'>): void {
    const { replica, presence, adoption } = this.#parts;
    const parent = this.#folder(parentId);
    if (parent === null) return;
    const done = replica.attemptRemoval(parent, () => {
      const stat = statOf(replica, parent, entry.name);
      if (stat === null || typeOf(stat) === entry.type) return;
      const here = replica.tree.child(parent, entry.name);
      if (here !== undefined && here.inode === stat.inode) {
        if (here.otherNames === null) adoption.leaving(here, { parent, name: entry.name });
        replica.dropName(parent, entry.name);
      }
      presence.clear(parent, entry.name, 'replaced');
    });
    if (done) this.#missing(parentId, entry);
  }

  #content({ parent: parentId, entry }: Of<'content'>): void {
    const { replica, adoption, content } = this.#parts;
    const parent = this.#folder(parentId);
    if (parent === null) return;
    const stat = statOf(replica, parent, entry.name);
    if (stat === null || typeOf(stat) !== entry.type) return this.#missing(parentId, entry);
    const node = adoption.adopt(parent, entry, stat);
    if (node === null) return;
    if (entry.type !== 'file') {
      replica.attempt(node, () => content.makeAnew(node, entry.target, entry.attributes));
    } else {
      this.#refill(node, entry);
    }
  }

  #attributes(difference: Of<'attributes'>): void {
    const { replica, adoption, content, pulls } = this.#parts;
    const { entry, attributes, proof } = difference;
    let node = replica.tree.get(difference.node);
    if (entry !== null && difference.parent !== null) {
      const parent = this.#folder(difference.parent);
      if (parent !== null && node !== undefined && pulls.isStaged(node.id))
        return adoption.meetStaged(node, parent, entry, proof);
      const stat = parent === null ? null : statOf(replica, parent, entry.name);
      if (parent === null || stat === null) return;
      node = adoption.adopt(parent, entry, stat) ?? undefined;
      // Everything else was found equal: from here on it is as Apply left it.
      if (node !== undefined && node.type !== 'folder') replica.record(node, stat);
    }
    if (node === undefined) return;
    const repaired = node;
    replica.attempt(repaired, () => {
      // What else may be in doubt about a folder is for the comparison of its names to tell.
      if (repaired.type === 'folder') return content.setFolderAttributes(repaired, attributes);
      if (!content.setAttributes(repaired, attributes)) return replica.doubt(repaired);
      if (pulls.setAttributes(repaired.id, attributes) || replica.marks.get(repaired.id) === undefined) return;
      if (proof === 'whole') replica.unmark(repaired);
      else replica.doubt(repaired);
    });
  }

  #ranges(difference: Of<'ranges'>): void {
    const { replica, pulls } = this.#parts;
    const node = replica.tree.get(difference.node);
    if (node === undefined || node.type !== 'file') return;
    replica.attempt(node, () => pulls.ranges(node, difference, difference.ranges, difference.isWhole));
  }

  #suspect({ parent: parentId, entry }: Of<'suspect'>): void {
    const { replica, adoption } = this.#parts;
    const parent = this.#folder(parentId);
    const stat = parent === null ? null : statOf(replica, parent, entry.name);
    if (parent === null || stat === null) return;
    const node = adoption.adopt(parent, entry, stat);
    if (node !== null) replica.doubt(node);
  }

  #folder(id: number): Node | null {
    const folder = this.#parts.replica.tree.get(id);
    return folder?.type === 'folder' ? folder : null;
  }
}

/** The path a difference is about, as far as the tree can say. */
export function pathOf(replica: { tree: Replica['tree'] }, difference: Difference): ByteString | null {
  const { tree } = replica;
  if (difference.kind === 'attributes' || difference.kind === 'ranges') {
    const node = tree.get(difference.node);
    if (node !== undefined) return tree.pathOf(node);
    if (difference.kind === 'ranges' || difference.parent === null || difference.entry === null) return null;
    return below(tree, difference.parent, difference.entry.name);
  }
  return below(tree, difference.parent, difference.kind === 'orphan' ? difference.name : difference.entry.name);
}

function below(tree: Replica['tree'], parentId: number, name: ByteString): ByteString | null {
  const parent = tree.get(parentId);
  const path = parent === undefined ? null : tree.pathOf(parent);
  return path === null ? null : joinPath(path, name);
}
