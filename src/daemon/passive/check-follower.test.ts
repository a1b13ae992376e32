import { describe, expect, it } from 'vitest';
import type { Difference } from '../../changes/difference.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { OWN_CHECKS_FROM, UNSEEN_CHECKS_FROM } from '../stream/check-numbers.ts';
import type { CheckOutcome } from './check-follower.ts';
import { missing, type PlantedComparison, Trial } from './check-follower.testing.ts';

describe('the verification of the copy', () => {
  it('is none before the first check, running during it, and done once it ended', () => {
    const trial = new Trial();
    expect(trial.follower.verification).toBe('none');
    trial.begin(1);
    expect(trial.follower.verification).toBe('running');
    trial.end(1);
    expect(trial.follower.verification).toBe('done');
  });

  it('stays done during and after a re-check', () => {
    const trial = new Trial();
    trial.verify(1);
    trial.begin(2);
    expect(trial.follower.verification).toBe('done');
    trial.end(2, false);
    expect(trial.follower.verification).toBe('done');
  });

  it('waits for all content that a repairing check asked for', () => {
    const trial = new Trial();
    trial.begin(1);
    trial.waiting = { items: 1, bytes: 5, from: 4, to: 5 };
    trial.end(1);
    expect(trial.follower.verification).toBe('running');
    expect(trial.outcomes).toEqual([]);
    // What is asked for on and on where files are written all the time is no part of the check.
    trial.waiting = { items: 1, bytes: 5, from: 5, to: 6 };
    trial.follower.settle(trial.now);
    expect(trial.follower.verification).toBe('done');
    expect(trial.outcomes).toMatchObject([{ check: 1, finished: true }]);
  });

  it('is unfinished where the first check was given up', () => {
    const trial = new Trial();
    trial.begin(1);
    trial.end(1, false);
    expect(trial.follower.verification).toBe('unfinished');
    expect(trial.orphansFinished).toBe(0);
  });

  it('is not done by a check that found differences and repaired none', () => {
    const trial = new Trial();
    const comparison = trial.begin(1, { repair: false });
    comparison.sink.differs(missing('a'));
    trial.end(1);
    expect(trial.follower.verification).toBe('unfinished');
  });

  it('is done by a check that repairs nothing where it found nothing', () => {
    const trial = new Trial();
    trial.begin(1, { repair: false });
    trial.end(1);
    expect(trial.follower.verification).toBe('done');
  });

  it('is not done by a look at single items', () => {
    const trial = new Trial();
    trial.begin(OWN_CHECKS_FROM, { complete: false });
    trial.end(OWN_CHECKS_FROM);
    expect(trial.follower.verification).toBe('none');
  });

  it('begins anew with the stream, and what ran has not finished', () => {
    const trial = new Trial();
    trial.verify(1);
    const comparison = trial.begin(2);
    trial.follower.gap();
    expect(trial.follower.verification).toBe('none');
    expect(comparison.heard).toEqual(['begin', 'close']);
    expect(trial.outcomes.at(-1)).toMatchObject({ check: 2, finished: false });
    trial.end(2);
    expect(trial.follower.verification).toBe('none');
  });

  it('is in doubt once track was lost, until a check that began after that has ended', () => {
    const trial = new Trial();
    trial.verify(1);
    trial.begin(2);
    trial.follower.distrust();
    trial.begin(3);
    trial.end(2);
    expect(trial.follower.verification).not.toBe('done');
    trial.end(3);
    expect(trial.follower.verification).toBe('done');
  });
});

describe('what came of a check', () => {
  const orphan: Difference = { kind: 'orphan', parent: 1, name: fromText('o'), type: 'file' };

  it('says what is left where it is, and what could not be repaired; of other items it says nothing', () => {
    const trial = new Trial();
    const { sink } = trial.begin(1, { complete: false });
    for (const difference of [missing('a'), orphan, orphan]) sink.differs(difference);
    trial.orphansLeft = 2;
    trial.refused = [7, 8];
    trial.end(1);
    expect(trial.outcomes).toMatchObject([{ differences: 3, left: 2, refused: 1 }]);
  });

  it('leaves and refuses nothing where it was to repair nothing', () => {
    const trial = new Trial();
    const { sink } = trial.begin(1, { repair: false });
    for (const difference of [missing('a'), orphan]) sink.differs(difference);
    trial.orphansLeft = 1;
    trial.refused = [7];
    trial.end(1);
    expect(trial.outcomes).toMatchObject([{ differences: 2, left: 0, refused: 0 }]);
  });
});

