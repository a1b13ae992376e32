/*
 * What it proves: what fails underneath a mount fails for the application in the same way, and is not recorded; a
 * call that hangs holds up nobody else; a disk that is full is one; a change has its place in the order before
 * anybody sees it; a server that breaks down takes its mount with it and leaves the folder whole.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { expect, it } from 'vitest';
import { OPCODE } from '../../src/fuse/opcodes.ts';
import { IN_HEADER, WRITE_IN } from '../../src/fuse/structures.ts';
import { RECORD, RECORDED } from '../../src/intercept/record.ts';
import { codeOf } from '../support/error-code.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const FLUSH_KINDS = new URL('../support/flush_kinds.py', import.meta.url).pathname;
const SMALL_MIB = 32;
const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;
/** Bits of an inode's number that choose its lock. */
const LOCKS = 1024;
const HELD_MS = 1500;
const MAPPED_BYTES = MIB / 2;
const run = promisify(execFile);

it('errors reach the application, and what failed is not in the records', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const at = (name: string): string => join(mounted.folder, name);
  fs.writeFileSync(at('file'), 'before');
  const file = fs.openSync(at('file'), 'r+');
  const synchronous = fs.openSync(at('file'), fs.constants.O_RDWR | fs.constants.O_DSYNC);
  const failing: readonly (readonly [call: string, error: string, action: () => void])[] = [
    ['pwrite', 'EIO', () => fs.writeSync(file, 'lost')],
    ['pwrite', 'ENOSPC', () => fs.writeSync(file, 'lost')],
    ['fdatasync', 'EIO', () => fs.fdatasyncSync(file)],
    ['fsync', 'EIO', () => fs.fsyncSync(file)],
    ['fdatasync', 'EIO', () => fs.writeSync(synchronous, 'not lost')],
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
  await failsAlone(mounted);
  fs.writeSync(file, 'after', 0);
  fs.closeSync(file);
  fs.closeSync(synchronous);
  expect(fs.readdirSync(mounted.folder)).toEqual(['file']);
  const again = mounted.beside('again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
});

/** The kernel asks for no flush behind a write that nobody waits in. */
async function failsAlone(mounted: MountedFolder): Promise<void> {
  const end = mounted.faults.begin({ call: 'fdatasync', error: 'EIO' });
  const { stdout } = await run('python3', [FLUSH_KINDS, mounted.folder, 'asynchronous']);
  expect(stdout).toBe('asynchronous: [Errno 5] Input/output error\n');
  end();
  fs.rmSync(join(mounted.folder, 'asynchronous'));
}

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
  await until('the sync to hang', WAIT_MS, () => (mounted.faults.waiting().length > 0 ? true : null));
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
  await allocatesInPart(mounted);
});

/** Allocations that find no room for all of it: what they leave behind is seen, and told. */
async function allocatesInPart(mounted: MountedFolder): Promise<void> {
  const { folder, underneath } = mounted;
  const before = (await mounted.records()).length;
  const sizes: number[] = [];
  for (const way of [[], ['--zero-range']]) {
    const name = `allocated${way.join('')}`;
    fs.writeFileSync(join(folder, name), Buffer.alloc(PAGE_BYTES, 'x'), { flush: true });
    const allocated = run('fallocate', [...way, '--length', '1GiB', join(folder, name)]);
    await expect(allocated).rejects.toThrow('No space left on device');
    sizes.push(fs.statSync(join(folder, name)).size);
    expect(sizes.at(-1)).toBe(fs.statSync(join(underneath, name)).size);
    fs.rmSync(join(folder, name));
    execFileSync('sync', ['--file-system', underneath]);
  }
  const [longer = 0] = sizes;
  expect(longer).toBeGreaterThan(MIB);
  const told = allocations((await mounted.records()).subarray(before));
  // Of what may have been made zeros nobody knows how much is.
  expect(told).toEqual([
    { recorded: RECORDED.attributes, size: longer },
    { recorded: 0, size: 0 },
  ]);
}

