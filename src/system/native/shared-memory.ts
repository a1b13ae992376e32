import type { NativeMemory } from '../../kernel/node-calls.ts';
import type { MappedMemory, MappedPlace, Sleep } from '../../kernel/shared-memory.ts';
import { lastError } from './errno.ts';
import { errno, viewOf } from './c-library.ts';
import * as native from './native.ts';

const CLOSE_ON_EXEC = 1;
const READ_AND_WRITE = 3;
const SHARED = 1;
/** Of the whole machine: without FUTEX_PRIVATE_FLAG. */
const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX = process.arch === 'x64' ? 202 : 98;
const ETIMEDOUT = 110;
/** FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE. */
const GIVE_BACK = 3;
const SEEK_END = 2;
const NS_PER_MS = 1_000_000;

/** A struct timespec. */
const timeout = Buffer.alloc(16);

/**
 * Memory without a name (memfd_create(2)) that lives as long as some process has it open or mapped. Whoever is given
 * the descriptor can map it.
 * @returns descriptor, to be closed. @throws FileError
 */
export function makeSharedMemory(bytes: number): number {
  const memory = native.memfd_create('understudy', CLOSE_ON_EXEC);
  if (memory < 0) throw lastError('memfd_create', 'memory');
  if (native.ftruncate(memory, bytes) >= 0) return memory;
  const error = lastError('ftruncate', 'memory');
  native.close(memory);
  throw error;
}

/**
 * Maps a part of such memory, for good: it is a part of this process until it ends, for nothing tells when its last view has
 * gone. Once for a process: each of its threads makes a view of its own.
 * @param offset - where the part begins; a multiple of a page.
 * @throws FileError
 */
export function placeMemory(descriptor: number, bytes: number, offset = 0): MappedPlace {
  const address = native.mmap(0, bytes, READ_AND_WRITE, SHARED, descriptor, offset);
  if (address < 0 || address > Number.MAX_SAFE_INTEGER) throw lastError('mmap', 'memory');
  return { address, bytes };
}

/** A view of mapped memory. Atomics work on it; who sleeps on it does so by futex(2), for it is no SharedArrayBuffer. */
export function viewMapped({ address, bytes }: MappedPlace): MappedMemory {
  return { buffer: viewOf(address, bytes), sleep: sleepAt(address) };
}

/** The same for calls of the kernel. */
export function nativeMemoryAt({ address, bytes }: MappedPlace): NativeMemory {
  return { bytes: new Uint8Array(viewOf(address, bytes)), address };
}

/** As {@link placeMemory}, with a view of it. @throws FileError */
export function mapSharedMemory(descriptor: number, bytes: number, offset = 0): MappedMemory {
  return viewMapped(placeMemory(descriptor, bytes, offset));
}

/** Gives back what such memory takes, wherever it is mapped: it is zeros from now on. Nobody may use it any more. */
export function emptyMemory(descriptor: number, bytes: number): void {
  native.fallocate(descriptor, GIVE_BACK, 0, bytes);
}

/** Bytes of it. @throws FileError */
export function sizeOfMemory(descriptor: number): number {
  const bytes = native.lseek(descriptor, 0, SEEK_END);
  if (bytes < 0) throw lastError('lseek', 'memory');
  return Number(bytes);
}

function sleepAt(base: number): Sleep {
  const addressOf = (words: Int32Array, at: number): number => base + words.byteOffset + at * words.BYTES_PER_ELEMENT;
  return {
    wait(words, at, expected, timeoutMs) {
      timeout.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0);
      timeout.writeBigInt64LE(BigInt(Math.floor((timeoutMs % 1000) * NS_PER_MS)), 8);
      const outcome = native.futex(FUTEX, addressOf(words, at), FUTEX_WAIT, expected, timeout);
      return outcome >= 0 || errno() !== ETIMEDOUT;
    },
    wake(words, at, count) {
      native.futex(FUTEX, addressOf(words, at), FUTEX_WAKE, count, null);
    },
  };
}
