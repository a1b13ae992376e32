import { encodeMessage } from './control-codec.ts';
import type { ControlMessage } from './control-codec.ts';

/** Messages and bytes kept for the peer's acknowledgement; beyond, sending is refused. */
const MESSAGES_MAX = 4096;
const BYTES_MAX = 8 * 1024 * 1024;

/**
 * Ordered messages of one session that the peer has not acknowledged. They are sent again when
 * another connection takes over, so a session loses none and repeats none.
 */
export class Outbox {
  #waiting: { readonly number: number; readonly frame: Uint8Array }[] = [];
  #bytes = 0;
  #last = 0;

  /** Numbers and encodes a message; null where too much waits. `isUrgent` goes beyond the limit. */
  add(message: { session: string; body: ControlMessage; isUrgent: boolean }): Uint8Array | null {
    const { session, body, isUrgent } = message;
    if (!isUrgent && (this.#waiting.length >= MESSAGES_MAX || this.#bytes >= BYTES_MAX)) return null;
    const frame = encodeMessage({ type: 'ordered', session, number: this.#last + 1, body });
    this.#last += 1;
    this.#waiting.push({ number: this.#last, frame });
    this.#bytes += frame.length;
    return frame;
  }

  /** The peer holds everything up to this number. @returns false where it can't know that number. */
  acknowledge(number: number): boolean {
    if (number > this.#last) return false;
    let done = 0;
    for (const entry of this.#waiting) {
      if (entry.number > number) break;
      done += 1;
      this.#bytes -= entry.frame.length;
    }
    if (done > 0) this.#waiting.splice(0, done);
    return true;
  }

  /** What the peer may not have, in order. */
  frames(): readonly Uint8Array[] {
    return this.#waiting.map((entry) => entry.frame);
  }
}
