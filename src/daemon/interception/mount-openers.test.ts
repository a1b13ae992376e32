import { expect, it } from 'vitest';
import { makeWayMemory, OPENED, OpenedFiles, WAY } from '../../intercept/mount-way.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { FileUse, FileUses } from '../../kernel/file-use.ts';
import type { Stat } from '../../kernel/files.ts';
import { MountOpeners } from './mount-openers.ts';
import { MountedFileUses } from './mounted-file-uses.ts';

const FILE = { device: 7, inode: 11 };
const NODE = { low: 11, high: 1 };

function trial() {
  const opened = new OpenedFiles(makeWayMemory(WAY.refuse));
  const locks: number[] = [];
  const openers = new MountOpeners({
    mounts: [{ device: 7, mountDevice: 45, opened }],
    lockers: ({ device, inode }) => (device === 45 && inode === 11 ? locks : []),
    // Threads 101 and 102 are of process 100.
    describe: (threadId) =>
      threadId > 900 ? null : { processId: threadId - (threadId % 100), name: 'reader', commandLine: '', unit: null },
  });
  const uses = (underneath: FileUse | null): FileUse | null => {
    const inner: FileUses = { useOf: () => underneath, useOfOpened: () => underneath };
    const fill = (into: Stat): true => {
      Object.assign(into, FILE);
      return true;
    };
    const files = {
      stat: (_: number, into: Stat) => void fill(into),
      statAt: (_: number, __: string, into: Stat) => fill(into),
    };
    const mounted = new MountedFileUses(inner, openers, files);
    expect(mounted.useOfOpened(3, true)).toBe(mounted.useOf(3, 'name' as ByteString, true));
    return mounted.useOf(3, 'name' as ByteString, true);
  };
  return { opened, locks, openers, uses };
}

it('who only reads through the mount is in nobody’s way, and is named where readers count', () => {
  const { opened, openers, uses } = trial();
  opened.open(20, NODE, 101, 0);
  opened.open(21, NODE, 102, 0);
  opened.open(22, NODE, 950, 0);
  expect(uses(null)).toBeNull();
  expect(uses('read')).toBe('read');
  expect(openers.holdersOf(FILE, 'read')).toMatchObject([{ ...FILE, process: { processId: 100 }, ways: ['read'] }]);
  expect(openers.holdersOf(FILE, 'executed')).toEqual([]);
});

it('who executes it through the mount keeps it from being written in place', () => {
  const { opened, openers, uses } = trial();
  opened.open(20, NODE, 101, OPENED.asProgram);
  expect(uses(null)).toBe('executed');
  expect(uses('read')).toBe('executed');
  expect(openers.useOf(FILE, false)).toBeNull();
  expect(openers.holdersOf(FILE, 'executed')).toMatchObject([{ process: { processId: 100 }, ways: ['executed'] }]);
});

it('who has it locked through the mount keeps it from being changed', () => {
  const { opened, locks, openers, uses } = trial();
  locks.push(200);
  // A lock takes an open file; what the list says of files that nobody has open is of no mount of ours.
  expect(uses(null)).toBeNull();
  opened.open(20, NODE, 201, 0);
  expect(uses(null)).toBe('locked');
  expect(openers.holdersOf(FILE, 'locked')).toMatchObject([{ process: { processId: 200 }, ways: ['locked'] }]);
  // That of an open file is no process's: it has to be searched for.
  locks.splice(0, 1, 0);
  expect(uses(null)).toBe('locked');
  expect(openers.holdersOf(FILE, 'locked')).toEqual([]);
});

it('who had it open for writing before the folder was the passive server’s is named, and what is found underneath counts first', () => {
  const { opened, openers, uses } = trial();
  opened.open(20, NODE, 101, OPENED.forWriting);
  expect(uses('open')).toBe('open');
  expect(uses('denied')).toBe('denied');
  expect(openers.holdersOf(FILE, 'open')).toMatchObject([{ process: { processId: 100 }, ways: ['written'] }]);
});

it('files of other file systems are not seen through the mount', () => {
  const { opened, openers } = trial();
  opened.open(20, NODE, 101, OPENED.forWriting);
  expect(openers.devicesOver(7)).toEqual([45]);
  expect(openers.devicesOver(8)).toEqual([]);
  expect(openers.useOf({ device: 8, inode: 11 }, true)).toBeNull();
});
