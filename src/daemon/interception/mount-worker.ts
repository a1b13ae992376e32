import { keptMemory } from '../../intercept/kept-memory.ts';
import type { FileKeeper } from '../../intercept/nameless-files.ts';
import { serve } from '../../intercept/serve.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemNodeCalls } from '../../system/mounts/node-calls.ts';
import { nativeMemoryAt, viewMapped } from '../../system/native/shared-memory.ts';
import { describeThread } from '../../system/processes/processes.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import type { FromMountThread, MountThreadStart } from './mount-threads.ts';

/** An application is held up no longer by a keeper that hangs. */
const KEEP_MS_MAX = 10_000;

/** Entry of a thread that serves a mount. */
function main(): void {
  const port = starterPort();
  const tell = (message: FromMountThread): void => port.postMessage(message);
  const { kept, threads, ring, replies, keptWord, ...start } = threadData<MountThreadStart>();
  const ended = serve({
    calls: systemNodeCalls,
    nowMs: () => systemClock.monotonicMs(),
    ...start,
    kept: keptMemory(kept, threads, { shared: viewMapped, native: nativeMemoryAt }),
    ring: viewMapped(ring),
    replies: replies === null ? null : viewMapped(replies),
    fileKeeper: keptWord === null ? null : fileKeeper(keptWord, tell),
    onAgreement: (agreement) => tell({ kind: 'agreement', agreement }),
    onMounts: () => tell({ kind: 'mounts' }),
    onSettled: () => tell({ kind: 'settled' }),
    onAttempts: (attempts) => tell({ kind: 'attempts', attempts }),
    describe: describeThread,
  });
  tell({ kind: 'ended', ended });
}

/** By way of the main thread, which the keeper answers. */
function fileKeeper(keptWord: SharedArrayBuffer, tell: (message: FromMountThread) => void): FileKeeper {
  const word = new Int32Array(keptWord);
  return {
    keep(low, high, descriptor) {
      Atomics.store(word, 0, 0);
      tell({ kind: 'keep', low, high, descriptor });
      Atomics.wait(word, 0, 0, KEEP_MS_MAX);
    },
    letGo: (low, high) => tell({ kind: 'letGo', low, high }),
  };
}

main();
