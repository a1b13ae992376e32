import type { NativeMemory } from '../kernel/node-calls.ts';
import { PROGRESS_BYTES } from './progress.ts';

const PAGE_BYTES = 4096;
/** The most that one WRITE carries and one READ asks for. */
export const DATA_BYTES_MAX = 1024 * 1024;
/** Behind its data a request takes no more than this. */
const REQUEST_REST_BYTES = 2 * PAGE_BYTES;
/** Of a WRITE, before its data. */
const WRITE_HEAD_BYTES = 80;
const REPLY_HEAD_BYTES = 16;
export const ENTRIES_BYTES = 64 * 1024;

/** What a thread keeps in the piece of memory that the kernel reads and writes, by offset. */
export interface MemoryPlan {
  readonly memory: NativeMemory;
  /** Words of how far the request is. */
  readonly progress: number;
  /** The data of a WRITE begins at a page, so that it can go to the disk as it lies here (O_DIRECT). */
  readonly request: number;
  readonly requestBytes: number;
  /** The data of a READ begins at a page. */
  readonly reply: number;
  /** Three structures statx. */
  readonly node: number;
  readonly folder: number;
  readonly otherFolder: number;
  readonly handle: number;
  readonly mountId: number;
  /** The empty name, and the name of a folder in itself. */
  readonly nameless: number;
  readonly self: number;
  readonly times: number;
  /** Eight bytes with the number 1. */
  readonly one: number;
  readonly path: number;
  readonly fileSystem: number;
  readonly entries: number;
}

const REQUEST_BYTES = DATA_BYTES_MAX + REQUEST_REST_BYTES;
const REPLY = PAGE_BYTES + REQUEST_BYTES + PAGE_BYTES;
const ENTRIES = REPLY + DATA_BYTES_MAX + PAGE_BYTES;
const SMALL = ENTRIES + ENTRIES_BYTES;
/** Of a thread's memory; whole pages. */
export const THREAD_BYTES = SMALL + PAGE_BYTES;

/** Changes nothing that is in the memory but what is the same in each. @param memory - THREAD_BYTES, zeros at first. */
export function planMemory(memory: NativeMemory): MemoryPlan {
  const small = SMALL;
  const plan = {
    memory,
    progress: PAGE_BYTES - WRITE_HEAD_BYTES - 2 * PROGRESS_BYTES,
    request: PAGE_BYTES - WRITE_HEAD_BYTES,
    requestBytes: REQUEST_BYTES,
    reply: REPLY - REPLY_HEAD_BYTES,
    entries: ENTRIES,
    node: small,
    folder: small + 256,
    otherFolder: small + 512,
    handle: small + 768,
    mountId: small + 800,
    nameless: small + 808,
    self: small + 816,
    times: small + 832,
    one: small + 864,
    path: small + 896,
    fileSystem: small + 1024,
  };
  memory.bytes[plan.self] = '.'.charCodeAt(0);
  return plan;
}

/**
 * Sees to it that the memory a request is read into is there: a process that is killed while the kernel has to find
 * some for it would make the request fail.
 */
export function holdReady({ memory: { bytes }, request, requestBytes }: MemoryPlan): void {
  for (let at = request; at < request + requestBytes; at += PAGE_BYTES) {
    const [same = 0] = bytes.subarray(at, at + 1);
    bytes[at] = same;
  }
}
