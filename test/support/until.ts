import { setTimeout as pause } from 'node:timers/promises';
import { isProblem, type ProblemCode } from '../../src/problems/problem.ts';

const LOOK_EVERY_MS = 20;
/** Whoever is asked gives no answer at the moment: it is being started, stands still, or the two servers are apart. */
const NO_ANSWER: readonly ProblemCode[] = ['CLI-001', 'CLI-012', 'DMN-001', 'DIA-003'];
/** What is looked at is not there yet, is being replaced, or ended while it was looked at. */
const NOT_THERE: readonly unknown[] = ['ENOENT', 'ESRCH'];

/**
 * Looks again and again until `look` gives something other than null. A look at what is not there for a moment, or at
 * somebody who gives no answer for a moment, is one that says: not yet.
 * @param what - What is waited for, for the message.
 * @param look - Null: not yet. A text in `seen` says what stands there instead.
 * @throws Error after `timeoutMs`, with what was seen last; and whatever else a look throws.
 */
export async function until<Found>(
  what: string,
  timeoutMs: number,
  look: (seen: (text: string) => void) => Found | null | Promise<Found | null>,
): Promise<Found> {
  const deadline = performance.now() + timeoutMs;
  let last = 'nothing';
  const seen = (text: string): void => {
    last = text;
  };
  for (;;) {
    const found = await looked(look, seen);
    if (found !== null) return found;
    if (performance.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${last}`);
    await pause(LOOK_EVERY_MS);
  }
}

async function looked<Found>(
  look: (seen: (text: string) => void) => Found | null | Promise<Found | null>,
  seen: (text: string) => void,
): Promise<Found | null> {
  try {
    return await look(seen);
  } catch (error) {
    if (!isPassing(error)) throw error;
    seen(String(error));
    return null;
  }
}

function isPassing(error: unknown): boolean {
  if (isProblem(error)) return NO_ANSWER.includes(error.code);
  return error instanceof Error && NOT_THERE.includes((error as NodeJS.ErrnoException).code);
}
