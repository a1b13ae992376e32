import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../kernel/sockets.ts';

/**
 * Passes TCP connections on to another address of this machine, and can fall silent as a network
 * does when a cable is cut: nothing is refused, nothing arrives. For trials. On the owner's event loop.
 */
export class TcpRelay {
  readonly #server: Server;
  readonly #target: Address;
  /** Each connection that came in, with the one that goes on; null where it came while the relay was cut. */
  readonly #connections = new Map<Socket, Socket | null>();
  #isCut = false;
  /** Of connections that are gone. */
  #bytesPassed = 0;

  private constructor(server: Server, target: Address) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (incoming) => this.#accept(incoming));
  }

  /** Listens on a free port of 127.0.0.1. @throws NodeJS.ErrnoException where it can't. */
  static async open(target: Address): Promise<TcpRelay> {
    const server = createServer({ allowHalfOpen: true });
    await listening(server);
    return new TcpRelay(server, target);
  }

  get address(): Address {
    return addressOf(this.#server);
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Bytes that came in from either side, since it was opened. */
  get bytesPassed(): number {
    let bytes = this.#bytesPassed;
    for (const [incoming, outgoing] of this.#connections) bytes += bytesOf(incoming, outgoing);
    return bytes;
  }

  /** From now on no byte passes in either direction, and new connections stay without an answer. */
  cut(): void {
    this.#isCut = true;
    for (const [incoming, outgoing] of this.#connections) {
      incoming.unpipe().pause();
      outgoing?.unpipe().pause();
    }
  }

  /** Passes on again. Connections from before and during the cut are reset, so that both ends make new ones. */
  restore(): void {
    this.#isCut = false;
    this.#drop();
  }

  /** Drops every connection and stops listening. */
  async close(): Promise<void> {
    this.#drop();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #accept(incoming: Socket): void {
    incoming.setNoDelay(true);
    const outgoing = this.#isCut ? null : createConnection({ ...this.#target, noDelay: true, allowHalfOpen: true });
    this.#connections.set(incoming, outgoing);
    const end = (): void => {
      this.#forget(incoming);
      // While it is cut the other end must not hear that this one has gone.
      if (!this.#isCut) outgoing?.destroy();
    };
    // A reset arrives as an error and then as 'close', which is all that counts here.
    incoming.on('error', () => incoming.destroy()).on('close', end);
    if (outgoing === null) {
      incoming.pause();
      return;
    }
    outgoing.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      if (!this.#isCut) incoming.destroy();
    });
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  }

  #drop(): void {
    for (const [incoming, outgoing] of this.#connections) {
      incoming.resetAndDestroy();
      outgoing?.resetAndDestroy();
      this.#forget(incoming);
    }
  }

  #forget(incoming: Socket): void {
    const outgoing = this.#connections.get(incoming);
    if (outgoing !== undefined) this.#bytesPassed += bytesOf(incoming, outgoing);
    this.#connections.delete(incoming);
  }
}

function bytesOf(incoming: Socket, outgoing: Socket | null): number {
  return incoming.bytesRead + (outgoing?.bytesRead ?? 0);
}

/** A TCP port of 127.0.0.1 that nobody used a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listening(server);
  const { port } = addressOf(server);
  await new Promise((done) => server.close(done));
  return port;
}

function listening(server: Server): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      server.off('error', failed);
      done();
    });
  });
}

function addressOf(server: Server): Address {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening TCP server has no address');
  return { host: address.address, port: address.port };
}
