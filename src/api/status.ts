import type { HealthStatus, PauseStatus, ServiceStatus } from './services.ts';

/** The words of File System Status and Registry Status, as users read them. */
export const SYNCHRONIZATION_STATUSES = [
  'Uninitialized',
  'Not protected',
  'Out of sync',
  'Error',
  'Checking',
  'Unchecked',
  'Synchronized and busy processing',
  'Synchronized',
] as const;
export type SynchronizationStatus = (typeof SYNCHRONIZATION_STATUSES)[number];

/** The words of a server's system status. */
export type SystemStatus =
  | 'Initializing'
  | 'Starting as active server'
  | 'Connecting to peer server'
  | 'Starting replication'
  | 'Replicating'
  | 'Not replicating'
  | 'Lost active server'
  | 'Disconnecting from peer server'
  | 'Server not responding'
  | 'Shutting down';

export type Identity = 'primary' | 'secondary';
export type Role = 'active' | 'passive';
export type ChannelStatus = 'Connected' | 'Waiting' | 'Not connected';
export type ItemStatus = 'Synchronized' | 'Out of sync' | 'Unchecked';

/** How far a check has come; null in {@link FileSystemStatus} when none runs. */
export interface CheckProgress {
  readonly kind: 'full' | 'fast';
  readonly itemsDone: number;
  readonly itemsTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly bytesPerSecond: number;
  /** Estimate; null until there is one. */
  readonly remainingMs: number | null;
}

export interface FileSystemStatus {
  readonly status: SynchronizationStatus;
  /** True when the passive holds exactly what the active held at one earlier moment; watching can never say so. */
  readonly consistent: boolean;
  readonly itemsTotal: number;
  readonly itemsOutOfSync: number;
  readonly itemsUnchecked: number;
  /** Up to here everything is applied on the passive. */
  readonly position: { readonly epoch: number; readonly sequence: number };
  readonly check: CheckProgress | null;
}

/** Of protected registries; an item is a key with its values. */
export interface RegistryStatus {
  readonly status: SynchronizationStatus;
  readonly itemsTotal: number;
  readonly itemsOutOfSync: number;
  readonly itemsUnchecked: number;
  readonly check: CheckProgress | null;
}

export interface QueueStatus {
  readonly bytes: number;
  readonly records: number;
  /** Age of the oldest record; 0 when empty. */
  readonly oldestMs: number;
}

/** What goes over the data connection of the channel, as one server sees it. */
export interface ChannelData {
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** Is what this server sends compressed at the moment? */
  readonly compressing: boolean;
  /** How many bytes of content one sent byte stands for; null while nothing is sent. */
  readonly compressionRatio: number | null;
}

/** One problem seen now. */
export interface Finding {
  /** Stable while the problem lasts; `fix ID` takes it. */
  readonly id: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'information';
  readonly server: Identity;
  /** The path (or route, or setting) it is about; null where it is about the whole. */
  readonly item: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** What happened and why. */
  readonly cause: string;
  readonly evidence: readonly string[];
  readonly resolution: string;
  /** What `fix ID` would do; null where it can't. */
  readonly action: string | null;
  /** Id of the finding this one follows from. */
  readonly parent: string | null;
}

/** An include or exclude pattern of the settings in force. */
export interface FilterStatus {
  readonly kind: 'include' | 'exclude';
  readonly pattern: string;
  /** `Subset`: another one names all that it names. */
  readonly state: 'Effective' | 'Subset' | 'Not Effective';
  /** Why, in words. */
  readonly detail: string;
}

type ReplicationMode = 'asynchronous' | 'synchronous';

/** What applications that flush files on the active server wait for. */
export interface ReplicationStatus {
  /** As it is asked for. */
  readonly mode: ReplicationMode;
  /** As it is, in intercepted folders; since when. */
  readonly inForce: ReplicationMode;
  readonly since: string;
  /** Only where synchronous replication is asked for. */
  readonly synchronous?: SynchronousStatus | undefined;
}

export interface SynchronousStatus {
  /**
   * `in force`: all that was flushed is on the passive server. `holding`: as well, and flushes wait for it to come back.
   * `behind`: flushes don't wait. `unavailable`: nothing is intercepted.
   */
  readonly state: 'in force' | 'holding' | 'behind' | 'unavailable';
  readonly onPeerLoss: 'degrade' | 'hold';
  /** Why flushes don't wait, or wait in vain; null where neither is so. */
  readonly reason: string | null;
  /** While it is `behind`: up to here all that was flushed is on the passive server; null where that is not known. */
  readonly position: { readonly epoch: number; readonly sequence: number } | null;
  /** Flushes that wait at the moment. */
  readonly waiting: number;
  /** How much longer than on this server alone the last flushes took; null where there was none. */
  readonly addedMs: { readonly p50: number; readonly p99: number } | null;
  /** When the active server said so. */
  readonly asOf: string;
}

/** What `understudy status --json` prints. Names are a contract with users. */
export interface Status {
  readonly pair: string;
  readonly identity: Identity;
  readonly role: Role;
  readonly epoch: number;
  readonly systemStatus: SystemStatus;
  readonly asOf: string;
  readonly peer: { readonly role: Role; readonly systemStatus: SystemStatus; readonly asOf: string } | null;
  readonly fileSystem: FileSystemStatus;
  readonly registry: RegistryStatus;
  readonly channel: {
    readonly status: ChannelStatus;
    readonly routes: readonly {
      readonly address: string;
      readonly status: ChannelStatus;
      readonly roundTripMs: number | null;
    }[];
    /** Absent before the channel told. */
    readonly data?: ChannelData | undefined;
  };
  readonly queues: { readonly send: QueueStatus; readonly receive: QueueStatus };
  /**
   * What would be lost with the active server now; null where that is not known. At least so much, where the file
   * system is not Synchronized. While the passive server is alone: what the active one told last, and `ms` since then.
   */
  readonly recoveryPoint: {
    readonly ms: number;
    readonly bytes: number;
    readonly items: number;
    /** When this was so. */
    readonly asOf: string;
  } | null;
  readonly replication: ReplicationStatus;
  readonly capture: readonly {
    readonly folder: string;
    readonly kind: 'intercept' | 'watch';
    /** Why it is watched where that was left open (`capture: auto`); as the end of a sentence. */
    readonly because?: string;
  }[];
  /** The include and exclude patterns, and what each does. */
  readonly filters: readonly FilterStatus[];
  /** Protected services on both servers, in the order of the settings; not told by earlier releases. */
  readonly services?: readonly ServiceStatus[] | undefined;
  /** Of both servers; not told by earlier releases. */
  readonly health?: readonly HealthStatus[] | undefined;
  /** Whether services are paused on this server; not told by earlier releases. */
  readonly pause?: PauseStatus | null | undefined;
  readonly findings: readonly Finding[];
}
