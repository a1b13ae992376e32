/**
 * Modes given to open(2) and mkdir(2) count as they are: what is replicated has its mode from the start,
 * and what is the daemon's own is always given one. For the main thread, before any other thread starts.
 */
export function takeModesAsGiven(): void {
  process.umask(0);
}
