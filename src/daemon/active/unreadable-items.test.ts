import { beforeEach, expect, it } from 'vitest';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { UnreadableItems } from './unreadable-items.ts';

let told: string[];
let items: UnreadableItems;
const T0 = 1_000 as MonotonicMs;
const EVERYTHING = { paths: null, nodes: [] };

beforeEach(() => {
  told = [];
  items = new UnreadableItems({
    cleared: (code, item) => void told.push(`no ${code} ${item}`),
    clearedAllBut: (code, left) => void told.push(`no ${code} but ${left.join(' ')}`),
    pathsOf: (node) => [fromText(`/srv/node${String(node)}`)],
  });
});

function check(asked: Parameters<UnreadableItems['begin']>[0], ...found: string[]): void {
  const check = items.begin(asked);
  for (const item of found) check.found(fromText(item), 'EIO');
  check.ended();
}

const paths = (...all: string[]): { paths: ByteString[]; nodes: number[] } => ({ paths: all.map(fromText), nodes: [] });

it('what is met by each check of everything is never over', () => {
  check(EVERYTHING, '/srv/a');
  check(EVERYTHING, '/srv/a');
  expect(told).toEqual(['no CHK-004 but /srv/a', 'no CHK-004 but /srv/a']);
});

it('is over when a check of everything no longer meets it', () => {
  check(EVERYTHING, '/srv/a', '/srv/b');
  check(EVERYTHING, '/srv/b');
  expect(told.at(-1)).toBe('no CHK-004 but /srv/b');
});

it('is over when a look at it alone, or at what it lies in, meets it no more', () => {
  check(EVERYTHING, '/srv/a/f', '/srv/ab', '/srv/node7');
  told = [];
  check(paths('/srv/a'), '/srv/a/f');
  expect(told).toEqual([]);
  check(paths('/srv/a/'));
  check({ paths: [], nodes: [7] });
  expect(told).toEqual(['no CHK-004 /srv/a/f', 'no CHK-004 /srv/node7']);
});

it('says nothing of what a check that was given up did not come to', () => {
  check(EVERYTHING, '/srv/a');
  told = [];
  items.begin(EVERYTHING);
  expect(told).toEqual([]);
});

it('is worth another look once it changed', () => {
  check(EVERYTHING, '/srv/a');
  items.changed(fromText('/srv/b'));
  items.changed(fromText('/srv/a'));
  items.takeDue(T0);
  items.changed(fromText('/srv/a'));
  expect(items.takeDue(T0)).toEqual(['/srv/a']);
  expect(items.takeDue(T0)).toEqual([]);
  expect([...items.items]).toEqual([['/srv/a', 'EIO']]);
});

it('is tried again by itself, some at a time and all in turn; more of them once some can be read', () => {
  const all = Array.from({ length: 100 }, (_, n) => `/srv/f${String(n)}`);
  check(EVERYTHING, ...all);
  expect(items.takeDue(T0)).toEqual(all.slice(0, 32));
  expect(items.takeDue((T0 + 9_999) as MonotonicMs)).toEqual([]);
  expect(items.takeDue((T0 + 10_000) as MonotonicMs)).toEqual(all.slice(32, 64));
  check(paths('/srv/f0', '/srv/f1'), '/srv/f1');
  expect(items.takeDue((T0 + 20_000) as MonotonicMs)).toEqual(all.slice(65, 100));
  expect(items.takeDue((T0 + 30_000) as MonotonicMs)).toEqual(all.slice(1, 33));
});
