import { lastError } from './errno.ts';
import { errno } from './c-library.ts';
import * as native from './native.ts';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const EAGAIN = 11;
const COUNTER_BYTES = 8;

const one = Buffer.alloc(COUNTER_BYTES);
one.writeBigUInt64LE(1n);
const taken = Buffer.alloc(COUNTER_BYTES);

/**
 * Descriptors given back. They are never closed: another thread may still hold the number, and its
 * late wake would be written into whatever file got that number next.
 */
const free: number[] = [];

/** A descriptor that any thread of this process can make readable, for a poller to sleep on (eventfd(2)). */
export function openWake(): number {
  const kept = free.pop();
  if (kept !== undefined) {
    takeWake(kept);
    return kept;
  }
  return openOwnWake();
}

/**
 * One that nobody wakes but its owner, so that a wake has a meaning: none comes late from whoever had the descriptor
 * before. It is closed like any other.
 */
export function openOwnWake(): number {
  const descriptor = native.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw lastError('eventfd', 'eventfd');
  return descriptor;
}

/** For whoever opened it. A wake that comes later does no harm. */
export function closeWake(descriptor: number): void {
  free.push(descriptor);
}

/** Ends the sleep of the poller on this descriptor, or its next one. From any thread. */
export function wake(descriptor: number): void {
  if (native.write(descriptor, one, COUNTER_BYTES) >= 0) return;
  // EAGAIN: the counter is full, so the sleeper is awake already.
  if (errno() !== EAGAIN) throw lastError('write', 'eventfd');
}

/** Makes it unreadable until the next wake. */
export function takeWake(descriptor: number): void {
  if (native.read(descriptor, taken, COUNTER_BYTES) < 0 && errno() !== EAGAIN) {
    throw lastError('read', 'eventfd');
  }
}
