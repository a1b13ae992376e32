import { findHolders, type SoughtFile } from '../../system/processes/file-holders.ts';
import { starterPort, threadData } from '../../system/processes/threads.ts';
import type { HoldersFound } from './thread-messages.ts';

/** Entry of the worker that finds out who uses files: one search, and it ends. */
function main(): void {
  const files = threadData<readonly SoughtFile[]>();
  const found: HoldersFound = { files, holders: findHolders(files) };
  starterPort().postMessage(found);
}

main();
