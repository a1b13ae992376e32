import type { HealthStatus, ServiceStatus } from '../../api/services.ts';
import type {
  CheckProgress,
  Finding,
  Identity,
  QueueStatus,
  ReplicationStatus,
  Role,
  Status,
  SystemStatus,
} from '../../api/status.ts';
import type { BatchState } from '../../apply/store.ts';
import type { Position } from '../../changes/change.ts';
import type { DiskWait } from '../../diagnosis/bottleneck.ts';
import type { FlushReport } from '../interception/flush-waits.ts';
import type { RegistryReport } from '../registry/registry-report.ts';
import type { QueueCondition } from '../stream/queue-space.ts';

/** What the active server's stream worker knows. */
export interface ActiveReport {
  readonly role: 'active';
  readonly itemsTotal: number;
  /** Newest change captured. */
  readonly captured: Position;
  /** Up to here the passive holds everything durably. */
  readonly durable: Position;
  readonly sendQueue: QueueStatus;
  /** The send queue against its bounds. */
  readonly queue: QueueCondition;
  /** Items that a queue which was given up left to check, not yet known to be equal; 0 also where all are to be checked. */
  readonly itemsLeft: number;
  /** Names that changed and were not looked at yet. */
  readonly looksPending: number;
  /** A check is being stated. */
  readonly scanning: boolean;
  readonly capture: Status['capture'];
  /**
   * From here on the stream says exactly what was done, in its order; null while it does not, and where a folder is
   * watched. Not told by earlier releases.
   */
  readonly exactSince?: Position | null;
  /** Null where none can wait for the passive server. Not told by earlier releases. */
  readonly flushes?: FlushReport | null;
  /** The queue or the tree failed; nothing is captured. */
  readonly failed: boolean;
  /** Capture lost track and the check that mends it has not ended. */
  readonly gap: boolean;
  /** Files that a process can change without notice, or could until they are stated once more. */
  readonly itemsUnseen: number;
  /** Items that changed since the passive's last checkpoint. */
  readonly itemsUnconfirmed: number;
  /** Items that are there and could not be read. */
  readonly itemsUnread: number;
}

/** How far the verification of the passive's copy is. */
export type Verification = 'none' | 'running' | 'unfinished' | 'done';

/** What the passive server's stream worker knows. */
export interface PassiveReport {
  readonly role: 'passive';
  readonly received: Position;
  readonly applied: Position;
  readonly receiveQueue: QueueStatus;
  /** The receive queue against its bounds. */
  readonly queue: QueueCondition;
  readonly itemsKnown: number;
  readonly itemsOutOfSync: number;
  readonly itemsUnchecked: number;
  /** Items whose content was asked for and is not yet here, or not yet safe from a power cut. */
  readonly pullsWaiting: number;
  readonly pullBytesWaiting: number;
  readonly verification: Verification;
  readonly check: CheckProgress | null;
  /** The passive holds data that was never in sync with this pair, and nobody has confirmed its replacement. */
  readonly unconfirmed: boolean;
  /**
   * Protected folders of which the active server lost so much that somebody has to say what becomes of the copy, or
   * that this server refuses to hold.
   */
  readonly undecided: number;
  /** The copy holds parts of two states of the active server: a resync has begun to change it, and has not ended. */
  readonly isMixed: boolean;
  /** How far what makes up for it is, where it is applied as one (ResyncBatch). Not told by earlier releases. */
  readonly batch?: BatchState;
  /** The active server said so of all that is applied (OneMoment). Not told by earlier releases. */
  readonly isOneMoment?: boolean;
  /** It is held, and was one moment of the active server's when that began (HeldMoment). Not told by earlier releases. */
  readonly isHeldMoment?: boolean;
  /** The disk that its stream worker waits for. Not told by earlier releases. */
  readonly diskWait?: DiskWait | null;
  readonly failed: boolean;
}

/** What each server tells the other, at every change and at least once a second. */
export interface SideReport {
  readonly identity: Identity;
  readonly role: Role;
  readonly systemStatus: SystemStatus;
  /** ISO 8601, by the sender's clock. */
  readonly asOf: string;
  readonly epoch: number;
  readonly stream: ActiveReport | PassiveReport | null;
  /** Its stream worker failed, or hangs. Not told by earlier releases. */
  readonly failed?: boolean;
  /** Of the active server. Not told by earlier releases. */
  readonly replication?: ReplicationStatus;
  /** Of registries; null where none is protected. Not told by earlier releases. */
  readonly registry?: RegistryReport | null;
  readonly registryFailed?: boolean;
  /** Of this server. Not told by earlier releases. */
  readonly services?: readonly ServiceStatus[];
  readonly health?: readonly HealthStatus[];
  readonly findings: readonly Finding[];
}
