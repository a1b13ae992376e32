import type { Identity } from './status.ts';

/** What `join` knows besides the token; null or empty where no flag said so. */
export interface JoinRequest {
  /** The server file; written from the token and these values where there is none. */
  readonly configFile: string;
  readonly token: string;
  readonly identity: Identity | null;
  readonly listen: readonly string[];
  readonly base: string | null;
  readonly stateDirectory: string | null;
  readonly apiListen: string | null;
  /** Leave the pair this server belongs to. */
  readonly replace: boolean;
}

export interface JoinResult {
  readonly pair: string;
  readonly identity: Identity;
  readonly peerAddress: string;
  /** Settings files that were written. */
  readonly filesWritten: readonly string[];
}

export type InvitePart =
  | { readonly kind: 'token'; readonly token: string; readonly expiresAt: string }
  | { readonly kind: 'done'; readonly peerAddress: string };

/** Pairing two servers. `invite` is used only while no daemon runs; a running one is asked through its API. */
export interface Pairing {
  /** One token, then `done` when the other has joined; ends early when `signal` is aborted. Fails with a Problem IDN-…. */
  invite(options: { readonly configFile: string; readonly signal: AbortSignal }): AsyncIterable<InvitePart>;
  /** Works whether the daemon runs or not. Fails with a Problem IDN-… or CFG-…. */
  join(request: JoinRequest): Promise<JoinResult>;
}
