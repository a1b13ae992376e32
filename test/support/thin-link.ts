import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../../src/kernel/sockets.ts';
import { freePort } from './server.ts';

/** What waits for the wire at most, like the queue of a router; more is left with the senders. */
const QUEUE_BYTES_MAX = 64 * 1024;
/** What a route lets through that stops large packets. */
const SMALL_BYTES_MAX = 8 * 1024;
const MS_PER_SECOND = 1000;

/** One direction of a link between two servers: all that goes there shares its bandwidth, in the order in which it came. */
export class Wire {
  readonly #bytesPerSecond: number;
  readonly #delayMs: number;
  readonly #waiting = new Set<() => void>();
  #freeAt = 0;
  #queuedBytes = 0;
  /** Bytes that were put on it. */
  bytes = 0;

  /** @param link.bytesPerSecond - Infinity: as fast as can be. @param link.delayMs - from one end to the other. */
  constructor(link: { readonly bytesPerSecond: number; readonly delayMs: number }) {
    this.#bytesPerSecond = link.bytesPerSecond;
    this.#delayMs = link.delayMs;
  }

  get isFull(): boolean {
    return this.#queuedBytes >= QUEUE_BYTES_MAX;
  }

  /** Calls once there is room again. */
  onRoom(action: () => void): void {
    this.#waiting.add(action);
  }

  send(chunk: Buffer, arrive: (chunk: Buffer) => void): void {
    const now = performance.now();
    this.bytes += chunk.length;
    this.#queuedBytes += chunk.length;
    this.#freeAt = Math.max(now, this.#freeAt) + (chunk.length * MS_PER_SECOND) / this.#bytesPerSecond;
    setTimeout(() => this.#left(chunk.length), this.#freeAt - now);
    setTimeout(() => arrive(chunk), this.#freeAt + this.#delayMs - now);
  }

  #left(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.isFull) return;
    for (const action of [...this.#waiting]) {
      this.#waiting.delete(action);
      action();
    }
  }
}

/** What a route does in one direction: everything passes, nothing does, or what is small only. */
export type Passing = 'all' | 'nothing' | 'small';

/** One direction of one connection. TCP keeps the order: what is held keeps back all that follows. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #wire: Wire;
  readonly #passing: () => Passing;
  #held: Buffer[] = [];

  constructor(from: Socket, to: Socket, way: { readonly wire: Wire; readonly passing: () => Passing }) {
    this.#from = from;
    this.#to = to;
    this.#wire = way.wire;
    this.#passing = way.passing;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#wire.send(Buffer.alloc(0), () => to.end()));
  }

  /** What passes has changed. */
  goOn(): void {
    const held = this.#held;
    this.#held = [];
    for (const chunk of held) this.#take(chunk);
    if (this.#held.length === 0) this.#from.resume();
  }

  #take(chunk: Buffer): void {
    const passing = this.#passing();
    const isHeld = passing === 'nothing' || (passing === 'small' && chunk.length > SMALL_BYTES_MAX);
    if (isHeld || this.#held.length > 0) {
      this.#held.push(chunk);
      this.#from.pause();
      return;
    }
    this.#wire.send(chunk, (arrived) => {
      if (this.#to.writable) this.#to.write(arrived);
    });
    if (!this.#wire.isFull) return;
    this.#from.pause();
    this.#wire.onRoom(() => {
      if (this.#held.length === 0) this.#from.resume();
    });
  }
}

/** A way to a server through user space, over two wires that other routes may share. */
export class ThinRoute {
  readonly #server: Server;
  readonly #pipes = new Map<Socket, readonly Pipe[]>();
  readonly #sockets = new Set<Socket>();
  #there: Passing = 'all';
  #back: Passing = 'all';

  private constructor(server: Server, to: { target: Address; there: Wire; back: Wire }) {
    this.#server = server;
    server.on('connection', (incoming) => {
      const outgoing = createConnection({ ...to.target, noDelay: true, allowHalfOpen: true });
      incoming.setNoDelay(true);
      const there = new Pipe(incoming, outgoing, { wire: to.there, passing: () => this.#there });
      const back = new Pipe(outgoing, incoming, { wire: to.back, passing: () => this.#back });
      this.#pipes.set(incoming, [there, back]);
      for (const [socket, other] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          this.#pipes.delete(incoming);
          // What is on its way to the other end still arrives there.
          if (!other.destroyed) setTimeout(() => other.destroy(), MS_PER_SECOND).unref();
        });
      }
    });
  }

  /** Listens on a port of 127.0.0.1 that no server was given. @param to.there - the wire to the target. */
  static async open(to: { target: Address; there: Wire; back: Wire }): Promise<ThinRoute> {
    const server = createServer({ allowHalfOpen: true });
    const port = await freePort();
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen({ host: '127.0.0.1', port }, done);
    });
    return new ThinRoute(server, to);
  }

  get address(): Address {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a listening TCP server has no address');
    return { host: address.address, port: address.port };
  }

  /** From now on so much passes in each direction; what was held goes on where it may. */
  pass(passing: { readonly there: Passing; readonly back: Passing }): void {
    this.#there = passing.there;
    this.#back = passing.back;
    for (const pipe of [...this.#pipes.values()].flat()) pipe.goOn();
  }

  /** Every connection is lost at once. */
  reset(): void {
    for (const socket of [...this.#sockets]) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}
