import { isMainThread } from 'node:worker_threads';

/**
 * Loaded before a program (`node --import`) whose standard input is held open by the process that
 * started it: when that one has gone, killed or not, the program is asked to stop. It needs to know
 * nothing about it.
 */
const STOP_MS = 5_000;

function stop(): void {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
}

if (isMainThread) {
  const { stdin } = process;
  stdin.on('end', stop).on('error', stop).resume();
  // Waiting for it must not keep a program alive that is done.
  (stdin as { unref?: () => void }).unref?.();
}
