import { expect, it } from 'vitest';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { PassiveReport } from '../status/side-report.ts';
import { StandStill, type StillRequest } from './stand-still.ts';

const REQUEST: StillRequest = { number: 1, isOrdered: true, waitMs: 1_000, holdMs: 5_000 };
const WHOLE = {
  applied: { epoch: 1, sequence: 7 },
  verification: 'done',
  isMixed: false,
  unconfirmed: false,
  undecided: 0,
  pullsWaiting: 0,
  itemsOutOfSync: 0,
  itemsUnchecked: 0,
  isOneMoment: true,
  failed: false,
} as PassiveReport;

class Trial {
  readonly told: string[] = [];
  saved = 0;
  report: PassiveReport = WHOLE;
  readonly still = new StandStill((news) =>
    this.told.push(news.kind === 'standing' ? `standing ${news.isGood}` : `wentOn ${news.wasKept}`),
  );

  at(ms: number): boolean {
    const now = ms as MonotonicMs;
    if (this.still.holds(now)) return true;
    this.still.step(now, { report: () => this.report, checkpoint: () => void (this.saved += 1) });
    return false;
  }

  ask(more: Partial<StillRequest> = {}): void {
    this.still.ask({ ...REQUEST, ...more }, 0 as MonotonicMs);
  }
}

it('stands still at the first place that is as asked for, saved, until it is told to go on', () => {
  const trial = new Trial();
  trial.report = { ...WHOLE, pullsWaiting: 1 };
  trial.ask();
  expect([trial.at(0), trial.at(10), trial.told]).toEqual([false, false, []]);
  trial.report = WHOLE;
  expect([trial.at(20), trial.at(30), trial.told, trial.saved]).toEqual([false, true, ['standing true'], 1]);
  trial.still.goOn(2);
  expect(trial.at(40)).toBe(true);
  trial.still.goOn(1);
  expect([trial.at(50), trial.told]).toEqual([false, ['standing true', 'wentOn true']]);
});

it('takes what there is once it has waited long enough, and says so', () => {
  const trial = new Trial();
  trial.report = { ...WHOLE, isOneMoment: false };
  trial.ask();
  trial.at(999);
  expect(trial.told).toEqual([]);
  trial.at(1_000);
  expect(trial.told).toEqual(['standing false']);
  // Where no order is kept, it is enough that nothing is missing.
  const other = new Trial();
  other.report = trial.report;
  other.ask({ isOrdered: false });
  other.at(0);
  expect(other.told).toEqual(['standing true']);
});

it('says when it could not be kept: it lasted too long, or the copy had to be changed', () => {
  const trial = new Trial();
  trial.ask();
  trial.at(0);
  expect(trial.at(4_999)).toBe(true);
  expect([trial.at(5_000), trial.told.at(-1)]).toEqual([false, 'wentOn false']);
  trial.ask();
  trial.at(0);
  trial.still.broken();
  trial.still.goOn(1);
  expect(trial.told.slice(2)).toEqual(['standing true', 'wentOn false']);
});
