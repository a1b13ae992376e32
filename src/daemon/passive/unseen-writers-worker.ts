import { fromLatin1 } from '../../kernel/byte-string.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import { systemTimers } from '../../system/machine/timers.ts';
import { devicesOf, findUnseenWriters, giveWay, processorMs } from '../../system/processes/unseen-writers.ts';
import type { FromUnseenWriters, UnseenWritersStart } from './unseen-writers-thread.ts';

/** Rest between two looks at all processes, at least; … */
const REST_MS = 4500;
/** … and this many times the processor time that the last one took, so that they cost a bounded share of a processor. */
const REST_FACTOR = 9;

/** Entry of the worker that looks for processes which can change files without notice. */
function main(): void {
  const { folders } = threadData<UnseenWritersStart>();
  const real = folders.map(fromLatin1);
  const port = starterPort();
  let told = '';
  giveWay();
  const look = (): void => {
    const beganMs = processorMs();
    const writers: FromUnseenWriters = findUnseenWriters(devicesOf(real));
    const text = JSON.stringify(writers);
    if (text !== told) port.postMessage(writers);
    told = text;
    systemTimers.after(Math.max(REST_MS, REST_FACTOR * (processorMs() - beganMs)), look);
  };
  look();
}

main();
