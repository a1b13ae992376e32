import { describe, expect, it } from 'vitest';
import { lossOf, nextMode, type ReplicationFacts, type ReplicationMode } from './replication-mode.ts';

const CALM: ReplicationFacts = {
  asked: { mode: 'synchronous', onPeerLoss: 'degrade', holdMsMax: null, answerMsMax: 10_000 },
  canWait: true,
  nowMs: 1_000,
  loss: null,
  isCaughtUp: false,
  isClosed: false,
};
const HOLD: Partial<ReplicationFacts> = { asked: { ...CALM.asked, onPeerLoss: 'hold' } };

/** The modes on the way, each after what is known next. */
function way(from: ReplicationMode, ...steps: readonly Partial<ReplicationFacts>[]): string[] {
  let mode = from;
  return steps.map((step) => {
    mode = nextMode(mode, { ...CALM, ...step });
    return 'reason' in mode ? `${mode.kind}: ${mode.reason}` : mode.kind;
  });
}

const SYNCHRONOUS: ReplicationMode = { kind: 'synchronous' };

describe('the mode of replication', () => {
  it('is asynchronous where nothing else is asked for, or nothing can wait', () => {
    const asynchronous: Partial<ReplicationFacts> = { asked: { ...CALM.asked, mode: 'asynchronous' } };
    const from: ReplicationMode = { kind: 'asynchronous' };
    expect(nextMode(from, { ...CALM, ...asynchronous })).toBe(from);
    expect(way(SYNCHRONOUS, asynchronous, { canWait: false }, {})).toEqual([
      'asynchronous',
      'asynchronous',
      'behind: start',
    ]);
  });

  it('becomes synchronous once the passive server has caught up, and has what was flushed until then', () => {
    expect(way({ kind: 'asynchronous' }, {}, {}, { isCaughtUp: true }, {}, { isClosed: true }, {})).toEqual([
      'behind: start',
      'behind: start',
      'closing: start',
      'closing: start',
      'synchronous',
      'synchronous',
    ]);
  });

  it('does not become so where the passive server is lost meanwhile, whatever is to be done then', () => {
    const closing: ReplicationMode = { kind: 'closing', reason: 'start', held: null };
    expect(way(closing, { loss: 'lost', isClosed: true })).toEqual(['behind: lost']);
    expect(way(closing, { ...HOLD, loss: 'lost' })).toEqual(['behind: lost']);
  });

  it('gives way to a loss, and comes back by itself', () => {
    expect(way(SYNCHRONOUS, { loss: 'lost' }, {}, { isCaughtUp: true }, { isClosed: true })).toEqual([
      'behind: lost',
      'behind: lost',
      'closing: lost',
      'synchronous',
    ]);
  });

  it('holds where that is wanted, and is synchronous again as soon as nothing is wrong', () => {
    const steps = [{ loss: 'lost' }, { loss: 'late', nowMs: 1e9 }, {}] as const;
    const holds = steps.map((step) => ({ ...HOLD, ...step }));
    expect(way(SYNCHRONOUS, ...holds)).toEqual(['holding: lost', 'holding: late', 'synchronous']);
  });

  it('holds on while what was missed is made up for, for nothing was flushed without waiting', () => {
    const holds = [
      { loss: 'missed' },
      { loss: 'missed', isCaughtUp: true },
      { loss: 'lost' },
      { loss: 'missed', isCaughtUp: true },
      { isClosed: true },
    ] as const;
    expect(way(SYNCHRONOUS, ...holds.map((step) => ({ ...HOLD, ...step })))).toEqual([
      'holding: missed',
      'closing: missed',
      'holding: missed',
      'closing: missed',
      'synchronous',
    ]);
  });

  it('holds no longer than it may, counted from the beginning', () => {
    const asked = { ...CALM.asked, onPeerLoss: 'hold', holdMsMax: 5_000 } as const;
    expect(
      way(
        SYNCHRONOUS,
        { asked, loss: 'lost', nowMs: 1_000 },
        { asked, loss: 'missed', nowMs: 5_999 },
        { asked, loss: 'missed', nowMs: 6_000 },
      ),
    ).toEqual(['holding: lost', 'holding: missed', 'behind: missed']);
  });

  it('goes on at once where that is asked for while it holds', () => {
    const holding: ReplicationMode = { kind: 'holding', reason: 'lost', sinceMs: 0 };
    expect(way(holding, { loss: 'lost' })).toEqual(['behind: lost']);
  });
});

describe('what is lost', () => {
  const FINE = { channel: 'Connected', mark: '1/0', wholeMark: '1/0', waitingMs: 0, answerMsMax: 10_000 } as const;

  it.each([
    ['nothing', {}, null],
    ['nothing yet, while the channel is in its short wait', { channel: 'Waiting', waitingMs: 20_000 }, null],
    ['the passive server', { channel: 'Not connected', mark: null }, 'lost'],
    ['who sends the stream', { mark: null }, 'stopped'],
    ['a part of the stream', { mark: '1/1', waitingMs: 20_000 }, 'missed'],
    ['an answer', { waitingMs: 10_000 }, 'late'],
  ] as const)('%s', (_, seen, loss) => {
    expect(lossOf({ ...FINE, ...seen })).toBe(loss);
  });
});
