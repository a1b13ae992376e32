import { expect, it } from 'vitest';
import type { Finding } from '../../api/status.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { ItemView } from '../stream/thread-messages.ts';
import { withUnseen } from './unseen-items.ts';

const SINCE = '2026-01-01T00:00:00.000Z';

function item(path: string, status: ItemView['status'] = 'Synchronized'): ItemView {
  return { path, exact: null, type: 'file', status, since: null, reason: null };
}

function unseen(path: string, code: Finding['code'] = 'CAP-009'): Finding {
  const texts = { cause: 'mapped', resolution: '', evidence: [], action: null, parent: null };
  return { id: path, code, severity: 'warning', server: 'primary', item: path, since: SINCE, ...texts };
}

it('shows files that can change without notice as unchecked', () => {
  const page = { outOfSync: false, after: fromText(''), limit: 10 };
  const items = [item('/a'), item('/b'), item('/c', 'Out of sync'), item('/d')];
  const findings = [unseen('/b'), unseen('/c'), unseen('/d', 'CAP-010'), unseen('/z')];
  expect(withUnseen(items, findings, page)).toEqual([
    item('/a'),
    { ...item('/b', 'Unchecked'), since: SINCE, reason: 'mapped' },
    item('/c', 'Out of sync'),
    item('/d'),
  ]);
});

it('puts them among what is not as it should be, page by page', () => {
  const findings = [unseen('/b'), unseen('/d')];
  const paths = (items: readonly ItemView[], after: string): string[] =>
    withUnseen(items, findings, { outOfSync: true, after: fromText(after), limit: 2 }).map(({ path }) => path);
  expect(paths([item('/a', 'Out of sync'), item('/c', 'Out of sync')], '')).toEqual(['/a', '/b']);
  expect(paths([item('/c', 'Out of sync')], '/b')).toEqual(['/c', '/d']);
  expect(paths([], '/d')).toEqual([]);
});
