import * as native from '../native/native.ts';

export const READABLE = 0x1;
export const WRITABLE = 0x4;
const POLLFD_BYTES = 8;
/** So often, at most, it is looked for answers that came in time to somebody who comes late. */
const LATE_LOOKS_MAX = 100;

/** Flags of socket(2): it does not wait, and no program that is started inherits it. */
export const NOT_WAITING = 0x8_0800;

/** A question to the network that is answered by a packet, or not at all. */
export interface Probe {
  /** Null once there is nothing to wait for. */
  readonly descriptor: number | null;
  /** {@link READABLE} or {@link WRITABLE}. */
  readonly waitsFor: number;
  /** When it stops waiting by itself; in milliseconds since the wait began. What lies there by then is still taken. */
  readonly untilMs: number;
  /** Its descriptor is ready, or has failed. @param passedMs - since the wait began. */
  ready(passedMs: number): void;
  close(): void;
}

/**
 * Waits for all of them at once, in this thread, which does nothing else meanwhile. They are closed then.
 * @param nowMs - of a monotonic clock.
 */
export function awaitAnswers(probes: readonly Probe[], nowMs: () => number): void {
  const begin = nowMs();
  try {
    for (let lateLooks = 0; lateLooks < LATE_LOOKS_MAX; ) {
      const passedMs = nowMs() - begin;
      const open = probes.filter(({ descriptor }) => descriptor !== null);
      if (open.length === 0) return;
      const structures = Buffer.alloc(POLLFD_BYTES * open.length);
      for (const [index, { descriptor, waitsFor }] of open.entries()) {
        structures.writeInt32LE(descriptor ?? -1, index * POLLFD_BYTES);
        structures.writeInt16LE(waitsFor, index * POLLFD_BYTES + 4);
      }
      const leftMs = Math.min(...open.map(({ untilMs }) => untilMs - passedMs));
      if (leftMs <= 0) lateLooks += 1;
      if (native.poll(structures, open.length, Math.max(0, Math.ceil(leftMs))) < 0) continue;
      const readyMs = nowMs() - begin;
      for (const [index, probe] of open.entries()) {
        if (structures.readInt16LE(index * POLLFD_BYTES + 6) !== 0) probe.ready(readyMs);
        // It was looked at once more behind its time: this thread may have stood still all the while.
        else if (probe.untilMs <= passedMs) probe.close();
      }
    }
  } finally {
    for (const probe of probes) probe.close();
  }
}
