/*
 * What it proves: what speaks against the interception of a folder, and what could change it past a mount, is found
 * on the machine as it is: mounts in it and beside it, views of other processes, who uses it, further names.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { preflight } from '../../src/intercept/preflight.ts';
import type { Opener } from '../../src/kernel/folder-facts.ts';
import type { OutsideLinks } from '../../src/kernel/tree-size.ts';
import { folderFacts } from '../../src/system/mounts/folder-facts.ts';
import { folderOpeners } from '../../src/system/mounts/folder-openers.ts';
import { FileLinks, treeSize } from '../../src/system/files/tree-size.ts';
import { ownPlaces } from '../../src/system/processes/own-places.ts';
import { SmallDisk } from '../support/small-disk.ts';

const DISK_MIB = 32;
const WALK_MS = 120_000;

let top: string;
let disk: SmallDisk;
let folder: string;

beforeAll(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'understudy-preflight-')));
  disk = new SmallDisk(DISK_MIB, join(top, 'disk'));
  execFileSync('mount', ['--make-private', join(top, 'disk')]);
  folder = join(top, 'disk', 'data');
  fs.mkdirSync(join(folder, 'inner'), { recursive: true });
  fs.writeFileSync(join(folder, 'file'), Buffer.alloc(4096));
});

afterAll(() => {
  disk[Symbol.dispose]();
  fs.rmSync(top, { recursive: true, force: true });
});

const openers = (): Opener[] => folderOpeners(Buffer.from(folder).toString('latin1'), fs.statSync(folder).dev);

const found = (): string[] => {
  const { obstacles, doubts } = preflight({
    ...folderFacts(folder),
    ownPlaces: ownPlaces([]),
    openers: openers(),
  });
  return [...obstacles, ...doubts].map(({ code, message }) => `${code} ${message}`);
};

/** A process that has done its part once it says so. */
async function holding(command: string, ...parameters: string[]): Promise<ChildProcess> {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.stdin?.end();
  await gone;
}

it('finds nothing where nothing speaks against it', () => {
  expect(found()).toEqual([]);
});

it('finds what is mounted in it, and the mounts of other places do not count', () => {
  const inner = join(folder, 'inner');
  execFileSync('mount', ['-t', 'tmpfs', 'none', inner]);
  try {
    expect(found()).toEqual([expect.stringMatching(/^CAP-031 .*inner/)]);
  } finally {
    // Who looks through all processes may be in it for a moment.
    execFileSync('umount', ['--lazy', inner]);
  }
});

it('finds other places where it is mounted, whole or in part', () => {
  const [beside, part, other] = ['beside', 'part', 'other'].map((name) => join(top, name)) as [string, string, string];
  fs.mkdirSync(join(top, 'disk', 'elsewhere'));
  for (const [from, to] of [
    [join(top, 'disk'), beside],
    [join(folder, 'inner'), part],
    [join(top, 'disk', 'elsewhere'), other],
  ] as const) {
    fs.mkdirSync(to);
    execFileSync('mount', ['--bind', from, to]);
  }
  try {
    expect(folderFacts(folder).otherWays).toEqual([join(beside, 'data'), part]);
    expect(found()).toEqual([expect.stringMatching(/^CAP-039/)]);
  } finally {
    for (const at of [beside, part, other]) execFileSync('umount', ['--lazy', at]);
  }
});

it('finds a process that sees it by a mount of its own, which gets none of ours', async () => {
  const child = await holding('unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'echo; read line');
  expect(folderFacts(folder).otherWays).toEqual([expect.stringContaining(`${folder} as `)]);
  await ended(child);
  expect(found()).toEqual([]);
});

it.each([
  ['file', 'exec 3>>"$0/file"; echo; read line'],
  [
    'file',
    'exec python3 -c "import mmap, os, sys; f = os.open(sys.argv[1], os.O_RDWR); m = mmap.mmap(f, 4096); os.close(f); print(flush=True); sys.stdin.read()" "$0/file"',
  ],
  ['folder', 'cd "$0/inner"; echo; read line'],
  ['folder', 'exec 3<"$0"; echo; read line'],
] as const)('finds who uses it, by a %s: %s', async (by, script) => {
  const child = await holding('sh', '-c', script, folder);
  expect(openers()).toEqual([expect.objectContaining({ processId: child.pid, by })]);
  expect(found()).toEqual([expect.stringMatching(new RegExp(`^CAP-037 .*\\(${child.pid}\\)`))]);
  await ended(child);
  expect(found()).toEqual([]);
});

it('does not count who only reads, or works beside it', async () => {
  const child = await holding('sh', '-c', 'exec 3<"$0/file"; cd "$0/.."; echo; read line', folder);
  expect(found()).toEqual([]);
  await ended(child);
});

it('finds files that have names outside of it, too', () => {
  const outside = (...folders: string[]): OutsideLinks => {
    const links = new FileLinks();
    for (const path of folders) expect(treeSize(path, WALK_MS, links).isWhole).toBe(true);
    return links.outside(folder);
  };
  fs.linkSync(join(folder, 'file'), join(folder, 'inner', 'second'));
  expect(outside(folder)).toEqual({ count: 0, example: '' });
  const other = join(top, 'disk', 'other');
  fs.mkdirSync(other);
  fs.linkSync(join(folder, 'file'), join(other, 'third'));
  expect(outside(folder)).toEqual({ count: 1, example: expect.stringMatching(/file|second/) });
  // Where the other folder is protected as well there is nothing to be missed.
  expect(outside(folder, other)).toEqual({ count: 0, example: '' });
});
