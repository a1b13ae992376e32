import { describe, expect, it } from 'vitest';
import { missing, Trial } from './passive/check-follower.testing.ts';
import { LEFT_CHECKS_FROM } from './stream/check-numbers.ts';

describe('making up for what was missed', () => {
  it('changes the copy from the first difference of a check that verifies it, and is over when that has ended', () => {
    const trial = new Trial();
    const { sink } = trial.begin(1);
    expect(trial.resyncs).toEqual([]);
    sink.differs(missing('a'));
    expect(trial.resyncs).toEqual(['changes']);
    trial.end(1);
    expect(trial.resyncs).toEqual(['changes', 'ended']);
  });

  it('is not what a check of a verified copy does, nor one of some items', () => {
    const trial = new Trial();
    trial.verify(1);
    trial.resyncs.length = 0;
    for (const complete of [true, false]) {
      trial.begin(2, { complete }).sink.differs(missing('a'));
      trial.end(2);
    }
    expect(trial.resyncs).toEqual([]);
  });

  it('is what a check of some items does before all were verified, and over when all are', () => {
    const trial = new Trial();
    trial.begin(1, { complete: false }).sink.differs(missing('suspect'));
    expect(trial.resyncs).toEqual(['changes']);
    trial.end(1);
    expect(trial.resyncs).toEqual(['changes']);
    trial.begin(2);
    trial.end(2);
    expect(trial.resyncs).toEqual(['changes', 'ended']);
  });

  it('by name leaves what was verified before as it is', () => {
    const trial = new Trial();
    trial.verify(1);
    trial.resyncs.length = 0;
    trial.begin(2);
    trial.follower.missed();
    expect(trial.follower.verification).toBe('done');
    expect(trial.outcomes.at(-1)).toMatchObject({ check: 2, finished: false });
    trial.begin(LEFT_CHECKS_FROM, { complete: false }).sink.differs(missing('a'));
    trial.end(LEFT_CHECKS_FROM);
    expect(trial.resyncs).toEqual(['changes', 'ended']);
    // What it brings is no fault of the copy.
    expect(trial.repaired.map(([, isNews]) => isNews)).toEqual([false]);
  });

  it('is not over while the copy as a whole was not verified', () => {
    const trial = new Trial();
    trial.begin(1);
    trial.follower.missed();
    expect(trial.follower.verification).toBe('unfinished');
    trial.begin(LEFT_CHECKS_FROM, { complete: false }).sink.differs(missing('a'));
    trial.end(LEFT_CHECKS_FROM);
    expect(trial.resyncs).toEqual(['changes']);
  });

  it('that is applied as one is over when its last records are applied and what these asked for is here', () => {
    const trial = checkedWhileAppliedAsOne();
    // A record behind that check asks for what nobody saw coming.
    trial.waiting = { items: 1, bytes: 5, from: 5, to: 6 };
    trial.follower.settle(trial.now);
    trial.isAppliedAsOne = false;
    trial.follower.settle(trial.now);
    expect(trial.resyncs).toEqual(['changes']);
    // What comes behind the batch asks for more on and on.
    trial.waiting = { items: 1, bytes: 5, from: 6, to: 7 };
    trial.follower.settle(trial.now);
    expect(trial.resyncs).toEqual(['changes', 'ended']);
    expect(trial.outcomes.at(-1)).toMatchObject({ check: LEFT_CHECKS_FROM, finished: true });
  });

  it('that is applied as one is over with its last record where nothing more is asked for', () => {
    const trial = checkedWhileAppliedAsOne();
    expect(trial.resyncs).toEqual(['changes']);
    trial.isAppliedAsOne = false;
    trial.follower.settle(trial.now);
    expect(trial.resyncs).toEqual(['changes', 'ended']);
  });

  it('does not hold up a check of a copy that was verified before', () => {
    const trial = new Trial();
    trial.verify(1);
    trial.isAppliedAsOne = true;
    trial.verify(2);
    expect(trial.outcomes.at(-1)).toMatchObject({ check: 2, finished: true });
  });
});

/** The check of what was missed has ended, and the batch that it belongs to is being applied. */
function checkedWhileAppliedAsOne(): Trial {
  const trial = new Trial();
  trial.verify(1);
  trial.resyncs.length = 0;
  trial.isAppliedAsOne = true;
  trial.begin(LEFT_CHECKS_FROM, { complete: false }).sink.differs(missing('a'));
  trial.end(LEFT_CHECKS_FROM);
  return trial;
}
