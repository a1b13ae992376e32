import { beforeEach, expect, it } from 'vitest';
import { OPCODE } from '../fuse/opcodes.ts';
import { ATTRIBUTES, ENTRY_OUT, FILE_HANDLE, IN_HEADER, OUT_HEADER, STATX } from '../fuse/structures.ts';
import { ERROR } from './codes.ts';
import { operationsOf } from './operations.ts';
import type { ServedFolder } from './served-folder.ts';
import { servedWith } from './served-folder.testing.ts';

const OLD = { inode: 12, sizeBytes: 4096 };
const NEW = { inode: 13, sizeBytes: 5 };

let named: { readonly inode: number; readonly sizeBytes: number };
/** What happens between two calls of the kernel. */
let meanwhile: () => void;
let view: DataView;
let served: ServedFolder;

beforeEach(() => {
  named = OLD;
  meanwhile = () => {};
  ({ served, view } = servedWith((memory) => ({
    handleAt(_folder, _name, handle) {
      memory.setUint32(handle + FILE_HANDLE.low, named.inode, true);
      meanwhile();
      return 0;
    },
    statx(_folder, _name, _flags, _mask, into) {
      memory.setUint32(into + STATX.inode, named.inode, true);
      memory.setUint32(into + STATX.size, named.sizeBytes, true);
      return 0;
    },
  })));
  view.setUint32(served.plan.request + IN_HEADER.node, 1, true);
});

/** Asks for a name in the root. @returns what is told of it, or the number of an error. */
function lookup(): { readonly inode: number; readonly sizeBytes: number } | number {
  const outcome = operationsOf(served, () => {})[OPCODE.lookup]?.() ?? 0;
  if (outcome < 0) return -outcome;
  const body = served.plan.reply + OUT_HEADER.bytes;
  return {
    inode: view.getUint32(body + ENTRY_OUT.node, true),
    sizeBytes: view.getUint32(body + ENTRY_OUT.attributes + ATTRIBUTES.size, true),
  };
}

it('a name that another file gets while it is looked up is that of one of them, with the size of the same', () => {
  meanwhile = () => {
    named = NEW;
  };
  expect(lookup()).toEqual(NEW);
});

it('one that is always another file’s is left to the kernel to look up anew', () => {
  meanwhile = () => {
    named = { inode: named.inode + 1, sizeBytes: 0 };
  };
  expect(lookup()).toBe(ERROR.ESTALE);
});
