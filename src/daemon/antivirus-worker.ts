import { antivirusOf } from '../diagnosis/antivirus.ts';
import { findScanners, type Scanner } from '../system/scanners.ts';
import { starterPort, threadData } from '../system/threads.ts';
import { giveWay } from '../system/unseen-writers.ts';

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
