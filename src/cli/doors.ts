import type { Identity } from '../api/status.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { LocalHttp } from '../kernel/local-http.ts';
import type { Terminal, TextFiles } from '../kernel/terminal.ts';

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

/** Everything a command may reach beyond its own reckoning. */
export interface CliDoors {
  readonly terminal: Terminal;
  readonly files: TextFiles;
  readonly http: LocalHttp;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly pairing: Pairing;
  /** `understudy run`: resolves with the exit status once the daemon has ended. */
  runDaemon(options: { readonly configFile: string }): Promise<number>;
  /** `understudy demo`; `args` as typed after it. */
  runDemo(options: { readonly args: readonly string[] }): Promise<number>;
  readonly version: string;
  readonly workingDirectory: string;
}
