import { findHolders, type SoughtFile } from '../system/file-holders.ts';
import { starterPort, threadData } from '../system/threads.ts';
import type { HoldersFound } from './thread-messages.ts';

/** Entry of the worker that finds out who uses files: one search, and it ends. */
function main(): void {
  const files = threadData<readonly SoughtFile[]>();
  const found: HoldersFound = { files, holders: findHolders(files) };
  starterPort().postMessage(found);
}

main();
