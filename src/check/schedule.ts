import type { WallMs } from '../kernel/units.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/;

/**
 * The next moment after `now` at which local clocks show `time` ("HH:MM"). By calendar arithmetic, so
 * it stays at that time of day when summer time begins or ends: a time that a day skips comes as much
 * later as the clock jumped, and one that a day has twice is met once, the first time.
 * @returns null where `time` is no time of day.
 */
export function nextDailyTime(time: string, now: WallMs): WallMs | null {
  const parts = TIME_OF_DAY.exec(time);
  if (parts === null) return null;
  const today = new Date(now);
  for (let day = 0; day <= 2; day += 1) {
    const at = new Date(
      today.getFullYear(),
      today.getMonth(),
      today.getDate() + day,
      Number(parts[1]),
      Number(parts[2]),
    ).getTime();
    if (at > now) return at as WallMs;
  }
  return null;
}
