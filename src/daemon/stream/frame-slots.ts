import { DATA_BYTES_MAX } from '../../channel/framing.ts';
import { FRAME_HEADER_BYTES, type FrameMemory, ownMemory } from '../../kernel/frame-memory.ts';
import { KIB } from '../../kernel/units.ts';

/** The windows of stream and pulls together, in frames; frames beyond that have memory of their own. */
const SLOTS = 24;
const PAGE_BYTES = 4 * KIB;
const SLOT_BYTES = Math.ceil((FRAME_HEADER_BYTES + DATA_BYTES_MAX) / PAGE_BYTES) * PAGE_BYTES;
/** In front of the slots: which of them are taken. */
const FLAGS_BYTES = PAGE_BYTES;

/** Memory for the frames of one direction, to be handed to both threads. Only what was used of it is resident. */
export function slotMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(FLAGS_BYTES + SLOTS * SLOT_BYTES);
}

/**
 * Memory of frames that two threads share, so that none is allocated for each: allocating a large
 * block for every frame costs page faults, and makes each thread look for garbage all the time. One
 * thread takes slots, the other gives them back; what comes here by mistake of another memory is left alone.
 */
export class FrameSlots implements FrameMemory {
  readonly #memory: SharedArrayBuffer;
  readonly #isTaken: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
    this.#isTaken = new Int32Array(memory, 0, SLOTS);
  }

  take(bytes: number): Uint8Array {
    for (let slot = 0; slot < SLOTS && FRAME_HEADER_BYTES + bytes <= SLOT_BYTES; slot++) {
      if (Atomics.compareExchange(this.#isTaken, slot, 0, 1) !== 0) continue;
      return Buffer.from(this.#memory, FLAGS_BYTES + slot * SLOT_BYTES + FRAME_HEADER_BYTES, bytes);
    }
    return ownMemory.take(bytes);
  }

  free(frame: Uint8Array): void {
    if (isShared(frame)) Atomics.store(this.#isTaken, Math.floor((frame.byteOffset - FLAGS_BYTES) / SLOT_BYTES), 0);
  }

  /** Nothing is on its way for a while. @param discard - gives memory back whose content nobody needs. */
  rest(discard: (memory: Uint8Array) => void): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      if (Atomics.compareExchange(this.#isTaken, slot, 0, 1) !== 0) continue;
      discard(new Uint8Array(this.#memory, FLAGS_BYTES + slot * SLOT_BYTES, SLOT_BYTES));
      Atomics.store(this.#isTaken, slot, 0);
    }
  }
}

/** What has to be moved with a message that carries the frame; shared memory stays where it is. */
export function movedWith(frame: Uint8Array): ArrayBuffer[] {
  return isShared(frame) ? [] : [frame.buffer as ArrayBuffer];
}

function isShared(frame: Uint8Array): boolean {
  return frame.buffer instanceof SharedArrayBuffer;
}
