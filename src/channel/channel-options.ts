import type { Clock, Timers } from '../kernel/clock.ts';
import type { Compression } from '../kernel/compression.ts';
import type { FrameMemory } from '../kernel/frame-memory.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { SecureSocket, Sockets, TlsCredentials } from '../kernel/sockets.ts';
import type { ChannelEvent } from './channel-event.ts';
import type { ChannelSettings } from './channel-settings.ts';

/** What a channel needs: the doors of the machine, who this server is to TLS, and who listens to it. */
export interface ChannelOptions {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** `trusted` holds the peer's certificate; nothing while not paired. */
  readonly credentials: TlsCredentials;
  /** Lower-case hex SHA-256 of this server's own certificate. */
  readonly ownFingerprint: string;
  readonly settings: ChannelSettings;
  /** Of the data frames that come; who hears `data` gives it back. */
  readonly frameMemory: FrameMemory;
  readonly compression: Compression;
  /** How busy this thread was since the last call: 0 waited all the time, 1 not at all. */
  readonly busyShare: () => number;
  readonly onEvent: (event: ChannelEvent) => void;
  /** Gets connections that want to pair; without it they are dropped. */
  readonly onPairingConnection?: (socket: SecureSocket) => void;
}
