import type { ItemStatus } from '../../api/status.ts';
import type { CheckKind, NodeType } from '../../changes/change.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { LogFields } from '../../kernel/log.ts';
import type { FileHolder, SoughtFile } from '../../system/processes/file-holders.ts';
import type { UnseenWriter } from '../../system/processes/unseen-writers.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import type { FlushOrder } from '../interception/flush-waits.ts';
import type { ChangePast } from './notices-past.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';
import type { StillNews, StillRequest } from '../passive/stand-still.ts';

/** A check somebody asked for. */
export interface CheckRequest {
  /** Of the registries, not of files; `paths` is null then. */
  readonly registry?: boolean;
  readonly mode: CheckKind;
  readonly repair: boolean;
  /** Protected paths; null for everything. */
  readonly paths: readonly string[] | null;
}

/** From the daemon's main thread to the stream worker. */
export type ToStream =
  | { readonly kind: 'check'; readonly id: number; readonly request: CheckRequest }
  /** The settings in force allow checks so much in a second from now on; 0: no bound. */
  | { readonly kind: 'limits'; readonly checkBytesPerSecondMax: number }
  /** The epoch asked for is durable in the pair's facts and may be used. */
  | { readonly kind: 'epoch'; readonly epoch: number }
  /** The active server's settings protect something else from now on. */
  | { readonly kind: 'filters'; readonly include: readonly string[]; readonly exclude: readonly string[] }
  /** An operator confirmed that the passive's content may be replaced. */
  | { readonly kind: 'adopt' }
  /** An operator confirmed that what this protected folder lost, or that it is gone, is meant. As it is shown. */
  | { readonly kind: 'confirmLoss'; readonly folder: string }
  | { readonly kind: 'query'; readonly id: number; readonly query: StreamQuery }
  /** Who can change files without notice, on the file systems of the protected folders; null while that is not known. */
  | { readonly kind: 'unseenWriters'; readonly writers: readonly UnseenWriter[] | null }
  /** A search that was asked for ended. */
  | { readonly kind: 'holders'; readonly found: HoldersFound }
  /** The file systems were synced that were asked for with this number; `failure`: the code of what failed. */
  | { readonly kind: 'synced'; readonly number: number; readonly failure: string | null }
  /** What the passive server holds, for flushes that wait for it. */
  | { readonly kind: 'flushes'; readonly order: FlushOrder }
  /** The passive server is to change nothing in its copy for a while, and to go on. */
  | { readonly kind: 'standStill'; readonly request: StillRequest }
  | { readonly kind: 'goOn'; readonly number: number }
  /** A batch of what is said of registries, for the stream. */
  | { readonly kind: 'registry'; readonly check: number; readonly bytes: Uint8Array }
  | { readonly kind: 'stop' };

/** Who uses these files. */
export interface HoldersFound {
  readonly files: readonly SoughtFile[];
  readonly holders: readonly FileHolder[];
}

/** Questions the stream worker answers from its trees and the disk. */
export type StreamQuery =
  | { readonly name: 'items'; readonly outOfSync: boolean; readonly after: ByteString; readonly limit: number }
  /** What the active server could not read, at these paths and below; null means everywhere. */
  | {
      readonly name: 'unread';
      readonly paths: readonly string[] | null;
      readonly after: ByteString;
      readonly limit: number;
    }
  | { readonly name: 'look'; readonly path: string }
  /** Users and groups that own something, by their numbers. */
  | { readonly name: 'owners' }
  /** An older release gives no limit, and is answered with all of it. */
  | { readonly name: 'quarantineList'; readonly after?: string | null; readonly limit?: number }
  | { readonly name: 'quarantineRestore'; readonly entry: string; readonly to: string | null }
  | { readonly name: 'quarantinePurge'; readonly entry: string | null };

/** An item as one server sees it. */
export interface ItemView {
  readonly path: string;
  /** The path byte by byte; null where `path` is just that. */
  readonly exact: ByteString | null;
  readonly type: NodeType | 'other';
  readonly status: ItemStatus;
  readonly since: string | null;
  readonly reason: string | null;
}

/** One line for the history of the pair. */
export interface StreamEvent {
  readonly code: string | null;
  readonly level: 'information' | 'warning' | 'error';
  readonly text: string;
  readonly item: string | null;
}

