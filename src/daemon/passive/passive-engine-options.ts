import type { Apply } from '../../apply/apply.ts';
import type { Guard } from '../../apply/guard.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { CheckFollower } from './check-follower.ts';
import type { ContentLine } from './content-line.ts';
import type { DiskWaits } from './disk-waits.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { FirstPairing } from './first-pairing.ts';
import type { InUseFindings } from './in-use-findings.ts';
import type { LastingDoubts } from './lasting-doubts.ts';
import type { LeftAlone } from './left-alone.ts';
import type { LeftFinding } from './left-finding.ts';
import type { LossLookout } from './loss-lookout.ts';
import type { Meddling } from './meddling.ts';
import type { OneMoment } from './one-moment.ts';
import type { ReceiveQueue } from './receive-queue.ts';
import type { RecheckRequests } from './recheck-requests.ts';
import type { RegistrySpool } from '../registry/registry-spool.ts';
import type { ResyncBatch } from './resync-batch.ts';
import type { StandStill } from './stand-still.ts';
import type { StreamQuery } from '../stream/thread-messages.ts';

/** What the passive server's half is put together from. */
export interface PassiveEngineOptions {
  readonly queue: ReceiveQueue;
  readonly apply: Apply;
  readonly guard: Guard | null;
  /** The protected folders, for messages. */
  readonly folders: string;
  readonly noticeDescriptor: number | null;
  readonly follower: CheckFollower;
  readonly firstPairing: FirstPairing;
  readonly outlets: EngineOutlets;
  readonly rechecks: RecheckRequests;
  readonly meddling: Meddling;
  readonly inUse: InUseFindings;
  readonly leftAlone: LeftAlone;
  readonly leftFinding: LeftFinding;
  readonly moment: OneMoment;
  readonly batch: ResyncBatch;
  readonly lookout: LossLookout;
  /** What the stream says of registries goes there. */
  readonly registry: Pick<RegistrySpool, 'take' | 'close'>;
  readonly content: ContentLine;
  readonly doubts: LastingDoubts;
  readonly now: () => MonotonicMs;
  readonly waits: DiskWaits;
  readonly still: StandStill;
  readonly query: (query: StreamQuery) => unknown;
}
