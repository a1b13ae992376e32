import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Problem } from '../../problems/problem.ts';
import { EventStore, type NewEvent } from './event-store.ts';

let folder: string;
let problems: (Problem | null)[];
const stores: EventStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
  problems = [];
});
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: { rowsMax?: number; file?: string } = {}): EventStore {
  const file = options.file ?? join(folder, 'events.db');
  const store = new EventStore({
    file,
    onProblem: (problem) => problems.push(problem),
    ...(options.rowsMax === undefined ? {} : { rowsMax: options.rowsMax }),
  });
  stores.push(store);
  return store;
}

const event = (number: number, more: Partial<NewEvent> = {}): NewEvent => ({
  atMs: Date.UTC(2026, 0, 1) + number * 1000,
  server: 'primary',
  level: 'information',
  code: null,
  text: `event ${number}`,
  item: null,
  details: {},
  ...more,
});

test('gives back what was appended, oldest first, the newest where there is a limit', () => {
  const store = open();
  store.append(event(1, { code: 'CHN-003', item: '/a', level: 'error', details: { n: 1, yes: true, none: null } }));
  store.append(event(2));
  store.append(event(3, { code: 'CHN-003', server: 'secondary' }));
  expect(store.find({ limit: 10 }).map(({ text }) => text)).toEqual(['event 1', 'event 2', 'event 3']);
  expect(store.find({ limit: 2 }).map(({ text }) => text)).toEqual(['event 2', 'event 3']);
  expect(store.find({ limit: 10, code: 'CHN-003' }).map(({ id }) => id)).toEqual([1, 3]);
  expect(store.find({ limit: 10, sinceMs: event(3).atMs })).toHaveLength(1);
  expect(store.find({ limit: 10 })[0]).toEqual({
    id: 1,
    at: '2026-01-01T00:00:01.000Z',
    server: 'primary',
    level: 'error',
    code: 'CHN-003',
    text: 'event 1',
    item: '/a',
    details: { n: 1, yes: true, none: null },
  });
  expect(problems).toEqual([]);
});

test('is there after the process ended without closing', () => {
  open().append(event(1));
  expect(open().find({ limit: 10 })).toHaveLength(1);
});

test('keeps the newest rows and removes the oldest', () => {
  const store = open({ rowsMax: 100 });
  for (let number = 0; number < 1_000; number += 1) store.append(event(number));
  const kept = store.find({ limit: 1_000 });
  expect(kept.length).toBeLessThanOrEqual(100 + 256);
  expect(kept.at(-1)?.text).toBe('event 999');
  store.close();
  expect(open({ rowsMax: 100 }).find({ limit: 1_000 })).toHaveLength(100);
});

test('moves a damaged file aside, says so, and goes on with a new one', () => {
  writeFileSync(join(folder, 'events.db'), Buffer.alloc(8_192, 'nonsense'));
  const store = open();
  store.append(event(1));
  expect(store.find({ limit: 10 })).toHaveLength(1);
  expect(problems.map((problem) => problem?.code)).toEqual(['DIA-002']);
  expect(readdirSync(folder)).toContain('events.db.damaged-1');
});

test('does the same with a database whose pages were overwritten', () => {
  const first = open();
  for (let number = 0; number < 500; number += 1) first.append(event(number));
  first.close();
  const file = join(folder, 'events.db');
  const whole = Buffer.alloc(40_000, 0xa5);
  // The header stays; the pages behind it make no sense.
  writeFileSync(file, Buffer.concat([headOf(file), whole]));
  const store = open();
  store.append(event(1));
  expect(store.find({ limit: 1_000 })).toHaveLength(1);
  expect(problems.map((problem) => problem?.code)).toEqual(['DIA-002']);
});

test('never stops its caller: a history that cannot be written is one problem until it works', () => {
  const store = open({ file: join(folder, 'missing', 'events.db') });
  store.append(event(1));
  store.append(event(2));
  expect(store.find({ limit: 10 })).toEqual([]);
  expect(problems.map((problem) => problem?.code)).toEqual(['DIA-003']);
});

function headOf(file: string): Buffer {
  return Buffer.from(readFileSync(file).subarray(0, 4_096));
}
