import { beforeEach, expect, it } from 'vitest';
import type { FileItem } from '../../api/requests.ts';
import type { Cancel } from '../../kernel/clock.ts';
import { differenceOfItem } from './item-difference.ts';
import { type ItemLook, NOTHING_THERE } from './item-look.ts';

type Known = Pick<FileItem, 'status' | 'reason'> | null;

const SAME: Known = { status: 'Synchronized', reason: null };
const IN_USE: Known = { status: 'Out of sync', reason: 'Somebody has it open.' };

let waited: number[];
let waiting: number;

beforeEach(() => {
  waited = [];
  waiting = 0;
});

function file(content: string): ItemLook {
  return { ...NOTHING_THERE, type: 'file', content };
}

/** Each look is the next of these, and the last one from then on. */
async function difference(
  looks: readonly [active: string, passive: string][],
  known: readonly Known[],
): Promise<unknown> {
  let count = -1;
  const at = <One>(all: readonly One[]): One => all[Math.min(count, all.length - 1)] as One;
  return await differenceOfItem('/srv/a', {
    looks: async () => {
      count++;
      const [active, passive] = at(looks);
      return { active: file(active), passive: file(passive) };
    },
    known: async () => at(known),
    changesWaiting: () => waiting,
    timers: {
      after: (delayMs, action): Cancel => {
        waited.push(delayMs);
        queueMicrotask(action);
        return () => undefined;
      },
    },
  });
}

it('says at once what the list of items says, too, with its reason', async () => {
  expect(await difference([['a', 'a']], [SAME])).toEqual({ path: '/srv/a', status: 'Synchronized', differences: [] });
  expect(await difference([['a', 'b']], [IN_USE])).toMatchObject({
    status: 'Out of sync',
    reason: 'Somebody has it open.',
    differences: [{ what: 'content' }],
  });
  expect(waited).toEqual([]);
});

it('looks again where a change is only on its way', async () => {
  const looks: [string, string][] = [
    ['b', 'a'],
    ['b', 'b'],
  ];
  expect(await difference(looks, [SAME])).toMatchObject({ status: 'Synchronized', differences: [] });
  expect(waited).toHaveLength(1);
});

it('looks again until what it finds is known', async () => {
  expect(await difference([['b', 'a']], [SAME, SAME, IN_USE])).toMatchObject({ reason: 'Somebody has it open.' });
  expect(waited).toHaveLength(2);
});

it('says why it differs from the list where that stays so', async () => {
  expect(await difference([['b', 'a']], [SAME])).toMatchObject({
    status: 'Out of sync',
    reason: expect.stringContaining('`understudy check /srv/a`'),
  });
  expect(await difference([['b', 'a']], [null])).toMatchObject({ reason: expect.stringContaining('list of files') });
  waiting = 3;
  expect(await difference([['b', 'a']], [SAME])).toMatchObject({ reason: expect.stringContaining('on their way') });
  waiting = 0;
  let written = 0;
  const growing = Array.from({ length: 4 }, (): [string, string] => [`b${String(written++)}`, 'a']);
  expect(await difference(growing, [SAME])).toMatchObject({ reason: expect.stringContaining('on their way') });
});

it('does not call equal what the list has as something else', async () => {
  const unchecked: Known = { status: 'Unchecked', reason: null };
  expect(await difference([['a', 'a']], [unchecked])).toMatchObject({
    status: 'Unchecked',
    reason: expect.stringContaining('still to be confirmed'),
    differences: [],
  });
});