describe('checks side by side', () => {
  it('each hear what is stated for them', () => {
    const trial = new Trial();
    const [standing] = trial.comparisons as [PlantedComparison];
    const whole = trial.begin(1);
    const items = trial.begin(2, { complete: false });
    trial.folder(1);
    trial.folder(2);
    trial.content(2);
    trial.content(1);
    trial.content(0);
    trial.end(2);
    expect(whole.heard).toEqual(['begin', 'folder', 'content']);
    expect(items.heard).toEqual(['begin', 'folder', 'content', 'end', 'close']);
    expect(standing.heard).toEqual(['content']);
  });

  it('repair or only tell, each as it was asked', () => {
    const trial = new Trial();
    const verifying = trial.begin(1, { repair: false });
    const repairing = trial.begin(2, { complete: false });
    trial.folder(1);
    verifying.sink.differs(missing('a'));
    trial.folder(2);
    repairing.sink.differs(missing('b'));
    trial.content(0);
    expect(trial.repairing).toEqual([false, true, true]);
    expect(trial.told).toEqual([missing('a')]);
    expect(trial.repaired).toEqual([[missing('b'), true]]);
  });

  it('let differences of content that was just captured be repaired without being news', () => {
    const trial = new Trial();
    trial.comparisons[0]?.sink.differs(missing('a'));
    const unseen = trial.begin(UNSEEN_CHECKS_FROM, { complete: false });
    unseen.sink.differs(missing('b'));
    trial.end(UNSEEN_CHECKS_FROM);
    expect(trial.repaired).toEqual([
      [missing('a'), false],
      [missing('b'), false],
    ]);
    expect(trial.outcomes).toEqual([]);
  });

  it('deal with orphans once a repairing check has ended, and never after one that only tells', () => {
    const trial = new Trial();
    trial.begin(1, { repair: false });
    trial.end(1);
    expect(trial.orphansFinished).toBe(0);
    trial.verify(2);
    expect(trial.orphansFinished).toBe(1);
  });

  it('ignore the end of a check that began before this server knew of it', () => {
    const trial = new Trial();
    trial.end(9);
    expect(trial.outcomes).toEqual([]);
  });
});

describe('progress', () => {
  it('is none while nothing runs, nor for a look at one item', () => {
    const trial = new Trial();
    expect(trial.follower.progress(trial.now)).toBeNull();
    trial.begin(OWN_CHECKS_FROM, { complete: false, itemsTotal: 1 });
    trial.begin(UNSEEN_CHECKS_FROM, { complete: false, itemsTotal: 100 });
    expect(trial.follower.progress(trial.now)).toBeNull();
  });

  it('counts what was compared, less what is still to come', () => {
    const trial = new Trial();
    const { sink } = trial.begin(1, { mode: 'fast' });
    sink.progress(4, 400);
    sink.progress(2, 100);
    trial.waiting = { ...trial.waiting, items: 1, bytes: 50 };
    expect(trial.follower.progress(trial.now)).toEqual({
      kind: 'fast',
      itemsDone: 5,
      itemsTotal: 10,
      bytesDone: 450,
      bytesTotal: 1000,
      bytesPerSecond: 0,
      remainingMs: null,
    });
  });

  it('never shows more done than there is', () => {
    const trial = new Trial();
    trial.begin(1).sink.progress(20, 5000);
    expect(trial.follower.progress(trial.now)).toMatchObject({ itemsDone: 20, itemsTotal: 20, bytesTotal: 5000 });
    trial.waiting = { ...trial.waiting, items: 50, bytes: 9000 };
    expect(trial.follower.progress(trial.now)).toMatchObject({ itemsDone: 0, bytesDone: 0 });
  });

  it('is that of the check of everything where several run', () => {
    const trial = new Trial();
    trial.begin(2, { complete: false, itemsTotal: 3 });
    trial.begin(1);
    expect(trial.follower.progress(trial.now)).toMatchObject({ itemsTotal: 10 });
  });

  it('foretells the end from the rate so far', () => {
    const trial = new Trial();
    trial.begin(1).sink.progress(5, 500);
    trial.now = 1000 as MonotonicMs;
    expect(trial.follower.progress(trial.now)).toMatchObject({ bytesPerSecond: 500, remainingMs: 1000 });
  });
});

describe('the outcome of a check', () => {
  it('says what was checked and how it differed, with a hundred examples at most', () => {
    const trial = new Trial();
    const { sink } = trial.begin(1);
    sink.progress(200, 2000);
    for (let i = 0; i < 150; i++) sink.differs(missing(String(i)));
    trial.end(1);
    const [outcome] = trial.outcomes as [CheckOutcome];
    expect(outcome).toMatchObject({ check: 1, finished: true, repair: true, complete: true });
    expect(outcome).toMatchObject({ itemsChecked: 200, bytesChecked: 2000, differences: 150 });
    expect(outcome.examples).toHaveLength(100);
    expect(outcome.examples[0]).toEqual({ path: '/srv/0', what: 'missing on the passive server' });
  });
});
