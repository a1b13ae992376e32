import { expect, it } from 'vitest';
import { NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { ItemView } from '../stream/thread-messages.ts';
import { UnreadItems, withUnread } from './unread-items.ts';

const SINCE = '2026-01-01T00:00:00.000Z';

function unread(captured: readonly string[], checked: readonly string[]): UnreadItems {
  const tree = new NodeTree();
  tree.add(tree.addRoot(fromText('/srv'), 1), 'closed' as ByteString, 2, 'folder');
  const known = (paths: readonly string[], reason: string) => new Map(paths.map((path) => [fromText(path), reason]));
  const items = new UnreadItems(tree, { items: known(checked, 'EIO') });
  items.capture = { unreadable: known(captured, 'EACCES') };
  return items;
}

function item(path: string, status: ItemView['status'] = 'Synchronized'): ItemView {
  return { path, exact: null, type: 'file', status, since: null, reason: null };
}

it('counts an item once, whoever could not read it, and finds those of a path', () => {
  const items = unread(['/srv/b', '/srv/closed'], ['/srv/closed', '/srv/a/f']);
  expect(items.count).toBe(3);
  const within = (...paths: string[]) =>
    items.page({ paths: paths.map(fromText), after: fromText(''), limit: 9 }).count;
  expect([within('/srv'), within('/srv/a'), within('/srv/closed', '/srv/b'), within('/sr')]).toEqual([3, 1, 2, 0]);
  const { count, items: page } = items.page({ paths: null, after: fromText('/srv/a/f'), limit: 1 });
  expect(count).toBe(3);
  expect(page).toMatchObject([{ path: '/srv/b', status: 'Unchecked', reason: expect.stringContaining('EACCES') }]);
  expect(items.page({ paths: null, after: fromText('/srv/b'), limit: 1 }).items).toMatchObject([{ type: 'folder' }]);
});

it('is among the items, page by page, as unchecked and never as synchronized', () => {
  const all = unread(['/srv/b', '/srv/closed'], []).page({ paths: null, after: fromText(''), limit: 9 }).items;
  const items = [item('/srv/a'), item('/srv/b'), item('/srv/closed', 'Out of sync'), item('/srv/d')];
  const merged = (of: readonly ItemView[], limit: number): string[] =>
    withUnread(of, all, { limit, sinceOf: () => SINCE }).map(({ path, status }) => `${path} ${status}`);
  expect(merged(items, 9)).toEqual([
    '/srv/a Synchronized',
    '/srv/b Unchecked',
    '/srv/closed Out of sync',
    '/srv/d Synchronized',
  ]);
  expect(merged([], 1)).toEqual(['/srv/b Unchecked']);
  expect(withUnread([], all, { limit: 1, sinceOf: () => SINCE })).toMatchObject([{ since: SINCE }]);
});
