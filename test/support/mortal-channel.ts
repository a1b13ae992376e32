/** Preloaded into a daemon, it ends the channel worker, and each that follows it, as long as a file says so. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';

const LOOK_EVERY_MS = 20;

/** The file in the daemon's state folder. */
export const ENDS_CHANNEL = 'test-ends-channel';

const start = (
  workerData as { readonly data?: { readonly credentials?: unknown; readonly stateDirectory?: string } } | null
)?.data;
if (start?.credentials !== undefined && start.stateDirectory !== undefined) {
  const mark = join(start.stateDirectory, ENDS_CHANNEL);
  const look = (): void => {
    if (existsSync(mark)) throw new Error('a test ends this thread');
  };
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
}
