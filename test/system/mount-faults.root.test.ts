/*
 * What it proves: what fails underneath a mount fails for the application in the same way, and is not recorded; a
 * call that hangs holds up nobody else; a disk that is full is one; a server that breaks down takes its mount
 * with it and leaves the folder whole.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { codeOf } from '../support/error-code.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 60_000;
const SMALL_MIB = 32;
const MIB = 1024 * 1024;
const run = promisify(execFile);

it('errors reach the application, and what failed is not in the records', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const at = (name: string): string => join(mounted.folder, name);
  fs.writeFileSync(at('file'), 'before');
  const file = fs.openSync(at('file'), 'r+');
  const failing: readonly (readonly [call: string, error: string, action: () => void])[] = [
    ['pwrite', 'EIO', () => fs.writeSync(file, 'lost')],
    ['pwrite', 'ENOSPC', () => fs.writeSync(file, 'lost')],
    ['fdatasync', 'EIO', () => fs.fdatasyncSync(file)],
    ['fsync', 'EIO', () => fs.fsyncSync(file)],
    ['openat', 'ENOSPC', () => fs.writeFileSync(at('new'), '')],
    ['mkdirat', 'ENOSPC', () => fs.mkdirSync(at('new'))],
    ['renameat2', 'EIO', () => fs.renameSync(at('file'), at('new'))],
    ['unlinkat', 'EROFS', () => fs.unlinkSync(at('file'))],
    ['ftruncate', 'EIO', () => fs.ftruncateSync(file, 1)],
    ['chmod', 'EPERM', () => fs.chmodSync(at('file'), 0o600)],
    ['fchownat', 'EPERM', () => fs.chownSync(at('file'), 1, 1)],
    ['utimensat', 'EIO', () => fs.utimesSync(at('file'), 1, 1)],
    ['symlinkat', 'ENOSPC', () => fs.symlinkSync('x', at('new'))],
    ['linkat', 'EMLINK', () => fs.linkSync(at('file'), at('new'))],
  ];
  for (const [call, error, action] of failing) {
    const end = mounted.faults.begin({ call, error });
    expect([call, codeOf(action)]).toEqual([call, error]);
    end();
  }
  fs.writeSync(file, 'after', 0);
  fs.closeSync(file);
  expect(fs.readdirSync(mounted.folder)).toEqual(['file']);
  const again = mounted.beside('again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
});

it('what was done and cannot be told ends the records: none of them is silently missing', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  fs.mkdirSync(join(mounted.folder, 'recorded'));
  expect((await mounted.records()).length).toBeGreaterThan(0);
  const end = mounted.faults.begin({ call: 'name_to_handle_at', path: '*made', error: 'EIO' });
  expect(codeOf(() => fs.writeFileSync(join(mounted.folder, 'made'), ''))).toBe('EIO');
  end();
  await expect(mounted.records()).rejects.toThrow('lost');
  expect(fs.readdirSync(mounted.folder).sort()).toEqual(['made', 'recorded']);
});

it('a sync that hangs holds up nobody else', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const path = join(mounted.folder, 'file');
  fs.writeFileSync(path, 'content');
  const end = mounted.faults.begin({ call: 'fdatasync', delayMs: -1 });
  let isSynced = false;
  const synced = run('python3', ['-c', 'import os, sys; os.fdatasync(os.open(sys.argv[1], os.O_RDWR))', path]).then(
    () => {
      isSynced = true;
    },
  );
  const { file: orders } = mounted.faults;
  await until('the sync to hang', WAIT_MS, () => {
    const names = fs.readdirSync(dirname(orders));
    return names.some((name) => name.startsWith(`${basename(orders)}.waiting-`)) ? true : null;
  });
  // Not by calls that this thread waits in: were they to hang, nothing here would go on.
  for (let count = 0; count < 200; count++) {
    await fs.promises.writeFile(join(mounted.folder, `other-${count}`), 'content');
  }
  expect(isSynced).toBe(false);
  end();
  await synced;
});

it('a disk that is full is one, and goes on when there is room', async () => {
  await using mounted = await MountedFolder.start({ diskMib: SMALL_MIB });
  const path = join(mounted.folder, 'large');
  const file = fs.openSync(path, 'w');
  const data = Buffer.alloc(MIB / 4, 7);
  let written = 0;
  const fill = (): void => {
    for (;;) written += fs.writeSync(file, data);
  };
  expect(codeOf(fill)).toBe('ENOSPC');
  expect(fs.fstatSync(file).size).toBe(written);
  expect(fs.statSync(join(mounted.underneath, 'large')).size).toBe(written);
  fs.ftruncateSync(file, MIB);
  expect(fs.writeSync(file, data)).toBe(data.length);
  fs.closeSync(file);
});

it('a server that breaks down says so, takes its mount away, and leaves the folder whole [CAP-034]', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const path = join(mounted.folder, 'file');
  fs.writeFileSync(path, 'content');
  const file = fs.openSync(path, 'r+');
  mounted.faults.begin({ call: 'epoll_wait', error: 'EIO' });
  expect(await mounted.next()).toMatch(/^CAP-034 .*EIO/);
  mounted.faults.end();
  const code = await until('what was open to fail', WAIT_MS, (seen) => {
    const found = codeOf(() => fs.writeSync(file, 'more'));
    seen(found);
    return found === 'none' ? null : found;
  });
  expect(code).toMatch(/ENOTCONN|ECONNABORTED/);
  codeOf(() => fs.closeSync(file));
  expect(fs.readFileSync(path, 'utf8')).toBe('content');
});
