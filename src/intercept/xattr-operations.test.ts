import { beforeEach, expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { CREATE_IN, FILE_HANDLE, GETXATTR_IN, IN_HEADER, SETXATTR_IN, STATX } from '../fuse/structures.ts';
import { ERROR } from './codes.ts';
import { operationsOf } from './operations.ts';
import type { ServedFolder } from './served-folder.ts';
import { servedWith } from './served-folder.testing.ts';

const CAPABILITIES = 'security.capability';
const [LOW, HIGH] = [4711, 815];
const FILE = 20;

let view: DataView;
let served: ServedFolder;
let isThere: boolean;
let value: number;
/** How often the file system was asked. */
let asked: number;

beforeEach(() => {
  [isThere, value, asked] = [false, -ERROR.ENODATA, 0];
  ({ served, view } = servedWith((memory) => ({
    flags: { direct: 0, folder: 0, noFollow: 0, dataSync: 0, unnamed: 0, closeOnExec: 0 },
    maskModes: () => {},
    makeFilesAs: () => {},
    close: () => 0,
    openByHandle: () => FILE,
    openAt: (_folder, _name, flags) => (isThere && (flags & 0o200) !== 0 ? -ERROR.EEXIST : FILE),
    handleAt(_folder, _name, handle) {
      memory.setUint32(handle + FILE_HANDLE.low, LOW, true);
      memory.setUint32(handle + FILE_HANDLE.high, HIGH, true);
      return 0;
    },
    statx(_folder, _name, _flags, _mask, into) {
      memory.setUint32(into + STATX.inode, LOW, true);
      return 0;
    },
    getXattr() {
      asked += 1;
      return value;
    },
    setXattr() {
      value = 24;
      return 0;
    },
  })));
});

function ask(opcode: number, node: readonly [number, number], field: number, text: string): number {
  const start = served.plan.request;
  view.setUint32(start + IN_HEADER.node, node[0], true);
  view.setUint32(start + IN_HEADER.node + 4, node[1], true);
  Buffer.from(view.buffer).write(`${text}\0`, start + IN_HEADER.bytes + field, 'latin1');
  return operationsOf(served, () => {})[opcode]?.() ?? 0;
}

const make = (): number => ask(OPCODE.create, [1, 0], CREATE_IN.name, 'file');
const get = (name = CAPABILITIES, node: readonly [number, number] = [LOW, HIGH]): number =>
  ask(OPCODE.getxattr, node, GETXATTR_IN.bytes, name);

it('a file that was just made has no capabilities, which nobody has to be asked for', () => {
  make();
  expect([get(), get(), asked]).toEqual([-ERROR.ENODATA, -ERROR.ENODATA, 0]);
});

it('what else a file may carry, and whether another one has capabilities, is asked for', () => {
  make();
  for (const [name, node] of [
    ['security.capability2', undefined],
    ['security.capabilit', undefined],
    [CAPABILITIES, [LOW, HIGH + 1]],
  ] as const) {
    get(name, node);
  }
  expect(asked).toBe(3);
});

it('capabilities that a file was given are told', () => {
  make();
  ask(OPCODE.setxattr, [LOW, HIGH], SETXATTR_IN.names, `${CAPABILITIES}\0value`);
  expect(get()).toBeGreaterThan(0);
});

it('a file that somebody made past the mount is asked for', () => {
  isThere = true;
  make();
  get();
  expect(asked).toBe(1);
});

it('where others change files underneath, all are asked for', () => {
  make();
  served.isPassive = true;
  get();
  expect(asked).toBe(1);
});
