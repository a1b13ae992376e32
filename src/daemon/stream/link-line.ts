import { type FrameMemory, ownMemory } from '../../kernel/frame-memory.ts';
import { CONTENT_BYTES_MAX, ContentDraft } from '../active/content-draft.ts';
import { movedWith } from './frame-slots.ts';
import type { Inbox } from './stream-loop.ts';
import type { DataMessage, SentData } from './thread-messages.ts';

/**
 * The stream worker's line to the channel worker. An engine answers what it has met: a frame it sends
 * before it met the end of a connection belongs to that one, and must not reach the peer over the next.
 */
export class LinkLine implements Inbox<DataMessage> {
  readonly #inbox: Inbox<DataMessage>;
  readonly #post: (message: SentData, moved: readonly ArrayBuffer[]) => void;
  readonly #memory: { readonly incoming: FrameMemory; readonly outgoing: FrameMemory };
  readonly #draft: ContentDraft;
  #connection: number | null = null;
  /** The frame that the engine is meeting. */
  #met: Uint8Array | null = null;

  constructor(
    inbox: Inbox<DataMessage>,
    post: (message: SentData, moved: readonly ArrayBuffer[]) => void,
    memory = { incoming: ownMemory, outgoing: ownMemory },
  ) {
    this.#inbox = inbox;
    this.#post = post;
    this.#memory = memory;
    this.#draft = new ContentDraft(memory.outgoing, CONTENT_BYTES_MAX);
  }

  /** The message is met by the engine before the next one is taken; the memory of its frame is not to be used after that. */
  take(): DataMessage | undefined {
    if (this.#met !== null) this.#memory.incoming.free(this.#met);
    const message = this.#inbox.take();
    this.#met = message?.kind === 'frame' ? message.frame : null;
    if (message?.kind === 'up') this.#connection = message.connection;
    else if (message?.kind === 'down') this.#connection = null;
    return message;
  }

  /**
   * Memory for the content of a frame, {@link CONTENT_BYTES_MAX}: what is put there from its beginning is sent
   * without being copied. It is another one's once the frame was sent.
   */
  get contentMemory(): Uint8Array {
    return this.#draft.content;
  }

  /** Sends a frame over the connection that the engine knows of; drops it where there is none. */
  send(parts: readonly Uint8Array[]): void {
    const connection = this.#connection;
    if (connection === null) return;
    const frame = this.#draft.finish(parts) ?? this.#joined(parts);
    this.#post({ kind: 'frame', connection, frame }, movedWith(frame));
  }

  /** Gives up the connection that the engine knows of. */
  renew(): void {
    if (this.#connection !== null) this.#post({ kind: 'renew', connection: this.#connection }, []);
  }

  /** In memory that can be handed to the other thread instead of being copied again. */
  #joined(parts: readonly Uint8Array[]): Uint8Array {
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    const whole = this.#memory.outgoing.take(bytes);
    let offset = 0;
    for (const part of parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
