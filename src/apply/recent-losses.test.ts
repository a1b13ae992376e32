import { describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { RecentLosses } from './recent-losses.ts';

const at = (seconds: number): MonotonicMs => (1000 * seconds) as MonotonicMs;

describe('the losses of the last minute', () => {
  it('are forgotten after it', () => {
    const recent = new RecentLosses();
    recent.note(at(5), { lost: 3, gained: 0 });
    recent.note(at(30), { lost: 4, gained: 0 });
    expect(recent.lost(at(64))).toBe(7);
    expect(recent.lost(at(65))).toBe(4);
    expect(recent.lost(at(1000))).toBe(0);
  });

  it('count from the fullest moment', () => {
    const recent = new RecentLosses();
    recent.note(at(1), { lost: 0, gained: 100 });
    recent.note(at(2), { lost: 60, gained: 0 });
    recent.note(at(3), { lost: 0, gained: 20 });
    recent.note(at(4), { lost: 10, gained: 0 });
    expect(recent.belowPeak(at(4))).toBe(50);
  });

  it('take what came and went within a second for having been there first', () => {
    const recent = new RecentLosses();
    recent.note(at(1), { lost: 0, gained: 100 });
    recent.note(at(1), { lost: 100, gained: 0 });
    expect(recent.belowPeak(at(1))).toBe(100);
  });

  it('are none where as much came as went, second by second', () => {
    const recent = new RecentLosses();
    for (let second = 1; second < 50; second++) recent.note(at(second), { lost: 10, gained: 10 });
    expect(recent.belowPeak(at(50))).toBeLessThanOrEqual(10);
  });
});
