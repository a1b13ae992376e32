import type { Address } from '../kernel/sockets.ts';
import type { RetrySettings } from './route-machine.ts';

/** How the channel behaves. Times in milliseconds of the monotonic clock. */
export interface ChannelSettings extends RetrySettings {
  readonly listen: readonly Address[];
  /** Addresses of the other server: one route each. */
  readonly peers: readonly Address[];
  readonly heartbeatMs: number;
  /** A connection from which nothing whole came for this long is dropped. */
  readonly lostAfterMs: number;
  /** How long the other server may be away before that is told; after a drop the channel counts as waiting that long, not as lost. */
  readonly waitMs: number;
  /** Clocks further apart give a warning. */
  readonly timeDifferenceMaxMs: number;
  /** What the data connection sends in a second, at most; 0: no bound. May be changed while it runs. */
  readonly bytesPerSecondMax: number;
  readonly connectMs: number;
  /** From the TLS handshake to the end of the greeting. */
  readonly greetingMs: number;
  /** Named in the resolution for a cloned server. */
  readonly stateDirectory: string;
}

/** All but the addresses and the folder, for a local network. */
export const CHANNEL_DEFAULTS = {
  heartbeatMs: 1000,
  lostAfterMs: 5000,
  waitMs: 10_000,
  timeDifferenceMaxMs: 5000,
  bytesPerSecondMax: 0,
  connectMs: 5000,
  greetingMs: 5000,
  retryMs: 250,
  retryMsMax: 5000,
  refusedRetryMsMax: 2000,
  stableMs: 10_000,
} as const satisfies Partial<ChannelSettings>;
