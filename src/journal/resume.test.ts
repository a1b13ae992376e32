import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Position } from '../changes/change.ts';
import { decideResume } from './resume.ts';

const at = (epoch: number, sequence: number): Position => ({ epoch, sequence });
const GAP = { kind: 'gap' };

it('a stream goes on after what the receiver holds, where the sender holds what follows', () => {
  const sender = { epoch: 3, first: at(3, 10), last: at(3, 20) };
  for (const sequence of [9, 10, 19, 20]) {
    expect(decideResume({ sender, durable: at(3, sequence) })).toEqual({ kind: 'continue', after: at(3, sequence) });
  }
  expect(decideResume({ sender, durable: at(3, 8) })).toEqual(GAP);
});

it('a receiver that holds more than the sender ever made is a gap', () => {
  const sender = { epoch: 3, first: at(3, 10), last: at(3, 20) };
  expect(decideResume({ sender, durable: at(3, 21) })).toEqual(GAP);
  expect(decideResume({ sender, durable: at(4, 1) })).toEqual(GAP);
});

it('a receiver of an earlier epoch goes on where the whole epoch is held', () => {
  const start = { kind: 'continue', after: at(3, 0) };
  expect(decideResume({ sender: { epoch: 3, first: at(3, 1), last: at(3, 20) }, durable: at(2, 5) })).toEqual(start);
  expect(decideResume({ sender: { epoch: 3, first: null, last: at(3, 0) }, durable: at(2, 5) })).toEqual(start);
  expect(decideResume({ sender: { epoch: 3, first: at(2, 4), last: at(3, 2) }, durable: at(2, 5) })).toEqual(start);
  expect(decideResume({ sender: { epoch: 3, first: at(3, 2), last: at(3, 20) }, durable: at(2, 5) })).toEqual(GAP);
  expect(decideResume({ sender: { epoch: 3, first: null, last: at(3, 20) }, durable: at(2, 5) })).toEqual(GAP);
});

it('an empty queue goes on with a receiver that holds all, and with no other', () => {
  const sender = { epoch: 3, first: null, last: at(3, 20) };
  expect(decideResume({ sender, durable: at(3, 20) })).toEqual({ kind: 'continue', after: at(3, 20) });
  expect(decideResume({ sender, durable: at(3, 19) })).toEqual(GAP);
});

it('what follows the answer is held by the sender, always', () => {
  const numbers = fc.record({ epoch: fc.nat(3), first: fc.integer({ min: 1, max: 9 }), held: fc.nat(9) });
  fc.assert(
    fc.property(numbers, fc.nat(4), fc.nat(20), ({ epoch, first, held }, durableEpoch, sequence) => {
      const last = at(epoch, first + held - 1);
      const sender = { epoch, first: held === 0 ? null : at(epoch, first), last };
      const decision = decideResume({ sender, durable: at(durableEpoch, sequence) });
      if (decision.kind === 'gap') return;
      expect(decision.after.epoch).toBe(epoch);
      expect(decision.after.sequence).toBeGreaterThanOrEqual(first - 1);
      expect(decision.after.sequence).toBeLessThanOrEqual(last.sequence);
    }),
  );
});
