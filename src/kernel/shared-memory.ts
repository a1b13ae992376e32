/** How somebody sleeps until a word of shared memory is changed. */
export interface Sleep {
  /** Sleeps while the word is as expected, until it is woken. It may wake by itself. @returns false where the time was over. */
  wait(words: Int32Array, at: number, expected: number, timeoutMs: number): boolean;
  /** Wakes so many of those who sleep on the word. */
  wake(words: Int32Array, at: number, count: number): void;
}

/** Memory that other processes see, too. */
export interface MappedMemory {
  readonly buffer: ArrayBuffer;
  readonly sleep: Sleep;
}

/** Where such memory is mapped in this process: all its threads see it there. */
export interface MappedPlace {
  readonly address: number;
  readonly bytes: number;
}

/** Memory that several threads see, of one process or of more. */
export type SharedMemory = SharedArrayBuffer | MappedMemory;

export function bufferOf(memory: SharedMemory): ArrayBufferLike {
  return memory instanceof SharedArrayBuffer ? memory : memory.buffer;
}

export function sleepOf(memory: SharedMemory): Sleep {
  return memory instanceof SharedArrayBuffer ? AMONG_THREADS : memory.sleep;
}

const AMONG_THREADS: Sleep = {
  wait: (words, at, expected, timeoutMs) => Atomics.wait(words, at, expected, timeoutMs) !== 'timed-out',
  wake: (words, at, count) => {
    Atomics.notify(words, at, count);
  },
};
