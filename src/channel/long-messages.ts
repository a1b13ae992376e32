import { KIB, MIB } from '../kernel/units.ts';
import { type ControlMessage, decodePlain, encodePlain, isRecord, MalformedMessage } from './control-codec.ts';

/** A message that is longer, encoded, goes in parts: a control message has room for one with what stands around it. */
const PART_BYTES_MAX = 192 * KIB;
/** Longest message of the daemons, encoded. */
export const WHOLE_BYTES_MAX = 8 * MIB;

/** A session, as far as it sends. */
interface BodySender {
  send(body: ControlMessage, isUrgent: boolean): boolean;
}

/**
 * Sends a message of the daemons within a session: as it is where one control message holds it, else in parts, which
 * arrive in their order as all ordered messages do.
 * @returns false where too much waits for the peer, or the message is longer than WHOLE_BYTES_MAX or of too many values: it is not delivered.
 */
export function sendWhole(session: BodySender, message: ControlMessage): boolean {
  const bytes = encodePlain(message);
  if (bytes === null || bytes.length > WHOLE_BYTES_MAX) return false;
  if (bytes.length <= PART_BYTES_MAX) return session.send({ type: 'app', message }, false);
  for (let at = 0; at < bytes.length; at += PART_BYTES_MAX) {
    const end = Math.min(at + PART_BYTES_MAX, bytes.length);
    const part = { type: 'part', offset: at, bytes: bytes.subarray(at, end), isLast: end === bytes.length };
    // What arrived of it is given up when the next message begins.
    if (!session.send(part, false)) return false;
  }
  return true;
}

/** Puts a session's parts together. */
export class PartJoiner {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /**
   * Takes the next part.
   * @returns the message, once it is whole.
   * @throws MalformedMessage where it does not go on from the part before, or is longer than any message may be.
   */
  take({ offset, bytes, isLast }: ControlMessage): ControlMessage | null {
    if (offset === 0) this.#clear();
    // Without bytes it goes on for ever.
    if (!(bytes instanceof Uint8Array) || bytes.length === 0 || offset !== this.#bytes)
      throw new MalformedMessage('a part out of place');
    this.#bytes += bytes.length;
    if (this.#bytes > WHOLE_BYTES_MAX) throw new MalformedMessage('parts of a message that is too long');
    this.#parts.push(bytes);
    if (isLast !== true) return null;
    const message = decodePlain(Buffer.concat(this.#parts));
    this.#clear();
    if (!isRecord(message) || typeof message['type'] !== 'string')
      throw new MalformedMessage('a message without a type');
    return message as ControlMessage;
  }

  #clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}
