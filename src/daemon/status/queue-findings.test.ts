import { expect, it } from 'vitest';
import type { Role } from '../../api/status.ts';
import { describe } from '../../problems/problem.ts';
import { QueueFindings, sendQueueAtItsSize } from './queue-findings.ts';
import type { QueueCondition } from '../stream/queue-space.ts';

const CALM: QueueCondition = {
  directory: '/queues/send',
  bytes: 0,
  sizeBytesMax: 1000,
  freeBytes: 10_000,
  freeBytesMin: 1000,
  isDiskFull: false,
  isHeld: false,
};
const NO_QUEUE = { bytes: 0, records: 0, oldestMs: 0 };

class Trial {
  readonly raised = new Set<string>();
  readonly #findings: QueueFindings;

  constructor(role: Role) {
    this.#findings = new QueueFindings({
      role,
      findings: {
        raise: (problem) => {
          // Every placeholder has its value.
          expect(Object.values(describe(problem)).join(' ')).not.toMatch(/\{/);
          this.raised.add(problem.code);
        },
        clear: (code) => void this.raised.delete(code),
      },
    });
  }

  look(change: Partial<QueueCondition>, oldestMs = 0): string[] {
    const queue = { ...NO_QUEUE, oldestMs };
    this.#findings.look({
      own: { ...CALM, ...change },
      both: { send: queue, receive: NO_QUEUE },
      diskWait: null,
      connectedMs: Number.POSITIVE_INFINITY,
      ageMsMax: 60_000,
    });
    return [...this.raised].sort();
  }
}

it.each<Role>(['active', 'passive'])('on the %s server nothing is told of a queue with room', (role) => {
  expect(new Trial(role).look({})).toEqual([]);
});

it('a queue that fills is told before the edge, and until it is well below it', () => {
  const trial = new Trial('active');
  expect(trial.look({ bytes: 799 })).toEqual([]);
  expect(trial.look({ bytes: 800 })).toEqual(['JRN-006']);
  expect(trial.look({ bytes: 700 })).toEqual(['JRN-006']);
  expect(trial.look({ bytes: 599 })).toEqual([]);
});

it('free space that runs out is told before the edge, then that the queue may not grow, then that the disk is full', () => {
  const trial = new Trial('active');
  expect(trial.look({ freeBytes: 1249 })).toEqual(['JRN-007']);
  expect(trial.look({ freeBytes: 999 })).toEqual(['M4']);
  expect(trial.look({ freeBytes: 0, isDiskFull: true })).toEqual(['L20']);
  expect(trial.look({})).toEqual([]);
});

it('without a bound on the free space only a full disk is told', () => {
  const trial = new Trial('passive');
  expect(trial.look({ freeBytesMin: 0, freeBytes: 0 })).toEqual([]);
  expect(trial.look({ freeBytesMin: 0, freeBytes: 0, isDiskFull: true })).toEqual(['L20']);
});

it('a receive queue that asks for no more is told as L9, and not again and again around the edge', () => {
  const trial = new Trial('passive');
  expect(trial.look({ bytes: 950, isHeld: true })).toEqual(['L9']);
  expect(trial.look({ bytes: 700, isHeld: false })).toEqual(['L9']);
  expect(trial.look({ bytes: 100 })).toEqual([]);
});

it('of a send queue it is its own stream worker that tells', () => {
  expect(new Trial('active').look({ isHeld: true })).toEqual([]);
  const told = sendQueueAtItsSize({ sizeBytesMax: 1000 });
  if (told.kind !== 'problem') throw new Error('it is a problem');
  expect(Object.values(describe(told.problem)).join(' ')).not.toMatch(/\{/);
});

it('that changes wait for long is told by the active server alone', () => {
  expect(new Trial('active').look({}, 60_001)).toEqual(['DIA-001']);
  expect(new Trial('passive').look({}, 60_001)).toEqual([]);
});
