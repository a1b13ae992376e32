import { comparePositions, INLINE_BYTES_MAX, type Position } from '../../changes/change.ts';
import { type DataFrame, HURRY } from '../../changes/data-frame.ts';
import { KIB } from '../../kernel/units.ts';
import type { Flushes } from './flushes.ts';
import { IN_FLIGHT_BYTES_MAX } from '../stream/stream-window.ts';

/** Of the protocol (channel/hello.ts). */
const MARKS_FROM_VERSION = 3;
/** A record with as much content as one may carry fits. */
const FRAME_RECORD_BYTES = INLINE_BYTES_MAX + 16 * KIB;

interface Records {
  /** In memory that is good until the next read: what is sent is put elsewhere. */
  read(after: Position, bytesMax: number): { records: Buffer; last: Position } | null;
}

/** The stream over one connection: what was sent, and how much of it is on its way. */
export class Outflow {
  /** Number of the last resume, which answers name. */
  resume = 0;
  /** The passive's half was never verified since its start. */
  unverified = false;
  /** Newest position handed to the channel; null until the passive said from where it wants the stream. */
  sent: Position | null = null;
  /** The passive server understands exactness records. */
  readonly knowsMarks: boolean;
  readonly #records: Records;
  readonly #flushes: Pick<Flushes, 'hurries'>;
  readonly #send: (frame: DataFrame) => void;
  #inFlight: { position: Position; bytes: number }[] = [];
  #inFlightBytes = 0;

  constructor(
    from: {
      readonly queue: Records;
      readonly flushes: Pick<Flushes, 'hurries'>;
      readonly peerSpeaks: (version: number) => void;
    },
    send: (frame: DataFrame) => void,
    version: number,
  ) {
    from.peerSpeaks(version);
    this.knowsMarks = version >= MARKS_FROM_VERSION;
    this.#records = from.queue;
    this.#flushes = from.flushes;
    this.#send = send;
  }

  /** What was on its way for an earlier resume is passed over there. */
  restart(position: Position): void {
    this.sent = position;
    this.#inFlight = [];
    this.#inFlightBytes = 0;
  }

  /** What the passive holds, from whatever connection, need not be sent to it. */
  acknowledged(durable: Position): void {
    if (this.sent !== null && comparePositions(this.sent, durable) < 0) this.sent = durable;
    while (this.#inFlight[0] !== undefined && comparePositions(this.#inFlight[0].position, durable) <= 0) {
      this.#inFlightBytes -= this.#inFlight.shift()?.bytes ?? 0;
    }
  }

  /** Sends what is queued up to there, as far as the bound on what is on its way allows. */
  pump(upTo: Position): void {
    while (this.sent !== null && this.#inFlightBytes < IN_FLIGHT_BYTES_MAX && comparePositions(this.sent, upTo) < 0) {
      const batch = this.#records.read(this.sent, FRAME_RECORD_BYTES);
      if (batch === null) break;
      this.sent = batch.last;
      this.#inFlight.push({ position: batch.last, bytes: batch.records.length });
      this.#inFlightBytes += batch.records.length;
      this.#send({ kind: 'stream', records: batch.records });
    }
    if (this.#flushes.hurries(this.sent)) this.#send(HURRY);
  }
}
