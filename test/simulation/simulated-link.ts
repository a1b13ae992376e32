import { decodeFrame } from '../../src/changes/data-frame-codec.ts';
import { PROTOCOL } from '../../src/channel/hello.ts';
import type { DataMessage, SentData } from '../../src/daemon/stream/thread-messages.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** Where one server's data messages end up. */
export interface LinkEnd {
  readonly serverId: string;
}

/** The data connection between two servers: ordered, and what is under way is lost when it breaks. */
export class SimulatedLink {
  readonly #random: SeededRandom;
  /** Messages under way to the one, and to the other. */
  readonly #flying: [DataMessage[], DataMessage[]] = [[], []];
  #ends: readonly [LinkEnd, LinkEnd] | null = null;
  #connection = 0;
  #losesContent = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get isUp(): boolean {
    return this.#ends !== null;
  }

  get isEmpty(): boolean {
    return this.#flying.every((queue) => queue.length === 0);
  }

  connect(ends: readonly [LinkEnd, LinkEnd]): void {
    this.#ends = ends;
    this.#connection += 1;
    for (const side of [0, 1] as const) {
      const peer = ends[1 - side] as LinkEnd;
      this.#flying[side].push({
        kind: 'up',
        peerServerId: peer.serverId,
        version: PROTOCOL.max,
        connection: this.#connection,
      });
    }
  }

  /** What is sent over another connection than the present one goes nowhere. */
  send(from: LinkEnd, message: SentData): void {
    const ends = this.#ends;
    if (ends === null || message.connection !== this.#connection) return;
    if (message.kind === 'renew') {
      this.cut();
      return this.connect(ends);
    }
    if (this.#losesContent && isOfContent(message)) {
      this.#losesContent = false;
      return;
    }
    this.#flying[ends[0] === from ? 1 : 0].push(message);
  }

  /** A part of what is under way, at either side, still arrives; then both hear of it. */
  cut(): void {
    if (this.#ends === null) return;
    for (const queue of this.#flying) {
      const last = queue.findLastIndex((message) => message.kind !== 'frame');
      queue.length = this.#random.integer(last + 1, queue.length);
      queue.push({ kind: 'down' });
    }
    this.#ends = null;
  }

  /** The next request for content, or answer to one, that is sent gets lost, and nothing else. */
  loseContent(): void {
    this.#losesContent = true;
  }

  /** The process at this side is gone: nothing reaches it any more. */
  drop(side: 0 | 1): void {
    this.#flying[side].length = 0;
  }

  /** @param inbox - of the server at this side. */
  deliver(side: 0 | 1, inbox: DataMessage[], count: number): number {
    const delivered = this.#flying[side].splice(0, count);
    inbox.push(...delivered);
    return delivered.length;
  }
}

function isOfContent(message: DataMessage): boolean {
  if (message.kind !== 'frame') return false;
  const { kind } = decodeFrame(message.frame);
  return kind === 'pull' || kind === 'content';
}
