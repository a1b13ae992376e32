import { expect, it } from 'vitest';
import type { QuarantineEntry } from '../../api/requests.ts';
import { pageOfQuarantine } from './quarantine-list.ts';

const ALL = ['1', '2', '3', '4', '5'].map((id): QuarantineEntry => {
  return { id, path: `/srv/${id}`, type: 'file', reason: 'orphan', at: '2026-01-01T00:00:00Z', sizeBytes: 10 };
});
const ids = (page: { readonly entries: readonly QuarantineEntry[] }): string[] => page.entries.map(({ id }) => id);

it('the quarantine is listed page by page, with the size of all of it', () => {
  const first = pageOfQuarantine(ALL, { after: null, limit: 3 });
  expect([ids(first), first.next, first.bytesTotal]).toEqual([['1', '2', '3'], '3', 50]);
  const second = pageOfQuarantine(ALL, { after: '3', limit: 3 });
  expect([ids(second), second.next]).toEqual([['4', '5'], null]);
});

it('the next page goes on where it should, though the entry before it has gone meanwhile', () => {
  const left = ALL.filter(({ id }) => id > '3');
  expect(ids(pageOfQuarantine(left, { after: '3', limit: 3 }))).toEqual(['4', '5']);
  expect(pageOfQuarantine([], { after: '3', limit: 3 })).toEqual({ entries: [], next: null, bytesTotal: 0 });
  expect(ids(pageOfQuarantine(ALL, { after: '9', limit: 3 }))).toEqual([]);
});
