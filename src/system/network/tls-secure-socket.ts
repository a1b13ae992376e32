import type { TLSSocket } from 'node:tls';
import type { Address, SecureSocket } from '../../kernel/sockets.ts';
import { doneWith } from '../native/memory.ts';

/**
 * Once so much waits in the socket, more is handed over only after that: Node joins writes that wait into one block
 * of new memory, which costs twice as much as to encrypt them.
 */
const JOINED_BYTES_MAX = 64 * 1024;

interface Waiting {
  readonly data: Uint8Array;
  readonly onDone: (() => void) | undefined;
}

/** One established connection of `node:tls` behind the kernel's interface. */
export class TlsSecureSocket implements SecureSocket {
  readonly protocol: string;
  readonly authorized: boolean;
  readonly isOutOfTime: boolean;
  readonly peerFingerprint: string;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: TLSSocket;
  readonly #waiting: Waiting[] = [];
  #isEnding = false;
  #failure: Error | null = null;
  #closed = false;

  constructor(socket: TLSSocket, proof: { fingerprint: string; authorized: boolean; isOutOfTime: boolean }) {
    this.#socket = socket;
    this.protocol = socket.alpnProtocol || '';
    this.authorized = proof.authorized;
    this.isOutOfTime = proof.isOutOfTime;
    this.peerFingerprint = proof.fingerprint;
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 };
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 };
    socket.on('error', (error) => {
      this.#failure = error;
    });
    socket.once('close', () => {
      this.#closed = true;
      for (const { onDone } of this.#waiting.splice(0)) onDone?.();
    });
  }

  write(data: Uint8Array, onDone?: () => void): void {
    if (!this.#socket.writable || this.#isEnding) onDone?.();
    else if (this.#waiting.length === 0 && this.#hasRoom) this.#hand(data, onDone);
    else this.#waiting.push({ data, onDone });
  }

  writeParts(parts: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const part of parts) this.write(part);
    this.#socket.uncork();
  }

  onData(action: (data: Uint8Array) => void): void {
    this.#socket.on('data', (data: Buffer) => {
      action(data);
      doneWith(data.length);
    });
  }

  onClose(action: (reason: Error | null) => void): void {
    if (this.#closed) queueMicrotask(() => action(this.#failure));
    else this.#socket.once('close', () => action(this.#failure));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#isEnding = true;
    if (this.#waiting.length === 0) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get #hasRoom(): boolean {
    return this.#socket.writable && this.#socket.writableLength < JOINED_BYTES_MAX;
  }

  #hand(data: Uint8Array, onDone: (() => void) | undefined): void {
    this.#socket.write(data, () => {
      onDone?.();
      this.#handMore();
    });
  }

  #handMore(): void {
    while (this.#hasRoom) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        if (this.#isEnding) this.#socket.end();
        return;
      }
      this.#hand(next.data, next.onDone);
    }
  }
}

/** Without the IPv6 wrapping of an IPv4 address (`::ffff:10.0.0.1`, RFC 4291), and IPv6 in brackets. */
function plainHost(host: string | undefined): string {
  if (host === undefined) return '';
  if (host.startsWith('::ffff:') && host.includes('.')) return host.slice('::ffff:'.length);
  return host.includes(':') ? `[${host}]` : host;
}
