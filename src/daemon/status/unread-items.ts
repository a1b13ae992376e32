import type { NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, isWithin, toDisplay } from '../../kernel/byte-string.ts';
import { Smallest } from '../../kernel/smallest.ts';
import { describe } from '../../problems/problem.ts';
import { bytesOf, pageOf } from '../stream/item-cursor.ts';
import type { ItemView } from '../stream/thread-messages.ts';

/** Paths, each with the reason why it could not be read. */
type Reasons = ReadonlyMap<ByteString, string>;

/** Which of the unread items are asked for: a page of those at these paths and below; null means everywhere. */
interface Wanted {
  readonly paths: readonly ByteString[] | null;
  readonly after: ByteString;
  readonly limit: number;
}

/** What the active server answers. */
export interface UnreadPage {
  /** At these paths and below, not only on this page. */
  readonly count: number;
  readonly items: readonly ItemView[];
}

/**
 * Items that are on the active server and could not be read, be it by capture (CAP-002) or by a check
 * (CHK-004). Nobody knows whether the passive server's copy equals them, however well all else was verified.
 */
export class UnreadItems {
  readonly #tree: NodeTree;
  readonly #checks: { readonly items: Reasons };
  /** Null until there is one. */
  capture: { readonly unreadable: Reasons } | null = null;

  constructor(tree: NodeTree, checks: { readonly items: Reasons }) {
    this.#tree = tree;
    this.#checks = checks;
  }

  get count(): number {
    const captured = this.#captured;
    let count = captured.size;
    for (const path of this.#checks.items.keys()) if (!captured.has(path)) count++;
    return count;
  }

  page({ paths, after, limit }: Wanted): UnreadPage {
    const first = new Smallest<ByteString>(limit, (a, b) => a < b);
    let count = 0;
    for (const path of new Set([...this.#captured.keys(), ...this.#checks.items.keys()])) {
      if (paths !== null && !paths.some((top) => isWithin(path, top))) continue;
      count++;
      if (path > after) first.add(path);
    }
    return { count, items: first.sorted().map((path) => this.#view(path)) };
  }

  get #captured(): Reasons {
    return this.capture?.unreadable ?? new Map();
  }

  #view(path: ByteString): ItemView {
    const shown = toDisplay(path);
    const captured = this.#captured.get(path);
    const { message } =
      captured === undefined
        ? describe({ code: 'CHK-004', parameters: { path: shown, error: this.#checks.items.get(path) ?? '' } })
        : describe({ code: 'CAP-002', parameters: { path: shown, reason: captured } });
    return {
      path: shown,
      exact: shown === path ? null : path,
      type: this.#tree.find(path)?.type ?? 'other',
      status: 'Unchecked',
      since: null,
      reason: message,
    };
  }
}

/**
 * A page of items as the passive server knows them, with those that the active server could not read as
 * what they are: unchecked. Pure.
 * @param sinceOf - since when it is known of a path; null where that was not told.
 */
export function withUnread(
  items: readonly ItemView[],
  unread: readonly ItemView[],
  page: { readonly limit: number; readonly sinceOf: (path: string) => string | null },
): ItemView[] {
  const known = new Map(items.map((item) => [bytesOf(item), item]));
  for (const item of unread) {
    const before = known.get(bytesOf(item));
    // What is known of it says more.
    if (before?.status === 'Out of sync' || (before?.status === 'Unchecked' && before.reason !== null)) continue;
    known.set(bytesOf(item), { ...item, type: before?.type ?? item.type, since: page.sinceOf(item.path) });
  }
  return pageOf(known, page.limit);
}
