import { assert } from '../../kernel/assert.ts';
import { lastError } from './errno.ts';
import { errno } from './c-library.ts';
import * as native from './native.ts';
import { takeWake } from './wake.ts';

/** A thread that sleeps here can't be terminated, so it never sleeps longer. */
export const SLEEP_MS_MAX = 1000;

const POLLFD_BYTES = 8;
const POLLIN = 0x1;
const POLLNVAL = 0x20;
const EINTR = 4;

/** A poller on a wake descriptor and on those of the others that are there. */
export function openPoller(wakeDescriptor: number, ...descriptors: readonly (number | null)[]): Poller {
  return new Poller(
    wakeDescriptor,
    descriptors.filter((descriptor) => descriptor !== null),
  );
}

/** Sleeps in one system call until a descriptor is readable, somebody wakes it, or the time is up (poll(2)). */
export class Poller {
  readonly #wakeDescriptor: number;
  readonly #descriptors: readonly number[];
  readonly #pollfds: Buffer;
  #closed = false;

  /**
   * @param wakeDescriptor - from `openWake`; stays its opener's.
   * @param descriptors - stay their openers', and open while this is used.
   */
  constructor(wakeDescriptor: number, descriptors: readonly number[]) {
    this.#wakeDescriptor = wakeDescriptor;
    this.#descriptors = [wakeDescriptor, ...descriptors];
    this.#pollfds = Buffer.alloc(POLLFD_BYTES * this.#descriptors.length);
    for (const [index, descriptor] of this.#descriptors.entries()) {
      this.#pollfds.writeInt32LE(descriptor, index * POLLFD_BYTES);
      this.#pollfds.writeInt16LE(POLLIN, index * POLLFD_BYTES + 4);
    }
  }

  /**
   * @param timeoutMs - rounded up; at most SLEEP_MS_MAX is slept whatever is asked.
   * @returns false when nothing happened. A wake is used up by this.
   */
  wait(timeoutMs: number): boolean {
    assert(!this.#closed, 'a closed poller is not waited on');
    const sleepMs = Math.ceil(Math.min(Math.max(timeoutMs, 0), SLEEP_MS_MAX));
    const ready = native.poll(this.#pollfds, this.#descriptors.length, sleepMs);
    if (ready < 0) {
      if (errno() !== EINTR) throw lastError('poll', 'poller');
      this.#forget();
      return false;
    }
    for (let index = 0; index < this.#descriptors.length; index++) {
      assert((this.#events(index) & POLLNVAL) === 0, 'descriptors stay open while they are polled');
    }
    if (ready > 0 && this.#events(0) !== 0) takeWake(this.#wakeDescriptor);
    return ready > 0;
  }

  /** Was it readable (or failed, which reading will tell) when the last wait ended? */
  isReadable(descriptor: number): boolean {
    const index = this.#descriptors.indexOf(descriptor, 1);
    assert(index > 0, 'only what is polled is asked for');
    return this.#events(index) !== 0;
  }

  /** No more waits. The descriptors stay open. */
  close(): void {
    this.#closed = true;
  }

  #events(index: number): number {
    return this.#pollfds.readInt16LE(index * POLLFD_BYTES + 6);
  }

  #forget(): void {
    for (let index = 0; index < this.#descriptors.length; index++) {
      this.#pollfds.writeInt16LE(0, index * POLLFD_BYTES + 6);
    }
  }
}
