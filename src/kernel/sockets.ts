import type { Cancel } from './clock.ts';

/** `host:port`, host as typed (IPv6 in brackets). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Private key and certificate of this server, and the certificates a peer may show, all PEM. */
export interface TlsCredentials {
  readonly key: string;
  readonly certificate: string;
  readonly trusted: readonly string[];
}

/** An established TLS 1.3 connection. All callbacks run on the owner's event loop. */
export interface SecureSocket {
  /** The protocol both sides agreed on (ALPN). */
  readonly protocol: string;
  /** True when the peer proved to hold the key of one of the trusted certificates. */
  readonly authorized: boolean;
  /** Not authorized for that alone: the certificate is trusted, and its time is over or has not begun. */
  readonly isOutOfTime: boolean;
  /** Lower-case hex SHA-256 of the peer's certificate; empty where it showed none. */
  readonly peerFingerprint: string;
  readonly remote: Address;
  readonly local: Address;
  /** @param onDone - called once, when the data is not needed any more, whatever became of it. */
  write(data: Uint8Array, onDone?: () => void): void;
  /** As `write` of the parts one after the other, sent together. The parts must not be changed afterwards. */
  writeParts(parts: readonly Uint8Array[]): void;
  onData(action: (data: Uint8Array) => void): void;
  /** Once, whatever ended it; `reason` is null after an orderly end. */
  onClose(action: (reason: Error | null) => void): void;
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Drops it at once. */
  destroy(): void;
}

/** Why no connection came about. */
export type ConnectFailureKind =
  | 'refused'
  | 'timedOut'
  | 'unreachable'
  | 'untrusted'
  | 'expired'
  | 'otherProgram'
  | 'rejected'
  | 'failed';

/**
 * A connection that did not come about. `untrusted`: the server answered and showed another
 * certificate than those trusted; `expired`: it showed a trusted one whose time is over or has not begun;
 * `otherProgram`: what answers is no TLS, or speaks another protocol; `rejected`: it broke off the TLS handshake;
 * `message` ends the sentence "the server at … ".
 */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';
  readonly kind: ConnectFailureKind;
  constructor(kind: ConnectFailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** `host:port` of an address. */
export function formatAddress(address: Address): string {
  return `${address.host}:${address.port}`;
}

/** The network door for TLS. */
export interface Sockets {
  /**
   * Listens on an address. A connection is handed over only after its TLS handshake; connections
   * that don't finish it within `handshakeMs` are dropped. `onFailure` hears of connections whose bytes
   * are no TLS, or that ended or stalled before the handshake was done; `nonsense` marks the former.
   * @throws Problem CHN-001 when the address is in use, CHN-002 when it is not this machine's.
   */
  listen(
    address: Address,
    options: {
      credentials: TlsCredentials;
      protocols: readonly string[];
      handshakeMs: number;
      onFailure?: (remote: Address, failure: { reason: string; nonsense: boolean }) => void;
    },
    onConnection: (socket: SecureSocket) => void,
  ): Promise<{ address: Address; close(): Promise<void> }>;
  /** Connects and finishes the TLS handshake within `timeoutMs`; `fingerprint`, where given, must be the server's. */
  connect(
    address: Address,
    options: { credentials: TlsCredentials; protocol: string; timeoutMs: number; fingerprint?: string },
    onDone: (result: { socket: SecureSocket } | { error: ConnectFailure }) => void,
  ): Cancel;
}
