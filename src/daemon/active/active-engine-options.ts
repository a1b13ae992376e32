import type { Capture } from '../../capture/capture.ts';
import type { LostReason } from '../../capture/troubles.ts';
import type { Change, CheckKind, Position } from '../../changes/change.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { ActivityLog } from '../../journal/activity-log.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { Suspects } from './changed-paths.ts';
import type { CheckPace } from './check-pace.ts';
import type { CheckProducer } from './check-producer.ts';
import type { Excluded } from './excluded-folders.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { Flushes } from './flushes.ts';
import type { OperationSource } from './operation-source.ts';
import type { SendQueue } from './send-queue.ts';
import type { ActiveReport } from '../status/side-report.ts';
import type { StreamQuery } from '../stream/thread-messages.ts';

/** What the active server's half is put together from. */
export interface ActiveEngineOptions {
  readonly serverId: string;
  readonly epoch: number;
  readonly onStart: CheckKind;
  readonly tree: NodeTree;
  readonly queue: SendQueue;
  readonly noticeDescriptor: number;
  readonly outlets: EngineOutlets;
  /** Built with the engine's own `emit`, because capture and check write into its stream. */
  readonly capture: (emit: (change: Change) => void, lost: (reason: LostReason) => void) => Capture;
  readonly checks: (capture: Capture, emit: (change: Change) => void) => CheckProducer;
  /** Of intercepted folders. */
  readonly operations: OperationSource;
  /** Flushes that wait for the passive server. */
  readonly flushes: Flushes;
  /** What of intercepted folders is not recorded. */
  readonly excluded: Excluded;
  /** The other server is there, and speaks this version of the protocol with us. */
  readonly peerSpeaks: (version: number) => void;
  /** Of what the checks do. */
  readonly pace: CheckPace;
  /** How each protected folder is captured. */
  readonly captureKinds: () => ActiveReport['capture'];
  /** Protected folders that can't be read now: what happens to them is not seen. */
  readonly foldersMissing: () => number;
  /** Items that are there and could not be read. */
  readonly itemsUnread: () => number;
  /** Of these, what changed since a check failed to read it: worth another check. */
  readonly readableAgain: (now: MonotonicMs) => readonly ByteString[];
  /** Told of every change before it is queued, so that an unclean stop knows what to check. */
  readonly changed: (change: Change, position: Position) => void;
  /** What is protected is another set by now. */
  readonly borderMoved: () => void;
  readonly activity: ActivityLog;
  readonly query: (query: StreamQuery) => unknown;
  /** What earlier runs left to verify, before anything else; null where they are too many to name. */
  readonly suspects: () => Suspects | null;
  readonly now: () => MonotonicMs;
}