it('what a mapping leaves behind is written or told of: a disk that is full drops nothing in silence', async () => {
  await using mounted = await MountedFolder.start({ diskMib: SMALL_MIB });
  const filler = join(mounted.folder, 'filler');
  for (let bytes = MIB; bytes >= 1024; bytes /= 2) {
    const some = Buffer.alloc(bytes, 7);
    while (codeOf(() => fs.appendFileSync(filler, some)) === 'none');
  }
  fs.truncateSync(filler, fs.statSync(filler).size - MAPPED_BYTES / 2);
  execFileSync('sync', ['--file-system', mounted.underneath]);
  fs.writeFileSync(join(mounted.folder, 'mapped'), '');
  fs.truncateSync(join(mounted.folder, 'mapped'), MAPPED_BYTES);
  // The file system then takes page by page, and not all or nothing.
  rememberPages(join(mounted.underneath, 'mapped'), MAPPED_BYTES);
  const { stdout } = await run('python3', ['-c', STORES, join(mounted.folder, 'mapped'), String(MAPPED_BYTES)]);
  expect(stdout).toBe('ENOSPC\n');
  // On another disk, which has room.
  const again = join(dirname(mounted.recordsFile), 'again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(facts(join(again, 'mapped'))).toEqual(facts(join(mounted.underneath, 'mapped')));
});

it('what is done because of a change comes behind it, however late the change is told', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const slow = join(mounted.folder, 'slow');
  fs.writeFileSync(slow, Buffer.alloc(2 * PAGE_BYTES, 'A'));
  const writer = await fs.promises.open(slow, 'r+');
  // It reads past what the kernel remembers.
  const reader = await fs.promises.open(slow, fs.constants.O_RDONLY | fs.constants.O_DIRECT);
  // The server asks for the status of a file behind each change of it.
  const end = mounted.faults.begin({ call: 'statx', path: '*/slow', delayMs: -1 });
  const changed = writer.write(Buffer.alloc(PAGE_BYTES, 'B'), 0, PAGE_BYTES, 0);
  const page = pageBuffer();
  await until('the change to be seen', WAIT_MS, async () => {
    await reader.read(page, 0, PAGE_BYTES, 0);
    return page[0] === 'B'.charCodeAt(0) ? true : null;
  });
  await fs.promises.writeFile(join(mounted.folder, 'swift'), 'C');
  end();
  await changed;
  for (const file of [writer, reader]) await file.close();
  expect(firstWritten(await mounted.records())).toBe('ABC');
});

