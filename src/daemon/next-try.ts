import type { Timers } from '../kernel/clock.ts';

/** A start that fails takes half a second of a processor. */
const TRY_EVERY_MS = 3000;

/**
 * Waits before a daemon ends whose settings can't be used. A service manager that starts it again at once would try
 * for as long as they are wrong; one that puts it off by itself is an exception (systemd from 254 on).
 * @param start.isManaged - a service manager started it. Who typed the command hears at once.
 * @param start.ranMs - since the process began.
 */
export async function putOffNextTry(start: {
  readonly isManaged: boolean;
  readonly ranMs: number;
  readonly stopAsked: Promise<unknown>;
  readonly timers: Pick<Timers, 'after'>;
}): Promise<void> {
  const { isManaged, ranMs, stopAsked, timers } = start;
  if (!isManaged || ranMs >= TRY_EVERY_MS) return;
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(TRY_EVERY_MS - ranMs, resolve);
  await Promise.race([isOver, stopAsked]);
  cancel();
}
