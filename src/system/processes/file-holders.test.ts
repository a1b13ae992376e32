import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fromText } from '../../kernel/byte-string.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { listensForPermission, listensInFolders } from '../notices/fanotify-listener.ts';
import { findHolders } from './file-holders.ts';
import { SystemFileUses } from '../files/file-use.ts';
import { NodeFiles } from '../files/files.ts';
import { isLocked } from '../files/lock-table.ts';

const NAME = fromText('file');
const files = new NodeFiles();
const uses = new SystemFileUses(false);
const strictUses = new SystemFileUses(true);
let folder = '';
let path = '';
let child: ChildProcess | null = null;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'understudy-in-use-'));
  path = join(folder, 'file');
  // By another process: one that is started while this one writes a file has it open for a moment, and keeps it from being executed.
  execFileSync('cp', ['/bin/sleep', path]);
});

afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
  fs.rmSync(folder, { recursive: true });
});

/** Another process, once it has said that it is ready. */
async function holder(program: string, ...parameters: string[]): Promise<number> {
  const started = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  child = started;
  await new Promise((done) => started.stdout.once('data', done));
  return started.pid ?? 0;
}

/** A Python program that opens the file with a mode and does something with it. */
function python(mode: string, hold: string): Promise<number> {
  const script = `import fcntl, mmap, os, sys\nf = open(sys.argv[1], '${mode}')\n${hold}\nprint('ready', flush=True)\nsys.stdin.read()`;
  return holder('python3', '-c', script, path);
}

function useOf(forWriting = true): string | null {
  const open = files.openFolder(fromText(folder));
  const file = files.openAt(open, NAME, OPEN.path);
  try {
    const use = uses.useOf(open, NAME, forWriting);
    expect(uses.useOfOpened(file, forWriting)).toBe(use);
    return use;
  } finally {
    files.close(file);
    files.close(open);
  }
}

function holders(): unknown[] {
  const { dev, ino } = fs.statSync(path);
  return findHolders([{ device: dev, inode: ino, use: 'open' }]).map((one) => [one.process.processId, one.ways]);
}

it('a file that nobody has open is free, so is nothing, a link, and what only we look at', () => {
  expect(useOf()).toBeNull();
  const open = files.openFolder(fromText(folder));
  fs.symlinkSync('file', join(folder, 'link'));
  expect(uses.useOf(open, fromText('nothing'), true)).toBeNull();
  expect(uses.useOf(open, fromText('link'), true)).toBeNull();
  const reader = files.openAt(open, NAME, OPEN.readOnly);
  expect(useOf()).toBeNull();
  files.close(reader);
  files.close(open);
});

it.each([
  { what: 'open for writing', mode: 'r+b', hold: '', use: 'open', ways: ['written'] },
  {
    what: 'mapped shared and writable, the descriptor closed',
    mode: 'r+b',
    hold: 'm = mmap.mmap(f.fileno(), 0)\nos.closerange(3, 99)',
    use: 'open',
    ways: ['mapped'],
  },
  {
    what: 'locked by flock through a reader',
    mode: 'rb',
    hold: 'fcntl.flock(f, fcntl.LOCK_EX)',
    use: 'locked',
    ways: ['locked'],
  },
  {
    what: 'locked by POSIX through a reader',
    mode: 'rb',
    hold: 'fcntl.lockf(f, fcntl.LOCK_SH)',
    use: 'locked',
    ways: ['locked'],
  },
  {
    what: 'locked by an open file description through a reader',
    mode: 'rb',
    hold: "import struct\nfcntl.fcntl(f, 37, struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0))",
    use: 'locked',
    ways: ['locked'],
  },
  { what: 'under a lease', mode: 'rb', hold: 'fcntl.fcntl(f, 1024, fcntl.F_RDLCK)', use: 'locked', ways: ['locked'] },
])('is in use and its holder is found: $what', async ({ mode, hold, use, ways }) => {
  const processId = await python(mode, hold);
  expect([useOf(), useOf(false)]).toEqual([use, use]);
  expect(holders()).toEqual([[processId, ways]]);
});

it('an executed file is in use for who would write into it', async () => {
  child = spawn(path, ['60'], { stdio: 'ignore' });
  await new Promise((done) => child?.once('spawn', done));
  expect([useOf(true), useOf(false)]).toEqual(['executed', null]);
  expect(holders()).toEqual([[child.pid, ['executed']]]);
});

