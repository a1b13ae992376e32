import type { Inbox } from './stream-loop.ts';
import type { DataMessage } from './thread-messages.ts';

/**
 * The stream worker's line to the channel worker. An engine answers what it has met: a frame it sends
 * before it met the end of a connection belongs to that one, and must not reach the peer over the next.
 */
export class LinkLine implements Inbox<DataMessage> {
  readonly #inbox: Inbox<DataMessage>;
  readonly #post: (message: DataMessage, moved: readonly ArrayBuffer[]) => void;
  #connection: number | null = null;

  constructor(inbox: Inbox<DataMessage>, post: (message: DataMessage, moved: readonly ArrayBuffer[]) => void) {
    this.#inbox = inbox;
    this.#post = post;
  }

  /** The message is met by the engine before the next one is taken. */
  take(): DataMessage | undefined {
    const message = this.#inbox.take();
    if (message?.kind === 'up') this.#connection = message.connection;
    else if (message?.kind === 'down') this.#connection = null;
    return message;
  }

  /** Sends a frame over the connection that the engine knows of; drops it where there is none. */
  send(parts: readonly Uint8Array[]): void {
    const connection = this.#connection;
    if (connection === null) return;
    const frame = joined(parts);
    this.#post({ kind: 'frame', connection, frame }, [frame.buffer]);
  }
}

/** In memory of its own, so that it can be handed to another thread instead of being copied again. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
