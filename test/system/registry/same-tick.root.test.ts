/**
 * What it proves: of two changes within one tick of the clock that tells the times of files, the second is not missed
 * by who has read the first. On a file system that tells ticks only; others of these days tell such changes apart.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { byteFiles } from '../../../src/system/files/byte-files.ts';

const ROUNDS = 20;

it('a change that follows another at once has another stamp', () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-tick-'));
  execFileSync('mount', ['-t', 'ramfs', 'ramfs', folder]);
  try {
    const path = join(folder, 'settings.reg');
    for (let round = 0; round < ROUNDS; round += 1) {
      fs.writeFileSync(path, 'one');
      const before = byteFiles.stamp(path);
      fs.writeFileSync(path, 'two');
      expect(byteFiles.stamp(path), `round ${round}`).not.toBe(before);
    }
  } finally {
    execFileSync('umount', [folder]);
    fs.rmdirSync(folder);
  }
});
