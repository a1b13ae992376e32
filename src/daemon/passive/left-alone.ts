import type { Change, FolderEntry, NodeId } from '../../changes/change.ts';
import { type Difference, nodeOf } from '../../changes/difference.ts';
import type { Node, NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, joinPath } from '../../kernel/byte-string.ts';
import type { WallMs } from '../../kernel/units.ts';
import type { CheckOutcome } from './check-follower.ts';
import { sayDifference } from './say-difference.ts';

/** An item found to differ by a check that repairs nothing. */
interface Left {
  /** When it was found; a node that was renamed since has another path by now. */
  readonly path: ByteString;
  readonly node: NodeId | null;
  /** Where it was found, however that folder is called by now. Null where that is not known. */
  readonly at: { readonly parent: NodeId; readonly name: ByteString } | null;
  readonly since: WallMs;
  /** The check that found it last, and as what; in words, too. */
  check: number;
  kind: Difference['kind'];
  how: string;
}

/** One of them, for who tells of it. */
export interface LeftItem {
  readonly path: ByteString;
  readonly since: WallMs;
  /** How it differs, in words. */
  readonly how: string;
  readonly known: Node | null;
}

/** Beyond that a check has more to say than anybody reads; the rest is as true of these. */
const ITEMS_MAX = 100_000;

/**
 * Items known to differ that were left as they are, because a check was asked to verify only. Each
 * stays known until it is found equal, is repaired, or the stream or the guard takes it over.
 */
export class LeftAlone {
  readonly #tree: NodeTree;
  readonly #now: () => WallMs;
  /** By node where it has one, otherwise by its folder's node and its name. */
  readonly #items = new Map<NodeId | string, Left>();
  #isBeingFound = false;

  constructor(options: { tree: NodeTree; now: () => WallMs }) {
    this.#tree = options.tree;
    this.#now = options.now;
  }

  get count(): number {
    return this.#items.size;
  }

  /** A check may find more of them. */
  get isBeingFound(): boolean {
    return this.#isBeingFound;
  }

  /** Where they are now; `known` is null where no node here is meant. */
  *items(): Generator<LeftItem> {
    for (const left of this.#items.values()) {
      const { node, since, how } = left;
      const known = node === null ? undefined : this.#tree.get(node);
      const now = known === undefined ? null : this.#tree.pathOf(known);
      yield { path: now ?? this.#pathOfLeft(left), since, how, known: now === null ? null : (known ?? null) };
    }
  }

  /** Since when a node is known to differ, and how; null where it is not. */
  of(node: NodeId): Pick<LeftItem, 'since' | 'how'> | null {
    return this.#items.get(node) ?? null;
  }

  found(difference: Difference, check: number): void {
    const node = nodeOf(difference);
    const path = pathOfDifference(this.#tree, difference) ?? ('' as ByteString);
    const at = placeOf(difference);
    const key = keyOf(difference);
    const before = this.#items.get(key);
    const found = { check, kind: difference.kind, how: sayDifference(difference) };
    this.#isBeingFound = true;
    if (before !== undefined) Object.assign(before, found);
    else if (this.#items.size < ITEMS_MAX) this.#items.set(key, { path, node, at, since: this.#now(), ...found });
  }

  /** A check that repairs deals with it from here on. */
  repairing(difference: Difference): void {
    if (this.#items.size > 0) this.#items.delete(keyOf(difference));
  }

  /** A check found it as it should be; of a folder only that it is there. */
  equal(parent: Node, entry: FolderEntry): void {
    if (this.#items.size === 0) return;
    const isOfFolderItself = entry.type === 'folder' && this.#items.get(entry.node)?.kind === 'attributes';
    if (!isOfFolderItself) this.#items.delete(entry.node);
    this.#items.delete(keyAt(parent.id, entry.name));
  }

  equalFolder(folder: Node): void {
    if (this.#items.size > 0) this.#items.delete(folder.id);
  }

  /** Somebody changed it here just now: it is checked and repaired by itself. */
  meddled(path: ByteString): void {
    if (this.#items.size === 0) return;
    const node = this.#tree.find(path);
    if (node !== undefined) this.#items.delete(node.id);
    const nameAt = path.lastIndexOf('/') + 1;
    const parent = this.#tree.find(path.slice(0, nameAt) as ByteString);
    if (parent !== undefined) this.#items.delete(keyAt(parent.id, path.slice(nameAt) as ByteString));
  }

  /** What is no item any more differs from nothing. */
  forgetAllBut(isItem: (path: ByteString) => boolean): void {
    for (const [key, left] of this.#items) if (!isItem(this.#pathOfLeft(left))) this.#items.delete(key);
  }

  /** The stream says anew what it is; called before the change is applied. */
  streamed(change: Change): void {
    if (this.#items.size === 0) return;
    switch (change.kind) {
      case 'create':
      case 'unlink':
      case 'link':
        this.#items.delete(change.node);
        this.#items.delete(keyAt(change.parent, change.name));
        return;
      case 'content':
        this.#items.delete(change.node);
        return;
      case 'attributes':
        if (this.#items.get(change.node)?.kind === 'attributes') this.#items.delete(change.node);
        return;
      default:
    }
  }

  /** A check of everything knows of all that differ: what it did not find differs no more. */
  checkEnded(outcome: Pick<CheckOutcome, 'check' | 'finished' | 'complete'>): void {
    this.#isBeingFound = false;
    if (!outcome.finished || !outcome.complete) return;
    for (const [key, left] of this.#items) if (left.check !== outcome.check) this.#items.delete(key);
  }

  /** The stream begins anew, and everything is verified again. */
  clear(): void {
    this.#items.clear();
  }

  #pathOfLeft({ at, path }: Left): ByteString {
    const parent = at === null ? undefined : this.#tree.get(at.parent);
    const folder = parent === undefined ? null : this.#tree.pathOf(parent);
    return at === null || folder === null ? path : joinPath(folder, at.name);
  }
}

function keyOf(difference: Difference): NodeId | string {
  const node = nodeOf(difference);
  if (node !== null) return node;
  const at = placeOf(difference);
  return at === null ? '' : keyAt(at.parent, at.name);
}

function keyAt(parent: NodeId, name: ByteString): string {
  return `${parent} ${name}`;
}

function placeOf(difference: Difference): Left['at'] {
  if (!('parent' in difference) || difference.parent === null) return null;
  const name = 'name' in difference ? difference.name : difference.entry?.name;
  return name === undefined ? null : { parent: difference.parent, name };
}

/** The item a difference is about; null where its folder is not known (any more). */
export function pathOfDifference(tree: NodeTree, difference: Difference): ByteString | null {
  const at = placeOf(difference);
  const parent = at === null ? undefined : tree.get(at.parent);
  if (at !== null && parent !== undefined) return joinPath(tree.pathOf(parent) ?? ('' as ByteString), at.name);
  const node = 'node' in difference ? tree.get(difference.node) : undefined;
  return node === undefined ? null : tree.pathOf(node);
}
