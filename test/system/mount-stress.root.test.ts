/*
 * What it proves: the stressors of stress-ng for file systems, each checking what it does, find no fault in a mounted
 * folder that they do not find in the file system itself. A few of them in `npm test`, all in `npm run proof mount-stress`.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { proofRuns } from '../support/proof-runs.ts';

/** The first ones are those of `npm test`. */
const STRESSORS = [
  ['rename', 'fallocate', 'iomix', 'xattr'],
  [
    'copy-file',
    'locka',
    'access',
    'aio',
    'chattr',
    'chdir',
    'chmod',
    'chown',
    'dentry',
    'dir',
    'dirdeep',
    'dirmany',
    'dup',
    'fcntl',
    'fiemap',
  ],
  ['file-ioctl', 'filename', 'flock', 'fpunch', 'fstat', 'getdent', 'handle', 'hdd', 'inode-flags', 'inotify', 'io'],
  ['lease', 'link', 'lockf', 'lockofd', 'mknod', 'mmap', 'mmapfork', 'msync', 'open', 'pipe', 'readahead', 'revio'],
  [
    'seek',
    'seal',
    'sendfile',
    'splice',
    'symlink',
    'sync-file',
    'touch',
    'truncate',
    'utime',
    'verity',
    'fsize',
    'io-uring',
  ],
] as const;
const NAMES = STRESSORS.slice(0, proofRuns({ short: 1, full: STRESSORS.length })).flat();
const SECONDS = proofRuns({ short: 1, full: 2 });
const LONG_MS = 1_200_000;
/** Some take a gigabyte, and what the one before them had is free only with ext4's next commit. */
const DISK_MIB = 4096;
const run = promisify(execFile);

/** Status with which it ends: 0 where all is well, 2 where a check failed, 3 and 4 where it can't be done here. */
async function statusOf(stressor: string, folder: string): Promise<{ readonly status: number; readonly said: string }> {
  const parameters = [`--${stressor}`, '2', '--timeout', String(SECONDS), '--verify', '--temp-path', folder];
  try {
    await run('stress-ng', parameters);
    return { status: 0, said: '' };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, said: `${stdout}${stderr}` };
  }
}

it(
  'no stressor fails in the mount that does not fail on the file system itself',
  async () => {
    await using mounted = await MountedFolder.start({ diskMib: DISK_MIB });
    const native = mounted.beside('native');
    fs.mkdirSync(native);
    const worse: unknown[] = [];
    for (const stressor of NAMES) {
      const expected = await statusOf(stressor, native);
      const found = await statusOf(stressor, mounted.folder);
      if (found.status > expected.status) worse.push({ stressor, expected, found });
    }
    expect(worse).toEqual([]);
    expect((await mounted.records()).length).toBeGreaterThan(0);
    expect(compareManifests(manifestOf(mounted.underneath), manifestOf(mounted.folder))).toEqual([]);
  },
  LONG_MS,
);
