import { beforeEach, describe, expect, it } from 'vitest';
import { ORIGIN } from '../../changes/change.ts';
import { giveUp, ringBytes } from '../../intercept/ring-memory.ts';
import { Turn } from '../../intercept/turns.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { RecordedOperations } from './operation-source.ts';

const RING_BYTES = 4 * 1024 * 1024;

describe('operations that could not be recorded', () => {
  let ring: SharedArrayBuffer;
  let operations: RecordedOperations;
  let lost: number;
  beforeEach(() => {
    ring = new SharedArrayBuffer(ringBytes(RING_BYTES));
    lost = 0;
    operations = new RecordedOperations({
      ring,
      folders: new Map(),
      take: () => {},
      flushed: () => {},
      emit: () => {},
      owes: () => false,
      settle: () => true,
      lost: () => void lost++,
      nowMs: () => 0 as MonotonicMs,
      isEverything: () => true,
    });
  });

  const drain = (): void => void operations.drain(() => ORIGIN);

  it('are told to be lost once, when records are put in again', () => {
    drain();
    expect(lost).toBe(0);
    giveUp(ring);
    drain();
    drain();
    expect(lost).toBe(1);
  });

  it('are told once more where one of them was still being done then: what was looked at before may be older', () => {
    const turn = new Turn(ring, 7);
    turn.begin();
    giveUp(ring);
    drain();
    drain();
    expect(lost).toBe(1);
    turn.end();
    drain();
    drain();
    expect(lost).toBe(2);
  });
});
