import { expect, it } from 'vitest';
import type { EventRecord } from '../api/requests.ts';
import { NewEvents } from './new-events.ts';

/** A history of events with these numbers. */
function history() {
  const ids: number[] = [];
  const asked: number[] = [];
  const events = new NewEvents(async (limit) => {
    asked.push(limit);
    return ids.slice(-limit).map((id) => ({ id }) as EventRecord);
  });
  const idsOf = (found: readonly EventRecord[]): number[] => found.map(({ id }) => id);
  return {
    ids,
    asked,
    first: async (limit: number) => idsOf(await events.first(limit)),
    next: async () => idsOf(await events.next()),
  };
}

it('each event is told once, however many come between two looks', async () => {
  const { ids, asked, first, next } = history();
  expect(await first(2)).toEqual([]);
  ids.push(1, 2, 3);
  expect(await next()).toEqual([1, 2, 3]);
  expect(await next()).toEqual([]);
  const many = Array.from({ length: 300 }, (_, at) => 4 + at);
  ids.push(...many);
  expect(await next()).toEqual(many);
  expect(await next()).toEqual([]);
  expect(asked).toEqual([2, 50, 50, 50, 1000, 50]);
});

it('only the newest are told to begin with', async () => {
  const { ids, first, next } = history();
  ids.push(7, 8, 9);
  expect(await first(2)).toEqual([8, 9]);
  ids.push(10);
  expect(await next()).toEqual([10]);
});

it('a history that begins anew is told from its beginning', async () => {
  const { ids, first, next } = history();
  ids.push(7, 8, 9);
  await first(10);
  // One that can't be read for a moment has none.
  const kept = ids.splice(0);
  expect(await next()).toEqual([]);
  ids.push(...kept);
  expect(await next()).toEqual([]);
  ids.splice(0, 3, 1, 2);
  expect(await next()).toEqual([1, 2]);
});
