import { expect, it } from 'vitest';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { Attempt } from '../../intercept/attempts.ts';
import { RefusedWrites } from './refused-writes.ts';
import type { FromStream } from '../stream/thread-messages.ts';

const CALLER = { processId: 12, name: 'vim', commandLine: 'vim /srv/a', unit: 'editors.service' };

function attempt(path: string, more: Partial<Attempt> = {}): Attempt {
  return { caller: CALLER, deed: 'write to', path: fromText(path), count: 1, ...more };
}

function trial() {
  const said: FromStream[] = [];
  const clock = { now: 0 };
  const refused = new RefusedWrites({
    tell: (message) => void said.push(message),
    now: () => clock.now as MonotonicMs,
  });
  return { refused, clock, news: () => said.splice(0) };
}

it('tells who wanted to write where, with process and unit, and counts', () => {
  const { refused, news } = trial();
  refused.seen([attempt('/srv/a')]);
  const writer = 'vim (process 12, unit editors.service)';
  expect(news()).toEqual([
    {
      kind: 'problem',
      problem: { code: 'APL-050', parameters: { writer, deed: 'write to', path: '/srv/a' } },
      item: '/srv/a',
      evidence: [`${writer} wanted to write to it`, 'process 12: vim /srv/a'],
      action: null,
    },
  ]);
  refused.seen([attempt('/srv/a', { count: 41 })]);
  expect(news()).toMatchObject([{ evidence: [`${writer} wanted to write to it; 42 attempts so far`, {}] }]);
  refused.seen([attempt('/srv/b', { caller: null })]);
  expect(news()).toMatchObject([{ problem: { parameters: { writer: 'a process that could not be found' } } }]);
});

it('ends 30 seconds after the last attempt', () => {
  const { refused, clock, news } = trial();
  refused.seen([attempt('/srv/a')]);
  clock.now = 29_000;
  refused.seen([attempt('/srv/a')]);
  news();
  clock.now = 58_999;
  refused.step();
  expect(news()).toEqual([]);
  clock.now = 59_000;
  refused.step();
  refused.step();
  expect(news()).toEqual([{ kind: 'cleared', code: 'APL-050', item: '/srv/a' }]);
});

it('tells of a bounded number of paths', () => {
  const { refused, clock, news } = trial();
  for (let number = 0; number < 1000; number++) refused.seen([attempt(`/srv/${String(number)}`)]);
  expect(news()).toHaveLength(256);
  clock.now = 30_000;
  refused.step();
  expect(news()).toHaveLength(256);
  refused.seen([attempt('/srv/999')]);
  expect(news()).toHaveLength(1);
});
