import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeSize } from '../../kernel/tree-size.ts';
import { systemClock } from '../machine/clock.ts';

const BLOCK_BYTES = 512;

/**
 * Walks a folder, within its file system, for at most so long. What can't be read counts nothing.
 */
export function treeSize(path: string, limitMs: number): TreeSize {
  const end = systemClock.monotonicMs() + limitMs;
  const waiting = [path];
  const seen = new Set<number>();
  let device: number | null = null;
  let [bytes, folders] = [0, 0];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (systemClock.monotonicMs() > end) return { bytes, folders, isWhole: false };
    folders += 1;
    for (const entry of namesIn(folder)) {
      const status = lstatSync(join(folder, entry), { throwIfNoEntry: false });
      device ??= status?.dev ?? null;
      if (status === undefined || status.dev !== device) continue;
      if (status.isDirectory()) waiting.push(join(folder, entry));
      else if (status.nlink === 1 || !seen.has(status.ino)) bytes += status.blocks * BLOCK_BYTES;
      if (status.nlink > 1) seen.add(status.ino);
    }
  }
  return { bytes, folders, isWhole: true };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