it('a hard link is recorded with what the file was in its turn, whoever writes it meanwhile', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const file = join(mounted.folder, 'file');
  fs.writeFileSync(file, Buffer.alloc(PAGE_BYTES));
  const storing = spawn('python3', ['-c', STORES_LATER, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(storing.stdout, 'data');
  const mend = mounted.faults.begin({ call: 'pwrite', path: '*/file', delayMs: -1 });
  const stored = once(storing, 'exit');
  storing.stdin.end();
  await until('the file to be written', WAIT_MS, () => (mounted.faults.waiting().length > 0 ? true : null));
  const linked = fs.promises.link(file, join(mounted.folder, 'link'));
  // One that does not wait for the write has been recorded long before.
  await Promise.race([linked, pause(HELD_MS)]);
  mend();
  await Promise.all([linked, stored]);
  const again = mounted.beside('again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
});

it('a thread that dies while it holds a lock ends the mount, and hangs neither the others nor the end [CAP-034]', async () => {
  await using mounted = await MountedFolder.start({ faults: true });
  const pair = filesWithOneLock(mounted.folder);
  // What is no error of the kernel's lets the thread fail where it stands.
  mounted.faults.begin({ call: 'pwrite', path: `*/${basename(pair[0])}`, delayMs: HELD_MS, error: 'a bug' });
  const [first, second] = pair.map((path) => (): Promise<unknown> => {
    return fs.promises.writeFile(path, 'x', { flag: 'r+' }).catch((error: unknown) => error);
  }) as [() => Promise<unknown>, () => Promise<unknown>];
  let isTold = false;
  const told = mounted.next().finally(() => (isTold = true));
  const writes = [first()];
  // Where this process stands still for longer than that thread does it is too late to see the lock held.
  const isHeld = (): boolean => isTold || mounted.faults.waiting().length > 0;
  await until('the lock to be held', WAIT_MS, () => (isHeld() ? true : null));
  writes.push(second());
  expect(await told).toMatch(/^CAP-034 .*a bug/);
  await Promise.all(writes);
  expect(await mounted.stop()).toBe('stopped');
  await expect(mounted.records()).rejects.toThrow('lost');
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

/** Stores into all of a mapped file that has no blocks yet, and tells what the kernel says when it has to write them. */
const STORES = `
import errno, mmap, os, sys
path, size = sys.argv[1], int(sys.argv[2])
file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
os.ftruncate(file, size)
mapped = mmap.mmap(file, size)
mapped[:] = b's' * size
try:
    mapped.flush()
    print('all written')
except OSError as error:
    print(errno.errorcode[error.errno])
`;

/** Stores into a mapped file once its input ends, and has it written out without a lock of the kernel's. */
const STORES_LATER = `
import ctypes, mmap, os, sys
file = os.open(sys.argv[1], os.O_RDWR)
mapped = mmap.mmap(file, 4096)
print('mapped', flush=True)
sys.stdin.read()
mapped[:6] = b'stored'
wait_write_wait = 7
sync_file_range = ctypes.CDLL(None).sync_file_range
sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
os._exit(sync_file_range(file, 0, 0, wait_write_wait))
`;

/** The kernel keeps each page of the file by itself. */
function rememberPages(path: string, bytes: number): void {
  const file = fs.openSync(path, 'r');
  const page = Buffer.alloc(1);
  // Backwards, so that none is read ahead.
  for (let at = bytes - PAGE_BYTES; at >= 0; at -= PAGE_BYTES) fs.readSync(file, page, 0, 1, at);
  fs.closeSync(file);
}

/** But for holes: ext4 fills some where it can't write. */
function facts(path: string): { readonly hash: string; readonly mtimeNs: bigint } {
  const hash = createHash('sha256').update(fs.readFileSync(path)).digest('hex');
  return { hash, mtimeNs: fs.statSync(path, { bigint: true }).mtimeNs };
}

/** For O_DIRECT. */
function pageBuffer(): Buffer {
  const twice = new ArrayBuffer(2 * PAGE_BYTES);
  const at = (PAGE_BYTES - (Number(koffi.address(Buffer.from(twice))) % PAGE_BYTES)) % PAGE_BYTES;
  return Buffer.from(twice, at, PAGE_BYTES);
}

/** The first letter of each piece of data that was written, in the order of the records. */
function firstWritten(records: Buffer): string {
  let found = '';
  for (let at = 0; at < records.length; at += records.readUInt32LE(at)) {
    const request = at + RECORD.request;
    if (records.readUInt32LE(request + IN_HEADER.opcode) !== OPCODE.write) continue;
    found += String.fromCharCode(records[request + IN_HEADER.bytes + WRITE_IN.data] ?? 0);
  }
  return found;
}

/** What the records of allocations say. */
function allocations(records: Buffer): { readonly recorded: number; readonly size: number }[] {
  const found: { recorded: number; size: number }[] = [];
  for (let at = 0; at < records.length; at += records.readUInt32LE(at)) {
    if (records.readUInt32LE(at + RECORD.request + IN_HEADER.opcode) !== OPCODE.fallocate) continue;
    const recorded = records.readUInt32LE(at + RECORD.recorded);
    found.push({ recorded, size: recorded === 0 ? 0 : records.readUInt32LE(at + RECORD.size) });
  }
  return found;
}

/** Two files that the server has one lock for. */
function filesWithOneLock(folder: string): readonly [string, string] {
  const byLock = new Map<number, string>();
  for (let number = 0; ; number++) {
    const path = join(folder, `file-${number}`);
    fs.writeFileSync(path, '');
    const lock = fs.statSync(path).ino % LOCKS;
    const other = byLock.get(lock);
    if (other !== undefined) return [other, path];
    byLock.set(lock, path);
  }
}
