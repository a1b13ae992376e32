import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplyItem } from '../../apply/items.ts';
import type { Mark } from '../../apply/marks.ts';
import type { NodeId } from '../../changes/change.ts';
import { type Node, NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { WallMs } from '../../kernel/units.ts';
import { type KnownItems, pageOfItems, pageOfTree } from './item-page.ts';
import type { ItemView } from './thread-messages.ts';

const AT = Date.UTC(2026, 0, 1) as WallMs;
const LEFT = { since: AT, how: 'content differs' };
const SINCE = '2026-01-01T00:00:00.000Z';

class Known implements KnownItems {
  readonly tree = new NodeTree();
  readonly root = this.tree.addRoot(fromText('/srv'), 1);
  readonly marks = new Map<NodeId, Mark>();
  readonly paths = new Map<ByteString, Mark>();
  readonly left: { path: ByteString; node: NodeId }[] = [];
  isVerified = true;

  readonly apply = {
    markOf: (node: NodeId) => this.marks.get(node),
    marked: () => this.#marked(),
    counts: { outOfSync: 0, unchecked: 0 },
  };
  readonly leftAlone = {
    count: 0,
    of: (node: NodeId) => (this.left.some((one) => one.node === node) ? LEFT : null),
    items: () =>
      this.left.map(({ path, node }) => {
        const now = this.tree.get(node) ?? null;
        return { path: now === null ? path : (this.tree.pathOf(now) as ByteString), ...LEFT, known: now };
      }),
  };

  file(name: string, id: number): Node {
    return this.tree.add(this.root, name as ByteString, id, 'file');
  }

  *#marked(): Generator<ApplyItem> {
    for (const [id, mark] of this.marks) {
      const node = this.tree.get(id) as Node;
      yield { path: this.tree.pathOf(node) as ByteString, node, ...mark };
    }
    for (const [path, mark] of this.paths) yield { path, node: null, ...mark };
  }
}

let known: Known;
const mark = (status: Mark['status']): Mark => ({ status, since: AT, problem: null });

function page(query: { outOfSync?: boolean; after?: string; limit?: number } = {}): ItemView[] {
  const { outOfSync = false, after = '', limit = 100 } = query;
  return pageOfItems({ name: 'items', outOfSync, after: after as ByteString, limit }, known);
}

const said = (items: readonly ItemView[]): string[] => items.map(({ path, status }) => `${path} ${status}`);

beforeEach(() => {
  known = new Known();
  ['a', 'b', 'c', 'd'].forEach((name, index) => known.file(name, index + 2));
  known.marks.set(2, mark('Unchecked'));
  known.marks.set(3, mark('Out of sync'));
  known.paths.set(fromText('/srv/b.stray'), mark('Out of sync'));
  known.left.push({ path: fromText('/srv/old name of c'), node: 4 }, { path: fromText('/srv/missing'), node: 99 });
});

describe('a page of items', () => {
  it('has every item with its state, in the order of their paths', () => {
    const all = [
      '/srv Synchronized',
      '/srv/a Unchecked',
      '/srv/b Out of sync',
      '/srv/b.stray Out of sync',
      '/srv/c Out of sync',
      '/srv/d Synchronized',
      '/srv/missing Out of sync',
    ];
    expect(said(page())).toEqual(all);
    for (let first = 0; first < all.length; first++) {
      const after = first === 0 ? '' : (all[first - 1]?.split(' ')[0] ?? '');
      expect(said(page({ after, limit: 2 }))).toEqual(all.slice(first, first + 2));
    }
    expect(page({ after: '/srv/a', limit: 1 })).toEqual([
      { path: '/srv/b', exact: null, type: 'file', status: 'Out of sync', since: SINCE, reason: null },
    ]);
    const left = { path: '/srv/c', since: SINCE, reason: 'content differs; it was compared only' };
    expect(page({ after: '/srv/b.stray', limit: 1 })).toMatchObject([left]);
  });

  it.each([
    ['few', 0],
    ['many', 1_000_000],
  ])('has only what is not equal where that is asked, be it %s', (_many, count) => {
    known.apply.counts.unchecked = count;
    known.isVerified = false;
    const all = [
      '/srv/a Unchecked',
      '/srv/b Out of sync',
      '/srv/b.stray Out of sync',
      '/srv/c Out of sync',
      '/srv/missing Out of sync',
    ];
    expect(said(page({ outOfSync: true }))).toEqual(all);
    expect(said(page({ outOfSync: true, after: '/srv/b', limit: 2 }))).toEqual(all.slice(2, 4));
  });

  it('says nothing well of what was never verified', () => {
    known.isVerified = false;
    expect(said(page({ after: '/srv/c', limit: 1 }))).toEqual(['/srv/d Unchecked']);
  });

  it('tells one path once, whatever is known of it', () => {
    known.left.push({ path: fromText('/srv/d'), node: 98 }, { path: fromText('/srv/b.stray'), node: 97 });
    const after = { after: '/srv/b', limit: 10 };
    const strays = ['/srv/b.stray Out of sync', '/srv/c Out of sync', '/srv/d Out of sync', '/srv/missing Out of sync'];
    expect(said(page(after))).toEqual(strays);
    expect(said(page({ ...after, outOfSync: true }))).toEqual(strays);
  });

  it('names exactly what can only be shown in another way', () => {
    known.file('e\xff', 20);
    expect(page({ after: '/srv/d', limit: 1 })).toMatchObject([{ path: '/srv/e\\xff', exact: '/srv/e\xff' }]);
  });

  it('costs nothing for the items before it, on either server', () => {
    Object.defineProperty(known.tree, 'nodes', { get: () => expect.unreachable('goes through all nodes') });
    expect(said(page({ after: '/srv/c', limit: 1 }))).toEqual(['/srv/d Synchronized']);
    const query = { name: 'items', outOfSync: false, after: fromText('/srv/b'), limit: 1 } as const;
    expect(said(pageOfTree(query, known.tree, new Set()))).toEqual(['/srv/c Unchecked']);
    expect(pageOfTree({ ...query, outOfSync: true }, known.tree, new Set())).toEqual([]);
  });

  it('has on the active server what the passive server has not confirmed', () => {
    const changed = new Set(['/srv/gone', '/srv/c', '/srv'].map(fromText));
    const query = { name: 'items', outOfSync: true, after: fromText(''), limit: 2 } as const;
    const some = pageOfTree(query, known.tree, changed);
    expect(said(some)).toEqual(['/srv Out of sync', '/srv/c Out of sync']);
    expect(some).toMatchObject([
      { type: 'folder' },
      { type: 'file', reason: expect.stringContaining('not confirmed') },
    ]);
    expect(said(pageOfTree({ ...query, after: fromText('/srv/c') }, known.tree, changed))).toEqual([
      '/srv/gone Out of sync',
    ]);
    const all = { ...query, outOfSync: false, after: fromText('/srv/b') };
    expect(said(pageOfTree(all, known.tree, changed))).toEqual(['/srv/c Out of sync', '/srv/d Unchecked']);
  });
});
