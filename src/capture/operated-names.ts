import { type ByteString, fromText, joinPath } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import type { NodeId } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { STATUS_ONLY } from './due-looks.ts';
import type { OperationDoors } from './operation-doors.ts';
import type { Shadow } from './shadow.ts';

/** A name in a folder that may be none of the tree's. */
interface Place {
  readonly parent: Node | undefined;
  readonly name: ByteString;
}

/** A rename that was carried out. */
export interface Renaming {
  /** Of the node that had the old name; null where it can't be in the tree. */
  readonly id: NodeId | null;
  readonly from: Place;
  readonly to: Place;
  readonly exchange: boolean;
}

/** Names that operations move and take away, where the tree may be ahead of them. */
export class OperatedNames {
  readonly #shadow: Shadow;
  readonly #set: ProtectedSet;
  readonly #doors: OperationDoors;

  constructor(options: { shadow: Shadow; set: ProtectedSet; doors: OperationDoors }) {
    this.#shadow = options.shadow;
    this.#set = options.set;
    this.#doors = options.doors;
  }

  covers(at: Name, isFolder: boolean): boolean {
    const path = this.#shadow.tree.pathOfName(at);
    return path !== null && this.#set.covers(path, isFolder);
  }

  /** Nothing has the name any more. What was to be looked at under it is under another name of the node, if it has one. */
  clear(at: Name): void {
    const node = this.#shadow.tree.child(at.parent, at.name);
    if (node === undefined) return;
    this.#shadow.unlink(at);
    this.#noteOtherName(node);
  }

  #noteOtherName(node: Node | undefined): void {
    if (node === undefined || !this.#shadow.holds(node) || node.parent === null) return;
    this.#doors.note(node.parent, node.name, NOTICE.attributes | STATUS_ONLY);
  }

  /** All names of a node are gone. */
  forget(node: Node | undefined): void {
    if (node === undefined || node.parent === null) return;
    for (const at of this.#shadow.tree.namesOf(node)) this.clear(at);
  }

  rename({ id, from, to, exchange }: Renaming): void {
    const [source, target] = [known(from), known(to)];
    const node = this.#child(source);
    if (source === null || node === undefined || node.id !== id) return this.#lookAtBoth(target, source, id);
    if (exchange) return this.#exchange(node, source, target);
    if (target === null || !this.covers(target, node.type === 'folder')) {
      this.clear(source);
      // What had the name was replaced.
      if (target !== null) this.clear(target);
      return;
    }
    this.#move(node, source, target);
  }

  #move(node: Node, from: Name, to: Name): void {
    const { tree } = this.#shadow;
    const there = tree.child(to.parent, to.name);
    // A look saw the new name already.
    if (there === node) return this.clear(from);
    const isOdd = tree.contains(node, to.parent) || (there !== undefined && tree.contains(there, node));
    if (isOdd) return this.#lookAtBoth(to, from, null);
    if (there !== undefined && (there.type === 'folder' || node.type === 'folder')) this.clear(to);
    const wasWhole = this.#isWhole(node, from);
    this.#shadow.rename(node, from, to);
    this.#doors.carryOver(from, to);
    this.#noteOtherName(there);
    if (!wasWhole || !this.#isWhole(node, to)) this.#doors.enter(node);
  }

  /** By way of a name that is in the stream only. */
  #exchange(node: Node, from: Name, to: Name | null): void {
    const other = this.#child(to);
    const { tree } = this.#shadow;
    const fits =
      to !== null &&
      other !== undefined &&
      other !== node &&
      this.covers(to, node.type === 'folder') &&
      this.covers(from, other.type === 'folder') &&
      !tree.contains(node, other) &&
      !tree.contains(other, node);
    if (!fits) return this.#lookAtBoth(to, from, null);
    const aside = { parent: from.parent, name: fromText(`.understudy-${String(node.id)}`) };
    this.#shadow.rename(node, from, aside);
    this.#doors.carryOver(from, aside);
    this.#move(other, to, from);
    this.#move(node, aside, to);
  }

  /** The destination first: what has gone there must be found before its old name is missed. */
  #lookAtBoth(to: Name | null, from: Name | null, id: NodeId | null): void {
    // A look saw it already.
    if (id !== null && this.#child(to)?.id === id) return;
    if (to !== null && this.#shadow.holds(to.parent)) this.#doors.look(to);
    if (from !== null && this.#shadow.holds(from.parent)) this.#doors.look(from);
  }

  /** Is all in it an item, whatever it is called? */
  #isWhole(node: Node, at: Name): boolean {
    if (node.type !== 'folder') return true;
    const parent = this.#shadow.tree.pathOf(at.parent);
    return parent !== null && this.#set.coversAllBelow(joinPath(parent, at.name));
  }

  #child(at: Name | null): Node | undefined {
    return at === null ? undefined : this.#shadow.tree.child(at.parent, at.name);
  }
}

function known({ parent, name }: Place): Name | null {
  return parent === undefined ? null : { parent, name };
}
