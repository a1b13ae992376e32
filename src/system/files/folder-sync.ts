import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes durable which names the folder has. @throws as open(2) and fsync(2), with Node's own errors. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
