import { describe, expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { COPY_FILE_RANGE_IN, IN_HEADER, OPEN_IN, SETATTR_IN, STATX, WRITE_IN } from '../fuse/structures.ts';
import { FATTR } from '../fuse/flags.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ERROR } from './codes.ts';
import { operationsOf } from './operations.ts';
import { RECORD, RECORDED } from './record.ts';
import { servedWith } from './served-folder.testing.ts';
import type { RecordRoom } from './ring-writer.ts';

const NODE = 12;
const FILE = 20;
const DIRECT = 0o40000;

type Failing = 'write' | 'direct write' | 'truncation' | 'opening it empty' | 'copy';

/** @returns what the record says of it; null where it is none. */
function recordOf(failing: Failing, error: number): 'all' | 'only its node' | null {
  const fields = new Map<number, number>();
  let kept = false;
  const ring: RecordRoom = {
    begin: () => true,
    u32: (field, value) => void fields.set(field, value),
    copy: () => {},
    end: () => void (kept = true),
    cancel: () => {},
    giveUp: () => {},
  };
  const { served, view } = servedWith(
    (memory) => ({
      flags: { direct: DIRECT, folder: 0, noFollow: 0, dataSync: 0, unnamed: 0, closeOnExec: 0 },
      close: () => 0,
      openByHandle: (_mount, _handle, flags) => ((flags & OPEN.truncate) === 0 ? FILE : -error),
      writeAt: () => -error,
      setSize: () => -error,
      copyRange: () => -error,
      statx(_folder, _name, _flags, _mask, into) {
        memory.setUint32(into + STATX.inode, NODE, true);
        return 0;
      },
    }),
    ring,
  );
  const body = served.plan.request + IN_HEADER.bytes;
  const handle = served.handles;
  view.setUint32(served.plan.request + IN_HEADER.node, NODE, true);
  handle.give(FILE, { low: NODE, high: 0, flags: 0 }, false, 0);
  const ask: Readonly<Record<Failing, () => number>> = {
    write: () => OPCODE.write,
    'direct write': () => (view.setUint32(body + WRITE_IN.flags, DIRECT, true), OPCODE.write),
    truncation: () => (view.setUint32(body + SETATTR_IN.valid, FATTR.size, true), OPCODE.setattr),
    'opening it empty': () => (view.setUint32(body + OPEN_IN.flags, OPEN.truncate, true), OPCODE.open),
    copy: () => (view.setUint32(body + COPY_FILE_RANGE_IN.nodeOut, NODE, true), OPCODE.copyFileRange),
  };
  const opcode = ask[failing]();
  expect(operationsOf(served, () => {})[opcode]?.()).toBe(-error);
  if (!kept) return null;
  expect(fields.get(RECORD.node)).toBe(NODE);
  return ((fields.get(RECORD.recorded) ?? 0) & RECORDED.attributes) === 0 ? 'only its node' : 'all';
}

describe('of a change of a file that failed', () => {
  it.each<[Failing, number, 'all' | 'only its node' | null]>([
    ['write', ERROR.EIO, 'only its node'],
    ['direct write', ERROR.EIO, 'only its node'],
    ['truncation', ERROR.EIO, 'only its node'],
    ['opening it empty', ERROR.EIO, 'only its node'],
    ['copy', ERROR.EIO, 'only its node'],
    ['direct write', ERROR.ENOSPC, 'only its node'],
    // Its time is another one.
    ['write', ERROR.ENOSPC, 'all'],
    ['truncation', ERROR.EPERM, null],
    ['opening it empty', ERROR.EPERM, null],
    ['copy', ERROR.ENOSPC, null],
  ])('a %s with error %i, the record says: %s', (failing, error, told) => {
    expect(recordOf(failing, error)).toBe(told);
  });
});
