import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RANGE_BYTES } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { attributes, create, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

const SHORT = Buffer.alloc(RANGE_BYTES + 1, 'a');
const GROWN = Buffer.alloc(2 * RANGE_BYTES, 'a');

let trial: Trial;
beforeEach(() => {
  trial = new Trial().rooted();
});
afterEach(() => trial.end());

function meddled(): void {
  trial.apply.meddled({ node: trial.node(11), parent: trial.node(ROOT), path: fromText(`${FOLDER}/f`) }, 'modified', 1);
}

it('a large file that grows while it is pulled is awaited until it is equal', () => {
  trial.do(create(11, ROOT, 'f', SHORT));
  expect(trial.apply.isArriving(11)).toBe(true);
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.apply.markOf(11)?.status).toBe('Unchecked');
  expect(trial.apply.isArriving(11)).toBe(true);
  const ranges = [{ offset: RANGE_BYTES, length: RANGE_BYTES }];
  trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: GROWN.length, ranges });
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.apply.markOf(11)).toBeUndefined();
  expect(trial.apply.isArriving(11)).toBe(false);
});

it('is awaited still after a restart', () => {
  trial.do(create(11, ROOT, 'f', SHORT));
  trial.checkpoint();
  trial.crash();
  expect(trial.apply.isArriving(11)).toBe(true);
});

it('what somebody changed here is not awaited, be it also pulled or grown', () => {
  trial.do(create(11, ROOT, 'f', SHORT));
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  meddled();
  expect(trial.apply.isArriving(11)).toBe(false);
});

it('what was in doubt before its content came is no less so', () => {
  const stated = entry(11, 'f', Buffer.from('small'), attributes(7));
  trial.do(create(11, ROOT, 'f', 'other'));
  meddled();
  trial.apply.repair({ kind: 'content', parent: ROOT, entry: stated });
  trial.answerAll(() => ({ content: SHORT, attributes: attributes(7) }));
  expect(trial.apply.isArriving(11)).toBe(false);
});

it('what came into doubt while a part of it was pulled stays so until all of it was compared', () => {
  trial.do(create(11, ROOT, 'f', GROWN));
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.statusOf(11)).toBe('Synchronized');
  const ranges = [{ offset: RANGE_BYTES, length: RANGE_BYTES }];
  const differs = { kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: GROWN.length, ranges } as const;
  trial.apply.repair(differs);
  trial.apply.pump();
  // In the other range.
  meddled();
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.apply.counts).toMatchObject({ pullsWaiting: 0, outOfSync: 1 });
  expect(trial.rechecks.has(11)).toBe(true);
  // As before, where not all else was compared.
  trial.apply.repair(differs);
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.apply.counts.outOfSync).toBe(1);
  trial.apply.repair({ ...differs, isWhole: true });
  trial.answerAll(() => ({ content: GROWN, attributes: attributes(7) }));
  expect(trial.statusOf(11)).toBe('Synchronized');
});

it('nothing more is awaited of a file that a check finds to be empty on the active server', () => {
  trial.do(create(11, ROOT, 'f', 'before'));
  trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(11, 'f', Buffer.from('other')) });
  expect(trial.apply.counts.pullsWaiting).toBe(1);
  trial.apply.repair({ kind: 'content', parent: ROOT, entry: entry(11, 'f', Buffer.alloc(0)) });
  expect(readFileSync(trial.path('f'))).toHaveLength(0);
  expect(trial.apply.counts).toMatchObject({ unchecked: 0, outOfSync: 0, pullsWaiting: 0 });
});
