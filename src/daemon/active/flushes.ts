import type { Change, Position } from '../../changes/change.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { Capture } from '../../capture/capture.ts';
import type { LostReason } from '../../capture/troubles.ts';
import { ParkedReplies } from '../../intercept/parked-replies.ts';
import type { Clock } from '../../kernel/clock.ts';
import { answerRequest } from '../../system/mounts/fuse-replies.ts';
import { viewMapped } from '../../system/native/shared-memory.ts';
import type { Flush } from '../interception/decode-flush.ts';
import { FlushCoverage } from '../interception/flush-coverage.ts';
import { type FlushOrder, type FlushReport, FlushWaits } from '../interception/flush-waits.ts';
import type { OperationSource } from './operation-source.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';

/** Flushes that wait for the passive server, as the active server's engine sees them. */
export interface Flushes {
  /** The stream begins anew, or was given up. */
  missed(): void;
  /** Capture lost track. */
  lost(reason: LostReason): void;
  /** A change was told at this position. */
  told(change: Change, position: Position): void;
  acknowledged(durable: Position): void;
  order(order: FlushOrder): void;
  /** After operations were taken. @returns milliseconds until there may be something to do. */
  step(): number;
  /** Was one met since this was asked last, so that what it waits for is to be sent at once? */
  takeMet(): boolean;
  /** Is the passive server to be asked to hurry, what was sent up to there? */
  hurries(sent: Position | null): boolean;
  /** Null where none can wait. */
  report(): FlushReport | null;
}

/** Nothing is intercepted. */
export const NO_FLUSHES: Flushes = {
  missed: () => {},
  lost: () => {},
  told: () => {},
  acknowledged: () => {},
  order: () => {},
  step: () => Number.POSITIVE_INFINITY,
  takeMet: () => false,
  hurries: () => false,
  report: () => null,
};

/** The flushes of intercepted folders, and who meets them. */
export interface OpenedFlushes extends Flushes {
  met(flush: Flush): void;
}

export function openFlushes(
  interception: StreamInterception,
  parts: {
    readonly epoch: number;
    readonly tree: NodeTree;
    readonly clock: Pick<Clock, 'monotonicMs'>;
    readonly capture: () => Capture | null;
    readonly operations: () => OperationSource;
  },
): OpenedFlushes {
  const { capture, operations } = parts;
  const parked = new ParkedReplies(viewMapped(interception.replies));
  const connections = new Map(interception.folders.map(({ mount, connection }) => [mount, connection]));
  const coverage = new FlushCoverage(parts.tree, () => capture()?.operations ?? null);
  let position: Position = { epoch: parts.epoch, sequence: 0 };
  const waits = new FlushWaits(parts.epoch, {
    position: () => position,
    covered: (flush) => coverage.of(flush),
    contentHere: (upTo) => coverage.isHere(upTo),
    forgetContent: () => coverage.clear(),
    contentNamed: () => coverage.newest,
    release: (reply) => parked.release(reply),
    answer: (reply, writtenBytes) => {
      const connection = connections.get(reply.mount);
      if (connection !== undefined) answerRequest(connection, reply, writtenBytes);
      parked.answered(reply);
    },
    parked: () => (parked.isHolding ? parked.waiting() : []),
    nowMs: () => parts.clock.monotonicMs(),
    recorded: () => operations().recorded(),
    taken: () => operations().taken(),
    exactSince: () => operations().exactWhereIntercepted(),
  });
  return {
    missed: () => waits.missed(),
    lost: (reason) => {
      // Of the others the records of operations lack nothing.
      if (reason === 'records' || reason === 'unsettled') waits.missed();
    },
    told: (change, at) => {
      position = at;
      coverage.told(change, at);
    },
    met: (flush) => waits.met(flush),
    acknowledged: (durable) => waits.acknowledged(durable),
    order: (order) => waits.order(order),
    step: () => waits.step(operations().waiting() === 0),
    takeMet: () => waits.takeMet(),
    hurries: (sent) => waits.hurries(sent),
    report: () => waits.report(),
  };
}
