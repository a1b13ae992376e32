import { antivirusOf } from '../../diagnosis/antivirus.ts';
import { findScanners, type Scanner } from '../../system/processes/scanners.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import { giveWay } from '../../system/processes/unseen-writers.ts';

/** Entry of the worker that looks for antivirus: once, and it ends. It is started with the real protected folders. */
function main(): void {
  giveWay();
  const scanners: readonly Scanner[] = findScanners(
    threadData<readonly string[]>(),
    (process) => antivirusOf(process) !== null,
  );
  starterPort().postMessage(scanners);
}

main();
