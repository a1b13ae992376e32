/*
 * What it proves: who works in a mounted folder, as root or as another user, is answered as the file system
 * itself answers.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { RecordReplayer } from '../support/record-replayer.ts';

const TRIALS = new URL('../support/posix_trials.py', import.meta.url).pathname;
const run = promisify(execFile);

it('rules of POSIX, Linux and ext4 hold in the mount as they hold beside it, and all of it is in the records', async () => {
  await using mounted = await MountedFolder.start();
  const native = mounted.beside('native');
  fs.mkdirSync(native);
  const expected = await run('python3', [TRIALS, native]);
  const found = await run('python3', [TRIALS, mounted.folder]);
  expect(found.stdout.split('\n')).toEqual(expected.stdout.split('\n'));
  expect(found.stderr).toBe('');
  const again = mounted.beside('again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
});
