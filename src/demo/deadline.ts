import { pause } from '../cli/waiting.ts';
import { Problem } from '../problems/problem.ts';
import { systemClock } from '../system/machine/clock.ts';
import { systemTimers } from '../system/machine/timers.ts';

const LOOK_EVERY_MS = 100;

/** Somebody ended the demo: Ctrl-C or a signal. */
export class Ended extends Error {
  override readonly name = 'Ended';
}

export interface Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Looks again and again until `look` gives something other than null.
 * @param what - what is waited for, for the message: `the daemons to answer`.
 * @param look - may leave in `seen` what stands there instead.
 * @throws Problem CLI-014 when it is late, Ended when the signal is aborted.
 */
export async function awaited<Found>(
  what: string,
  deadline: Deadline,
  look: (seen: (text: string) => void) => Found | null | Promise<Found | null>,
): Promise<Found> {
  const { timeoutMs, signal } = deadline;
  const end = systemClock.monotonicMs() + timeoutMs;
  let last = 'nothing';
  for (;;) {
    if (signal.aborted) throw new Ended();
    const found = await look((text) => {
      last = text;
    });
    if (found !== null) return found;
    if (systemClock.monotonicMs() >= end) {
      throw new Problem('CLI-014', {
        reason: `waited ${timeoutMs / 1000} s for ${what}; seen at last: ${last.replace(/\.$/, '')}`,
      });
    }
    await pause(systemTimers, LOOK_EVERY_MS, signal);
  }
}

/** @throws Ended when the signal is aborted meanwhile. */
export async function passing(delayMs: number, signal: AbortSignal): Promise<void> {
  await pause(systemTimers, delayMs, signal);
  if (signal.aborted) throw new Ended();
}
