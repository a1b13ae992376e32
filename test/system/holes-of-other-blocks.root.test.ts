/**
 * What it proves: where a file takes space is made equal, and told equal, though the passive server's file system has
 * smaller blocks, or counts its own needs (extended attributes that did not fit into the inode) as the file's space.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { holesOf, punchHole, removeXattr, setXattr } from '../support/raw-calls.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { TemporaryHome } from '../support/temporary-home.ts';

const DISK_MIB = 64;
const BLOCK_BYTES = 4096;
/** Of these one fits into an inode of 256 bytes, and two do not. */
const HALF_OF_INODE = 'x'.repeat(40);

it('a file without holes is made dense again, down to holes smaller than the blocks that are compared', async () => {
  using home = new TemporaryHome();
  using _data = new SmallDisk(DISK_MIB, join(home.folder, 'passive/base'), null, 1024);
  await using pair = await runningPair({
    homes: { secondary: join(home.folder, 'passive') },
    plant: (data) => fs.writeFileSync(join(data, 'file'), Buffer.alloc(4 * BLOCK_BYTES)),
  });
  await pair.synchronized();
  await pair.passive.kill();
  onFile(pair.passive.data, (file) => {
    punchHole(file, 1024, 1024);
    punchHole(file, 2 * BLOCK_BYTES, BLOCK_BYTES);
  });
  await pair.passive.start();
  await pair.settled();
  expect(fs.statSync(join(pair.passive.data, 'file')).blocks * 512).toBeGreaterThanOrEqual(4 * BLOCK_BYTES);
  expect(pair.differences()).toEqual([]);
});

it('a hole that the space of extended attributes makes up for is a hole', async () => {
  using home = new TemporaryHome();
  using _data = new SmallDisk(DISK_MIB, join(home.folder, 'passive/base'), null, BLOCK_BYTES);
  using _original = new SmallDisk(DISK_MIB, join(home.folder, 'active/base'), null, BLOCK_BYTES);
  await using pair = await runningPair({
    homes: { primary: join(home.folder, 'active'), secondary: join(home.folder, 'passive') },
    plant: (data) => {
      fs.writeFileSync(join(data, 'file'), Buffer.concat([Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES, 'y')]));
      onFile(data, (file) => punchHole(file, 0, BLOCK_BYTES));
      setXattr(join(data, 'file'), 'user.b', HALF_OF_INODE);
    },
  });
  await pair.synchronized();
  await pair.passive.kill();
  const copy = join(pair.passive.data, 'file');
  removeXattr(copy, 'user.b');
  setXattr(copy, 'user.a', HALF_OF_INODE);
  setXattr(copy, 'user.b', HALF_OF_INODE);
  removeXattr(copy, 'user.a');
  expect(spaceOf(copy)).toBe(2 * BLOCK_BYTES);
  expect(spaceOf(join(pair.active.data, 'file'))).toBe(BLOCK_BYTES);
  await pair.passive.start();
  await pair.settled();
  for (const kind of [[], ['--fast']]) {
    expect(await pair.active.run('check', ...kind, '--verify-only')).toMatchObject({ status: 0 });
  }
  expect(firstHole(pair.passive.data)).toBe('0-1');
  // Changed where it is, with all that belongs to it.
  fs.appendFileSync(join(pair.active.data, 'file'), 'more');
  await pair.settled();
  expect(fs.readFileSync(copy)).toEqual(fs.readFileSync(join(pair.active.data, 'file')));
  expect(firstHole(pair.passive.data)).toBe('0-1');
});

function onFile(data: string, act: (file: number) => void): void {
  const file = fs.openSync(join(data, 'file'), 'r+');
  try {
    act(file);
  } finally {
    fs.closeSync(file);
  }
}

/** In blocks, as it is and whatever the file system counts. */
function firstHole(data: string): string {
  let found = '';
  onFile(data, (file) => {
    found = holesOf(file, 2 * BLOCK_BYTES);
  });
  return found;
}

function spaceOf(path: string): number {
  return fs.statSync(path).blocks * 512;
}
