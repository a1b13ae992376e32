import type { ControlConnection } from './control-connection.ts';
import { isRecord, MalformedMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';
import type { HandshakeFacts } from './hello.ts';
import { PartJoiner } from './long-messages.ts';
import { Outbox } from './outbox.ts';

/** After this many ordered messages an acknowledgement goes back without waiting for a heartbeat. */
const ACKNOWLEDGE_EVERY = 32;

/**
 * The meeting of two daemons: ordered messages both ways, carried by one connection at a time. The
 * Primary names the session and says which connection is current; each such word has a turn.
 */
export class Session {
  /** Counts sessions of this daemon, for the owner. */
  readonly number: number;
  /** The name both sides know. */
  readonly id: string;
  readonly version: number;
  peer: HandshakeFacts;
  turn = 0;
  current: ControlConnection | null = null;
  /** Of a message longer than one control message. */
  readonly parts = new PartJoiner();
  readonly #outbox = new Outbox();
  #received = 0;

  constructor(options: { number: number; id: string; peer: HandshakeFacts; version: number }) {
    this.number = options.number;
    this.id = options.id;
    this.peer = options.peer;
    this.version = options.version;
  }

  /** Lets another connection carry the session; what the peer may not have is sent again on it. */
  moveTo(connection: ControlConnection, turn: number): void {
    this.turn = turn;
    this.current = connection;
  }

  /** Sends again what the peer has not acknowledged. */
  resend(): void {
    for (const frame of this.#outbox.frames()) this.current?.sendEncoded(frame);
  }

  /** False where too much waits for the peer. `isUrgent` goes beyond that limit. */
  send(body: ControlMessage, isUrgent: boolean): boolean {
    const frame = this.#outbox.add({ session: this.id, body, isUrgent });
    if (frame === null) return false;
    this.current?.sendEncoded(frame);
    return true;
  }

  /**
   * Takes an ordered message.
   * @returns what it carries; null where it was taken before or belongs to another session.
   * @throws MalformedMessage where one before it is missing.
   */
  receive(message: ControlMessage, connection: ControlConnection): ControlMessage | null {
    const { session, number, body } = message;
    if (session !== this.id) return null;
    if (typeof number !== 'number' || !isRecord(body) || typeof body['type'] !== 'string') {
      throw new MalformedMessage('an ordered message without number or content');
    }
    if (number <= this.#received) return null;
    if (number !== this.#received + 1) throw new MalformedMessage('an ordered message out of order');
    this.#received = number;
    if (number % ACKNOWLEDGE_EVERY === 0) connection.send({ type: 'acknowledge', ...this.acknowledgement() });
    return body as ControlMessage;
  }

  /** Fields by which the peer learns what was received. */
  acknowledgement(): Readonly<Record<string, unknown>> {
    return { session: this.id, acknowledged: this.#received };
  }

  /** Reads such fields; those of another session mean nothing. */
  takeAcknowledgement(message: ControlMessage): void {
    const { session, acknowledged } = message;
    if (session !== this.id) return;
    if (typeof acknowledged !== 'number' || !this.#outbox.acknowledge(acknowledged)) {
      throw new MalformedMessage('an acknowledgement of what was never sent');
    }
  }
}
