import { expect, it } from 'vitest';
import { RANGE_BYTES } from '../../changes/change.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { AnswerClock } from './answer-clock.ts';

const ATTRIBUTES = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const clock = new AnswerClock();

function request(node: number, range = 0): PullRequest {
  return { node, offset: range * RANGE_BYTES, length: RANGE_BYTES };
}

function answerTo(asked: PullRequest): PullAnswer {
  return { ...asked, failure: null, sizeBytes: 1, attributes: ATTRIBUTES, content: new Uint8Array(0) };
}

function due(nowMs: number): PullRequest[] {
  return clock.due(nowMs as MonotonicMs);
}

function met(nowMs: number, ...asked: PullRequest[]): { answered: number[]; lost: readonly number[] } {
  const { answers, lost } = clock.met(asked.map(answerTo), nowMs as MonotonicMs);
  return { answered: answers.map(({ offset }) => offset / RANGE_BYTES), lost };
}

function sent(nowMs: number, ...requests: PullRequest[]): void {
  clock.sent(requests, nowMs as MonotonicMs);
}

it('a question that is answered before what was asked for earlier tells that the answer is lost', () => {
  clock.clear();
  sent(0, request(1), request(1, 1));
  expect(due(19_999)).toEqual([]);
  const questions = due(20_000);
  expect(questions.map(({ node }) => node)).toEqual([1]);
  expect(due(40_000)).toEqual([]);
  expect(met(41_000, request(1, 1))).toEqual({ answered: [1], lost: [] });
  expect(met(42_000, ...questions)).toEqual({ answered: [], lost: [1] });
});

it('what comes slowly is not lost, however long it takes, nor what was asked for after the question', () => {
  clock.clear();
  sent(0, request(1), request(1, 1));
  const [question] = due(500_000) as [PullRequest];
  sent(510_000, request(1, 2));
  expect(met(900_000, request(1), request(1, 1), question)).toEqual({ answered: [0, 1], lost: [] });
  // Since the last that came.
  expect(due(919_999)).toEqual([]);
  expect(met(919_999, request(1, 2))).toEqual({ answered: [2], lost: [] });
  expect(due(2_000_000)).toEqual([]);
});

it('where the answer to the question is lost, too, it is put again, and the first one counts no more', () => {
  clock.clear();
  sent(0, request(1));
  const first = due(20_000);
  const second = due(80_000);
  sent(81_000, request(1, 1));
  expect(met(82_000, ...first)).toEqual({ answered: [], lost: [] });
  expect(met(83_000, ...second)).toEqual({ answered: [], lost: [1] });
});

it('asks about few at a time, the one that waits longest first', () => {
  clock.clear();
  for (let node = 1; node <= 20; node++) sent(node, request(node));
  met(1000, request(1));
  sent(1000, request(1));
  const questions = due(60_000);
  expect(questions.map(({ node }) => node)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  expect(due(60_000)).toEqual([]);
  met(60_001, request(2), questions[0] as PullRequest);
  expect(due(60_002).map(({ node }) => node)).toEqual([10]);
});