/** From the stream worker to the daemon's main thread. */
export type FromStream =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly report: ActiveReport | PassiveReport }
  | {
      readonly kind: 'problem';
      readonly problem: ProblemData;
      readonly item: string | null;
      readonly evidence: readonly string[];
      readonly action: string | null;
    }
  | { readonly kind: 'cleared'; readonly code: ProblemCode; readonly item: string | null }
  /** Whatever items it was about, but for these. */
  | { readonly kind: 'clearedAll'; readonly code: ProblemCode; readonly but?: readonly string[] }
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'epochNeeded'; readonly above: number }
  /** Something may have changed anywhere: the stream worker has everything verified again. */
  /** It is to be found out who uses these files. */
  | { readonly kind: 'holdersWanted'; readonly files: readonly SoughtFile[] }
  /** The file systems of these descriptors are to be synced, while the stream worker goes on. */
  | { readonly kind: 'syncWanted'; readonly number: number; readonly descriptors: readonly number[] }
  | { readonly kind: 'checkWanted'; readonly reason: string }
  /** Somebody changed this past the mounts: the kernel is to forget what it remembers of it through them. */
  | { readonly kind: 'changedPast'; readonly changes: readonly ChangePast[] }
  | { readonly kind: 'checkEnded'; readonly outcome: CheckOutcome }
  /** Active: all that registries hold is to be stated, if the other server's release knows them. */
  | { readonly kind: 'registryWanted'; readonly isKnown: boolean }
  /** Passive: a batch about registries is durable in the state folder. */
  | { readonly kind: 'registryMet'; readonly file: string }
  | { readonly kind: 'still'; readonly news: StillNews }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown; readonly problem: ProblemData | null }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
      readonly fields: LogFields;
    }
  | { readonly kind: 'stopped' }
  /** The worker can't go on; the daemon says why and starts it again. */
  | { readonly kind: 'failed'; readonly problem: ProblemData | null; readonly text: string };

/** What is for the daemon itself. */
export type StreamNews = Exclude<FromStream, { kind: 'holdersWanted' | 'syncWanted' | 'changedPast' }>;

/** From the channel worker to the stream worker. */
export type DataMessage =
  /** The data connection is up; each has a number of its own. */
  | { readonly kind: 'up'; readonly peerServerId: string; readonly version: number; readonly connection: number }
  | { readonly kind: 'down' }
  /** One frame, received or to be sent over the connection of that number, or not at all. Its memory is handed over with it; who is done with it frees it. */
  | { readonly kind: 'frame'; readonly connection: number; readonly frame: Uint8Array };

/** From the stream worker to the channel worker. */
export type SentData =
  | Extract<DataMessage, { kind: 'frame' }>
  /** The connection of that number is to be given up, and another one made. */
  | { readonly kind: 'renew'; readonly connection: number };

/** What the stream worker is started with. */
export interface StreamStart {
  readonly role: 'active' | 'passive';
  readonly identity: 'primary' | 'secondary';
  readonly serverId: string;
  readonly base: string;
  readonly stateDirectory: string;
  readonly queueDirectory: string;
  readonly queueBytesMax: number;
  readonly queueFreeBytesMin: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly epoch: number;
  readonly onStart: CheckKind;
  readonly readers: 'ignore' | 'wait';
  readonly orphans: 'quarantine' | 'log' | 'delete';
  readonly quarantineBytesMax: number;
  /** What checks read and state in a second, at most; 0: no bound. */
  readonly checkBytesPerSecondMax: number;
  /** Fewer lost items never hold replication; null: none do. */
  readonly lossItemsMin: number | null;
  /** Of the folders that are mounted over; null where none is. */
  readonly interception: StreamInterception | null;
  /** Why folders are watched where that was left open, by their paths in the settings; as the end of a sentence. */
  readonly watchedBecause: Readonly<Record<string, string>>;
}

/** What the stream worker has to know of the mounts that the main thread made. */
export interface StreamInterception {
  /** By the numbers of the mounts; one that has ended is missing. */
  readonly folders: readonly {
    readonly mount: number;
    /** The protected folder, as in the settings and on this machine. */
    readonly path: ByteString;
    readonly realPath: ByteString;
    /** Descriptor of what lies underneath; stays the mount's, which outlives the worker. */
    readonly root: number;
    /** False where somebody unmounted it, and only what was open there goes through it. */
    readonly isOver: boolean;
    /** Descriptor of its connection to the kernel; open as long as the worker lives. */
    readonly connection: number;
    /** From makeWayMemory. */
    readonly wayMemory: SharedArrayBuffer;
    /** The mount's connection to the kernel, for notices; as long as `root`. */
    readonly notices: number;
    /** Of the mount's file system, as the kernel lists it: `0:45`. */
    readonly device: string;
  }[];
  readonly ring: MappedPlace;
  /** Where replies to flushes wait (ParkedReplies). */
  readonly replies: MappedPlace;
  /** An eventfd on which the reader of the ring sleeps. */
  readonly wake: number;
}
