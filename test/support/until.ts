import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/**
 * Looks again and again until `look` gives something other than null.
 * @param what - What is waited for, for the message.
 * @param look - Null: not yet. A text in `seen` says what stands there instead.
 * @throws Error after `timeoutMs`, with what was seen last.
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
    const found = await look(seen);
    if (found !== null) return found;
    if (performance.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${last}`);
    await pause(LOOK_EVERY_MS);
  }
}