it('a reader does no harm, also one that has it mapped', async () => {
  await python('rb', 'm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)');
  expect(useOf()).toBeNull();
  expect(holders()).toEqual([]);
});

it.each(['', 'm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\nos.closerange(3, 99)'])(
  'a reader counts where that is asked for: %s',
  async (hold) => {
    const processId = await python('rb', hold);
    const open = files.openFolder(fromText(folder));
    expect(strictUses.useOf(open, NAME, true)).toBe('read');
    files.close(open);
    const { dev, ino } = fs.statSync(path);
    const found = findHolders([{ device: dev, inode: ino, use: 'read' }]);
    expect(found.map((one) => [one.process.processId, one.ways])).toEqual([[processId, ['read']]]);
  },
);

it('a holder is found by a path of more than 4096 bytes', async () => {
  const deep =
    'import os, sys\nfor _ in range(25): os.mkdir("d" * 200); os.chdir("d" * 200)\nos.link(sys.argv[1], "f")\n';
  const script = `${deep}f = open('f', 'r+b')\nprint('ready', flush=True)\nsys.stdin.read()`;
  const processId = await holder(
    'python3',
    '-c',
    `import os, sys\nos.chdir(os.path.dirname(sys.argv[1]))\n${script}`,
    path,
  );
  expect(holders()).toEqual([[processId, ['written']]]);
});

it('a holder by another name of the file counts', async () => {
  fs.linkSync(path, join(folder, 'other'));
  await holder('sh', '-c', 'exec 5>>"$0"; echo ready; read line', join(folder, 'other'));
  expect(useOf()).toBe('open');
});

it('tells a lock of this file from those of others, and from our own', () => {
  const line = (pid: number, where: string): string => `1: FLOCK  ADVISORY  WRITE ${String(pid)} ${where} 0 EOF\n`;
  const file = { device: 0xfe_00, inode: 1311 };
  const none = (): null => null;
  expect(isLocked(line(812, 'fe:00:1311'), file, none)).toBe(true);
  expect(isLocked(`2: -> ${line(812, 'fe:00:1311').slice(3)}`, file, none)).toBe(true);
  expect(isLocked(line(812, 'fe:00:13110'), file, none)).toBe(false);
  expect(isLocked(line(process.pid, 'fe:00:1311'), file, none)).toBe(false);
  expect(isLocked(line(812, '00:1f:1311'), file, none)).toBe(false);
  expect(isLocked(line(812, '00:1f:1311'), file, () => '0:31')).toBe(true);
});

it('knows who decides about opening a file', () => {
  const file = { device: 0xfe_00, inode: 0x51f };
  const about = (mark: string): string => `pos:\t0\nflags:\t02\nfanotify flags:4 event-flags:0\n${mark}\n`;
  const tail = 'ignored_mask:0 fhandle-bytes:8';
  expect(listensForPermission(about(`fanotify ino:51f sdev:fe00000 mflags:0 mask:10000 ${tail}`), file)).toBe(true);
  expect(listensForPermission(about(`fanotify ino:51f sdev:fe00000 mflags:0 mask:8 ${tail}`), file)).toBe(false);
  expect(listensForPermission(about(`fanotify ino:520 sdev:fe00000 mflags:0 mask:10000 ${tail}`), file)).toBe(false);
  expect(listensForPermission(about(`fanotify ino:520 sdev:fe00000 mflags:0 mask:8030000 ${tail}`), file)).toBe(true);
  expect(listensForPermission(about('fanotify sdev:fe00000 mflags:0 mask:10000 ignored_mask:0'), file)).toBe(true);
  expect(listensForPermission(about('fanotify sdev:fe00001 mflags:0 mask:10000 ignored_mask:0'), file)).toBe(false);
  expect(listensForPermission(about('fanotify mnt_id:2a mflags:0 mask:20000 ignored_mask:0'), file)).toBe(true);
  // Of a folder it is known whether it is the one that is marked.
  const folders = { device: file.device, inodes: () => new Set([file.inode]) };
  expect(listensInFolders(about(`fanotify ino:51f sdev:fe00000 mflags:0 mask:8010000 ${tail}`), folders)).toBe(true);
  expect(listensInFolders(about(`fanotify ino:520 sdev:fe00000 mflags:0 mask:8010000 ${tail}`), folders)).toBe(false);
  expect(listensInFolders(about('fanotify sdev:fe00000 mflags:0 mask:10000 ignored_mask:0'), folders)).toBe(true);
});
