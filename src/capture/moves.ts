import { fromLatin1, joinPath, type ByteString } from '../kernel/byte-string.ts';
import { NOTICE, type Notice } from '../kernel/notices.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { RecentNames } from './recent-names.ts';
import type { Shadow } from './shadow.ts';

export interface MovesListener {
  /** A folder's path changed where patterns may treat what is in it otherwise. */
  recheck(folder: Node): void;
  /** What was to be looked at under one name is now to be looked at under another. */
  carryOver(from: Name, to: Name): void;
  note(folder: Node, name: ByteString, bits: number): void;
  /** The name was moved to where nobody watches. */
  left(folder: Node, name: ByteString): void;
}

/**
 * Applies the kernel's notices of renames, in their order, so that a rename costs one record whatever
 * is behind it. A notice is applied only when the tree cannot be ahead of it: a look may already have
 * seen its effect, or that of a later one. Otherwise the names are looked at, destination first.
 */
export class Moves {
  readonly #shadow: Shadow;
  readonly #set: ProtectedSet;
  readonly #listener: MovesListener;
  /** Names that looks changed: notices of that, or of what came before, may still be waiting. */
  readonly #doubts = new RecentNames<true>();
  /** Where names went whose move was not applied. */
  readonly #whereTo = new RecentNames<Name>();

  constructor(options: { shadow: Shadow; set: ProtectedSet; listener: MovesListener }) {
    this.#shadow = options.shadow;
    this.#set = options.set;
    this.#listener = options.listener;
  }

  /** All notices up to `beganMs` were read. */
  endDrain(beganMs: number, nowMs: number): void {
    this.#doubts.turn(beganMs, nowMs);
    this.#whereTo.turn(beganMs, nowMs);
  }

  /** A look changed what the tree has under the name. */
  touched(folder: Node, name: ByteString): void {
    this.#doubts.put({ parent: folder, name }, true);
  }

  /** Where the name's node went, by a notice that was not applied; told once. */
  takeWhereTo(folder: Node, name: ByteString): Name | null {
    return this.#whereTo.take({ parent: folder, name });
  }

  /** @param folder, to - the tree's folders that the notice means; undefined for one outside. */
  apply(notice: Readonly<Notice>, folder: Node | undefined, to: Node | undefined): void {
    const { name, toName } = notice;
    if (folder === undefined || to === undefined) {
      if (folder !== undefined) {
        this.#doubts.put({ parent: folder, name }, true);
        this.#listener.left(folder, name);
      }
      if (to !== undefined) this.#doubt({ parent: to, name: toName });
      return;
    }
    const source = { parent: folder, name };
    const target = { parent: to, name: toName };
    const node = this.#shadow.tree.child(folder, name);
    if (node === undefined || !this.#isTrusted(node, source, target, notice)) {
      this.#whereTo.put(source, target);
      // The destination first: what has gone there must be found before its old name is missed.
      this.#doubt(target);
      this.#doubt(source);
      return;
    }
    const whole = node.type !== 'folder' || this.#isWhole(source);
    this.#shadow.rename(node, source, target);
    this.#listener.carryOver(source, target);
    if (node.type === 'folder' && !(whole && this.#isWhole(target))) this.#listener.recheck(node);
    this.#listener.note(to, toName, NOTICE.moved);
    this.#listener.note(folder, name, NOTICE.moved);
  }

  #doubt(at: Name): void {
    this.#doubts.put(at, true);
    this.#listener.note(at.parent, at.name, NOTICE.moved);
  }

  #isTrusted(node: Node, from: Name, to: Name, notice: Readonly<Notice>): boolean {
    if (this.#doubts.has(from) || this.#doubts.has(to)) return false;
    if ((node.type === 'folder') !== notice.isFolder) return false;
    if (notice.target !== null && node.key !== null && notice.target !== node.key) return false;
    const { tree } = this.#shadow;
    if (tree.contains(node, to.parent)) return false;
    const replaced = tree.child(to.parent, to.name);
    if (replaced !== undefined) {
      if (replaced.type !== node.type && (replaced.type === 'folder' || node.type === 'folder')) return false;
      if (tree.contains(replaced, node)) return false;
    }
    const path = tree.pathOfName(to);
    return path !== null && this.#set.covers(path, notice.isFolder);
  }

  /** Is all in the folder protected, whatever its names? */
  #isWhole(at: Name): boolean {
    const parent = this.#shadow.tree.pathOf(at.parent) ?? fromLatin1('/');
    return this.#set.coversAllBelow(joinPath(parent, at.name));
  }
}
