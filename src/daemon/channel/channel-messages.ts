import type { ChannelSettings } from '../../channel/channel-settings.ts';
import type { HandshakeFacts, OwnFacts } from '../../channel/hello.ts';
import type { ChannelData, Status } from '../../api/status.ts';
import type { ConnectFailureKind, TlsCredentials } from '../../kernel/sockets.ts';
import type { LogFields } from '../../kernel/log.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { PeerMessage } from './peer-message.ts';

/** What the channel worker is started with. */
export interface ChannelStart {
  readonly settings: ChannelSettings;
  readonly credentials: TlsCredentials;
  readonly facts: OwnFacts;
  /** Where the pair's facts are kept: the worker writes them when another server joins. */
  readonly stateDirectory: string;
  readonly pairFile: string;
}

/** From the daemon's main thread to the channel worker. */
export type ToChannel =
  | { readonly kind: 'facts'; readonly facts: OwnFacts }
  /** The pair's certificates changed: connections are made anew. */
  | { readonly kind: 'credentials'; readonly credentials: TlsCredentials }
  | { readonly kind: 'send'; readonly message: PeerMessage }
  /** What the data connection sends in a second from now on, at most; 0: no bound. */
  | { readonly kind: 'limits'; readonly bytesPerSecondMax: number }
  | { readonly kind: 'invite'; readonly id: number }
  | { readonly kind: 'inviteEnd'; readonly id: number }
  | { readonly kind: 'stop' };

/** What a peer said about itself, as far as the daemon's main thread needs it. */
export type SessionPeer = Pick<HandshakeFacts, 'identity' | 'role' | 'epoch' | 'serverId' | 'instance' | 'settings'>;

/** How the last try to connect to an address of the other server ended. */
export interface RouteFailure {
  /** `host:port` as in channel.peers. */
  readonly address: string;
  readonly isConnected: boolean;
  readonly failure: ConnectFailureKind | 'met' | null;
  /** Ends the sentence "the server at … "; empty where nothing is told. */
  readonly reason: string;
}

/** From the channel worker to the daemon's main thread. */
export type FromChannel =
  | { readonly kind: 'listening' }
  | {
      readonly kind: 'status';
      readonly status: Status['channel']['status'];
      readonly routes: Status['channel']['routes'];
      /** Another number with every heartbeat that the other server answered; null where none was. */
      readonly beat: number | null;
      /** Absent where there is no channel worker. */
      readonly data?: ChannelData | undefined;
      readonly ends: readonly RouteFailure[];
    }
  | { readonly kind: 'sessionUp'; readonly peer: SessionPeer }
  /** Within the session the peer said something new about itself. */
  | { readonly kind: 'peerFacts'; readonly peer: SessionPeer }
  | { readonly kind: 'sessionDown'; readonly reason: string }
  | { readonly kind: 'message'; readonly message: unknown }
  | {
      readonly kind: 'problem';
      readonly problem: ProblemData;
      readonly item: string | null;
      readonly evidence: readonly string[];
    }
  | { readonly kind: 'cleared'; readonly code: ProblemCode; readonly item: string | null }
  | InvitationNews
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
      readonly fields: LogFields;
    }
  | { readonly kind: 'failed'; readonly problem: ProblemData | null; readonly text: string };

/** How an invitation fares. */
export type InvitationNews =
  | {
      readonly kind: 'invitation';
      readonly id: number;
      readonly what: 'token';
      readonly token: string;
      readonly expiresAt: string;
    }
  | { readonly kind: 'invitation'; readonly id: number; readonly what: 'done'; readonly peerAddress: string }
  | { readonly kind: 'invitation'; readonly id: number; readonly what: 'failed'; readonly problem: ProblemData };
