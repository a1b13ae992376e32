import type { ApplyItem } from '../../apply/items.ts';
import type { Mark } from '../../apply/marks.ts';
import type { NodeId } from '../../changes/change.ts';
import type { Node, NodeTree } from '../../changes/node-tree.ts';
import { nodesAfter } from '../../changes/path-order.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import { Smallest } from '../../kernel/smallest.ts';
import type { WallMs } from '../../kernel/units.ts';
import { describe } from '../../problems/problem.ts';
import type { ItemView, StreamQuery } from './thread-messages.ts';

/** So many items that are not equal are put in order for one page; where there are more, they are met in the tree. */
const SORTED_MAX = 10_000;
/** One path may be told of by its node's mark, by its own, and by a check that left it alone. */
const TOLD_OF_MAX = 3;

const UNCONFIRMED = 'It or a name in it changed, and the passive server has not confirmed that.';

export type ItemQuery = Extract<StreamQuery, { name: 'items' }>;

/** What the passive server knows of its items. */
export interface KnownItems {
  readonly tree: NodeTree;
  /** What is not known to be equal. */
  readonly apply: {
    markOf(node: NodeId): Mark | undefined;
    marked(): Iterable<ApplyItem>;
    readonly counts: { readonly outOfSync: number; readonly unchecked: number };
  };
  /** What was found different, and left. */
  readonly leftAlone: {
    readonly count: number;
    of(node: NodeId): Left | null;
    items(): Iterable<Left & { readonly path: ByteString; readonly known: Node | null }>;
  };
  /** The copy was verified as a whole: what nothing is known against is synchronized. */
  readonly isVerified: boolean;
}

/** Since when it is known to differ, and how. */
interface Left {
  readonly since: WallMs;
  readonly how: string;
}

/** All that is known of one path. */
interface Known {
  readonly path: ByteString;
  readonly node: Node | null;
  readonly mark: Mark | null;
  readonly left: Left | null;
}

/** One page of the passive server's items, in byte order of their paths. Costs as much as the page, not as all items. */
export function pageOfItems(query: ItemQuery, known: KnownItems): ItemView[] {
  const { outOfSync, unchecked } = known.apply.counts;
  const isFew = outOfSync + unchecked + known.leftAlone.count <= SORTED_MAX;
  const inTree = query.outOfSync && isFew ? [] : itemsOfTree(query, known);
  const beside = gathered(query, query.outOfSync && isFew ? allToldOf(known) : withoutNode(known));
  const page: ItemView[] = [];
  for (const item of merged(inTree, beside)) {
    if (query.outOfSync && item.mark === null && item.left === null) continue;
    page.push(viewOf(item, known.isVerified));
    if (page.length === query.limit) break;
  }
  return page;
}

/**
 * One page of the active server's items. How they stand on the passive server is not known here, but
 * of those that changed since it confirmed last.
 */
export function pageOfTree(query: ItemQuery, tree: NodeTree, changed: ReadonlySet<ByteString>): ItemView[] {
  const view = (path: ByteString, node: Node | null): ItemView => {
    const item = viewOf({ path, node, mark: null, left: null }, false);
    return changed.has(path) ? { ...item, status: 'Out of sync', reason: UNCONFIRMED } : item;
  };
  if (query.outOfSync) {
    const first = new Smallest<ByteString>(query.limit, (a, b) => a < b);
    for (const path of changed) if (path > query.after) first.add(path);
    return first.sorted().map((path) => view(path, tree.find(path) ?? null));
  }
  const page: ItemView[] = [];
  for (const { path, node } of nodesAfter(tree, query.after)) {
    page.push(view(path, node));
    if (page.length === query.limit) break;
  }
  return page;
}

function* itemsOfTree(query: ItemQuery, { tree, apply, leftAlone }: KnownItems): Generator<Known> {
  for (const { path, node } of nodesAfter(tree, query.after)) {
    yield { path, node, mark: apply.markOf(node.id) ?? null, left: leftAlone.of(node.id) };
  }
}

function* allToldOf({ apply, leftAlone }: KnownItems): Generator<Known> {
  for (const item of apply.marked()) yield { path: item.path, node: item.node, mark: item, left: null };
  for (const { path, known, since, how } of leftAlone.items()) {
    yield { path, node: known, mark: null, left: { since, how } };
  }
}

function* withoutNode(known: KnownItems): Generator<Known> {
  for (const item of allToldOf(known)) if (item.node === null) yield item;
}

/** The first of them, each path once. */
function gathered(query: ItemQuery, items: Iterable<Known>): Known[] {
  const first = new Smallest<Known>(query.limit * TOLD_OF_MAX, (a, b) => a.path < b.path);
  for (const item of items) if (item.path > query.after) first.add(item);
  const byPath = new Map<ByteString, Known>();
  for (const item of first.sorted()) {
    const before = byPath.get(item.path);
    byPath.set(item.path, before === undefined ? item : both(before, item));
  }
  return [...byPath.values()];
}

/** Two lists in order as one. */
function* merged(some: Iterable<Known>, others: readonly Known[]): Generator<Known> {
  let next = 0;
  for (let item of some) {
    for (let other = others[next]; other !== undefined && other.path <= item.path; other = others[++next]) {
      if (other.path === item.path) item = both(item, other);
      else yield other;
    }
    yield item;
  }
  yield* others.slice(next);
}

function both(a: Known, b: Known): Known {
  return { path: a.path, node: a.node ?? b.node, mark: a.mark ?? b.mark, left: a.left ?? b.left };
}

function viewOf({ path, node, mark, left }: Known, isVerified: boolean): ItemView {
  const shown = toDisplay(path);
  const since = mark?.since ?? left?.since ?? null;
  const unmarked = isVerified ? 'Synchronized' : 'Unchecked';
  return {
    path: shown,
    exact: shown === path ? null : path,
    type: node?.type ?? 'other',
    status: left === null ? (mark?.status ?? unmarked) : 'Out of sync',
    since: since === null ? null : new Date(since).toISOString(),
    reason: reasonOf(mark, left),
  };
}

function reasonOf(mark: Mark | null, left: Left | null): string | null {
  if (mark !== null && mark.problem !== null) return describe(mark.problem).message;
  return left === null ? null : `${left.how}; it was compared only`;
}
