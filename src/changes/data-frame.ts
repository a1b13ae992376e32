import type { ByteString } from '../kernel/byte-string.ts';
import type { Attributes, NodeId, Position } from './change.ts';

/**
 * What travels on the data connection, apart from the handshake. `stream`, `reset` and `content` go
 * from the active server to the passive one, the others back.
 */
export type DataFrame =
  /**
   * Encoded records, one after the other. Without any ({@link HURRY}): somebody waits for those before it, which are to
   * be made durable and acknowledged at once.
   */
  | { readonly kind: 'stream'; readonly records: Uint8Array }
  /**
   * From where the passive wants the stream: after what it holds durably. First frame of a connection;
   * where another one follows, the answer to it is the only one that counts: each has a `number` of its own.
   * With `preview` nothing may be changed on the passive yet: state everything, to be compared only.
   * `unverified`: no check of everything has ended or runs since the passive's half was started.
   */
  | {
      readonly kind: 'resume';
      readonly number: number;
      readonly durable: Position;
      readonly activeServerId: string;
      readonly preview: boolean;
      readonly unverified: boolean;
    }
  /**
   * The stream can't go on from there (or it can, where `gap` is false); the next record follows `position`.
   * `named`: of what was missed every item is known, and the check that comes next states all of them.
   */
  | {
      readonly kind: 'reset';
      /** Of the resume that this answers. */
      readonly number: number;
      readonly position: Position;
      readonly gap: boolean;
      readonly named: boolean;
      readonly activeServerId: string;
    }
  /** Up to `durable` all is fsynced in the receive queue, up to `applied` all is applied and checkpointed. */
  | { readonly kind: 'acknowledge'; readonly durable: Position; readonly applied: Position }
  | { readonly kind: 'pull'; readonly requests: readonly PullRequest[] }
  | { readonly kind: 'content'; readonly answers: readonly PullAnswer[] }
  /** Please verify these again; `paths` for what has no node id here; with `everything` all there is, too. */
  | {
      readonly kind: 'recheck';
      readonly nodes: readonly NodeId[];
      readonly paths: readonly ByteString[];
      readonly everything: boolean;
    };

export const HURRY: DataFrame = { kind: 'stream', records: new Uint8Array(0) };

/** Asks for content as it is when it is sent. At most RANGE_BYTES in one request. */
export interface PullRequest {
  readonly node: NodeId;
  readonly offset: number;
  readonly length: number;
  /** Hashes of the range's blocks as they are here: what is equal need not be sent. Without: nothing is here. */
  readonly have?: readonly bigint[];
}

/** Content as it was when it was read, with the attributes of that moment. */
export interface PullAnswer {
  readonly node: NodeId;
  readonly offset: number;
  /** What was asked for; `content` is shorter at the end of the file. */
  readonly length: number;
  /** Blocks that `content` holds, a bit for each, one behind the other; without: all. */
  readonly blocks?: number;
  /** Why there is no content: the node is gone, or reading failed with this code; null when there is. */
  readonly failure: string | null;
  readonly sizeBytes: number;
  readonly attributes: Attributes;
  readonly content: Uint8Array;
}
