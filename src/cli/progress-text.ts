import type { CheckProgress } from '../api/status.ts';
import { formatCount } from '../kernel/count-text.ts';
import { formatRemaining } from './quantity.ts';
import { formatBytes } from '../kernel/size-text.ts';

const BAR_WIDTH = 24;

/** How far a check has come, from 0 to 1. Bytes count where there are any; otherwise items. */
export function progressFraction(progress: CheckProgress): number {
  const { bytesDone, bytesTotal, itemsDone, itemsTotal } = progress;
  if (itemsTotal === 0 && bytesTotal === 0) return 0;
  const items = itemsTotal === 0 ? 1 : itemsDone / itemsTotal;
  const bytes = bytesTotal === 0 ? items : bytesDone / bytesTotal;
  // The slower of both: neither a tree of empty files nor a single large one seems done too early.
  return Math.max(0, Math.min(1, items, bytes));
}

/** `[########----------------]  33 %` */
export function progressBar(progress: CheckProgress): string {
  const fraction = progressFraction(progress);
  const full = Math.floor(fraction * BAR_WIDTH);
  const percent = Math.floor(fraction * 100)
    .toString()
    .padStart(3);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${percent} %`;
}

/** Items, bytes, rate and time left. */
export function progressFigures(progress: CheckProgress): string {
  const parts = [
    `${formatCount(progress.itemsDone)} of ${formatCount(progress.itemsTotal)} items`,
    `${formatBytes(progress.bytesDone)} of ${formatBytes(progress.bytesTotal)}`,
    `${formatBytes(progress.bytesPerSecond)}/s`,
  ];
  if (progress.remainingMs !== null) parts.push(`${formatRemaining(progress.remainingMs)} left`);
  return parts.join(', ');
}
