import type { ConnectFailureKind } from '../kernel/sockets.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { ControlMessage } from './control-codec.ts';
import type { DataFlow } from './flow-meter.ts';
import type { HandshakeFacts } from './hello.ts';

export interface RouteStatus {
  /** `host:port` as in `channel.peers`. */
  readonly address: string;
  readonly status: 'Connected' | 'Not connected';
  /** Null until measured, and while not connected. */
  readonly roundTripMs: number | null;
  /** True for the one that carries control messages and data. */
  readonly isCurrent: boolean;
  /** Why it is not connected; ends the sentence "the server at … ". Null while connected or first dialing. */
  readonly reason: string | null;
  /** How the last try to connect ended; `met`: the servers greeted one another and may not work together. Null while connected. */
  readonly failure: ConnectFailureKind | 'met' | null;
}

export interface ChannelState {
  readonly status: 'Connected' | 'Waiting' | 'Not connected';
  readonly routes: readonly RouteStatus[];
  /** The peer's wall clock minus this one's; null until measured. */
  readonly clockDifferenceMs: number | null;
  readonly data: DataFlow;
}

/**
 * What the channel tells its owner, in order. Plain data, so that it can cross threads; the memory
 * behind `frame` belongs to it alone and may be transferred.
 *
 * `session` counts meetings with one run of the peer's daemon; it survives the loss of a connection
 * while another is left. `connection` counts data connections.
 */
export type ChannelEvent =
  | { readonly kind: 'status'; readonly state: ChannelState }
  | { readonly kind: 'sessionUp'; readonly session: number; readonly peer: HandshakeFacts; readonly version: number }
  /** The peer's facts changed within the session and were accepted. */
  | { readonly kind: 'peerFacts'; readonly session: number; readonly peer: HandshakeFacts }
  | { readonly kind: 'sessionDown'; readonly session: number; readonly reason: string }
  /** The servers met and may not work together; `peer` is null where its facts could not be read. */
  | {
      readonly kind: 'refused';
      readonly problem: ProblemData;
      readonly peer: HandshakeFacts | null;
      /** True where only the other server refuses. */
      readonly toldByPeer: boolean;
    }
  | { readonly kind: 'refusalCleared' }
  | { readonly kind: 'control'; readonly session: number; readonly message: ControlMessage }
  | { readonly kind: 'dataUp'; readonly session: number; readonly connection: number }
  | { readonly kind: 'dataDown'; readonly session: number; readonly connection: number; readonly reason: string }
  | { readonly kind: 'data'; readonly connection: number; readonly frame: Uint8Array }
  /** From now on so many bytes should wait in `sendData`, at most; null: the link is no thin one. Once after `dataUp`. */
  | { readonly kind: 'dataThin'; readonly connection: number; readonly bytesAheadMax: number | null }
  /** Raised, or raised again with other values; `key` stays until `cleared`. */
  | {
      readonly kind: 'problem';
      readonly key: string;
      readonly problem: ProblemData;
      readonly evidence: readonly string[];
    }
  | { readonly kind: 'cleared'; readonly key: string; readonly code: ProblemCode };
