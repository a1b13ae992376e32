import type { Position } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';
import type { PassiveReport } from '../status/side-report.ts';

/** What the passive server's engine tells the daemon. */
export function passiveReport(
  options: PassiveEngineOptions,
  engine: {
    readonly now: MonotonicMs;
    readonly applied: Position;
    readonly isBehind: boolean;
    readonly isHeldMoment: boolean;
    /** A checkpoint was. */
    readonly isRefused: boolean;
  },
): PassiveReport {
  const { queue, apply, follower, firstPairing, leftAlone, batch, lookout } = options;
  const { now, applied, isBehind, isHeldMoment, isRefused } = engine;
  const { counts, resync, brake } = apply;
  return {
    role: 'passive',
    received: queue.last,
    applied,
    receiveQueue: queue.status(now, { isBehind, isGathered: batch.state === 'gathering' || lookout.isWaiting }),
    queue: queue.condition(),
    itemsKnown: apply.itemsKnown,
    itemsOutOfSync: counts.outOfSync - counts.passing + leftAlone.count,
    itemsUnchecked: counts.unchecked,
    // What was in use a moment ago is on its way, too.
    pullsWaiting: counts.pullsWaiting + counts.pullsUnsaved + counts.passing,
    pullBytesWaiting: counts.bytesWaiting + batch.bytesWaiting,
    verification: follower.verification,
    check: follower.progress(now),
    unconfirmed: firstPairing.isOpen,
    isMixed: resync.mixed || batch.state === 'applying',
    batch: batch.state,
    isOneMoment: options.moment.isOne,
    isHeldMoment,
    undecided: brake.undecided,
    failed: queue.isDiskFull || isRefused,
    diskWait: options.waits.longest(),
  };
}
