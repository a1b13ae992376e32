import { serve } from '../intercept/serve.ts';
import { systemClock } from '../system/clock.ts';
import { systemNodeCalls } from '../system/node-calls.ts';
import { describeThread } from '../system/processes.ts';
import { starterPort, threadData } from '../system/threads.ts';
import type { FromMountThread, MountThreadStart } from './mount-threads.ts';

/** Entry of a thread that serves a mount. */
function main(): void {
  const port = starterPort();
  const tell = (message: FromMountThread): void => port.postMessage(message);
  const ended = serve({
    calls: systemNodeCalls,
    nowMs: () => systemClock.monotonicMs(),
    ...threadData<MountThreadStart>(),
    onAgreement: (agreement) => tell({ kind: 'agreement', agreement }),
    onMounts: () => tell({ kind: 'mounts' }),
    onAttempts: (attempts) => tell({ kind: 'attempts', attempts }),
    describe: describeThread,
  });
  tell({ kind: 'ended', ended });
}

main();
