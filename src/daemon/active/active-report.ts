import type { Position } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { ActiveEngineOptions } from './active-engine-options.ts';
import type { Proof } from './proof.ts';
import type { ActiveReport } from '../status/side-report.ts';
import type { UnseenFiles } from './unseen-files.ts';

/** Is nothing known to have been changed without a record? */
export function isAllSeen(
  options: Pick<ActiveEngineOptions, 'foldersMissing' | 'itemsUnread'>,
  { unseen, proof }: { readonly unseen: Pick<UnseenFiles, 'count' | 'isKnown'>; readonly proof: Proof },
): boolean {
  const isGap = proof.isGapOpen || !unseen.isKnown || unseen.count > 0;
  return !isGap && options.foldersMissing() === 0 && options.itemsUnread() === 0;
}

/** What the active server's engine tells the daemon. */
export function activeReport(
  options: ActiveEngineOptions,
  engine: {
    readonly now: MonotonicMs;
    readonly captured: Position;
    readonly durable: Position;
    readonly isGivenUp: boolean;
    readonly looksPending: number;
    readonly isChecking: boolean;
    readonly unseen: Pick<UnseenFiles, 'count' | 'isKnown'>;
    readonly proof: Proof;
  },
): ActiveReport {
  const { queue, operations } = options;
  const { now, captured, durable, unseen, proof } = engine;
  return {
    role: 'active',
    itemsTotal: options.tree.size,
    captured,
    durable,
    sendQueue: { bytes: queue.bytes, records: queue.records, oldestMs: queue.oldestMs(now) },
    queue: queue.condition(engine.isGivenUp),
    looksPending: engine.looksPending + operations.waiting(),
    scanning: engine.isChecking,
    capture: options.captureKinds(),
    exactSince: operations.exactSince(),
    flushes: options.flushes.report(),
    failed: queue.isDiskFull,
    itemsLeft: proof.itemsNamed,
    gap: proof.gap?.isNamed === false || !unseen.isKnown || options.foldersMissing() > 0,
    itemsUnseen: unseen.count,
    itemsUnconfirmed: options.activity.changedCount,
    itemsUnread: options.itemsUnread(),
  };
}
