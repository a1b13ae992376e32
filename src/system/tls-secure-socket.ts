import type { TLSSocket } from 'node:tls';
import type { Address, SecureSocket } from '../kernel/sockets.ts';
import { doneWith } from './memory.ts';

/** One established connection of `node:tls` behind the kernel's interface. */
export class TlsSecureSocket implements SecureSocket {
  readonly protocol: string;
  readonly authorized: boolean;
  readonly peerFingerprint: string;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: TLSSocket;
  #failure: Error | null = null;
  #closed = false;

  constructor(socket: TLSSocket, proof: { fingerprint: string; authorized: boolean }) {
    this.#socket = socket;
    this.protocol = socket.alpnProtocol || '';
    this.authorized = proof.authorized;
    this.peerFingerprint = proof.fingerprint;
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 };
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 };
    socket.on('error', (error) => {
      this.#failure = error;
    });
    socket.once('close', () => {
      this.#closed = true;
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(data: Uint8Array, onDone?: () => void): boolean {
    if (this.#socket.writable) return this.#socket.write(data, onDone);
    onDone?.();
    return false;
  }

  writeParts(parts: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (!socket.writable) return false;
    let free = true;
    socket.cork();
    for (const part of parts) free = socket.write(part);
    socket.uncork();
    return free;
  }

  onData(action: (data: Uint8Array) => void): void {
    this.#socket.on('data', (data: Buffer) => {
      action(data);
      doneWith(data.length);
    });
  }

  onDrain(action: () => void): void {
    this.#socket.on('drain', action);
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
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Without the IPv6 wrapping of an IPv4 address (`::ffff:10.0.0.1`, RFC 4291), and IPv6 in brackets. */
function plainHost(host: string | undefined): string {
  if (host === undefined) return '';
  if (host.startsWith('::ffff:') && host.includes('.')) return host.slice('::ffff:'.length);
  return host.includes(':') ? `[${host}]` : host;
}
