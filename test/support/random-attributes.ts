import fs from 'node:fs';
import { isPlainFile, type Operation } from './random-operation.ts';
import type { RandomTree } from './random-tree.ts';
import {
  aclFor,
  capability,
  FLAG,
  makeNode,
  NODE,
  punchHole,
  removeXattr,
  setFlags,
  setFlagsOpen,
  setXattr,
  xattrsOf,
} from './raw-calls.ts';

const USERS_MAX = 5;
const VALUE_BYTES_MAX = 600;
const SPARSE_BYTES_MAX = 4 * 1024 * 1024;

/** Devices that do no harm when somebody opens them: the one that swallows all, and a loop device that is not there. */
const DEVICES = [
  { type: NODE.characterDevice, device: { major: 1, minor: 3 } },
  { type: NODE.blockDevice, device: { major: 7, minor: 70_000 } },
] as const;

/** What a program does to items beyond their content: pipes, devices, extended attributes, lists, flags. */
export const attributeOperations: Readonly<Record<string, Operation>> = {
  makeFifo: { weight: 3, act: (tree) => make(tree, NODE.fifo, { major: 0, minor: 0 }) },
  makeDevice: { weight: 2, forRoot: true, act: makeDevice },
  setXattr: { weight: 6, act: (tree) => setAttribute(tree, 'user.') },
  setTrusted: { weight: 2, forRoot: true, act: (tree) => setAttribute(tree, 'trusted.') },
  dropXattr: { weight: 3, act: dropXattr },
  setAcl: { weight: 3, act: setAcl },
  setDefaultAcl: { weight: 1, act: setDefaultAcl },
  setCapability: { weight: 2, forRoot: true, act: setCapability },
  punch: { weight: 4, act: punch },
  makeSparse: { weight: 3, act: makeSparse },
  setFlags: { weight: 1, forRoot: true, act: flag },
  dropFlags: { weight: 3, forRoot: true, act: dropFlags },
};

/** Items that were flagged, so that they can be freed again. */
const flagged = new WeakMap<RandomTree, Set<string>>();

function make(tree: RandomTree, type: number, device: { major: number; minor: number }): readonly string[] {
  const path = tree.anyPath();
  makeNode(tree.absolute(path), type, device);
  tree.addFile(path);
  return [path];
}

function makeDevice(tree: RandomTree): readonly string[] {
  const { type, device } = tree.random.pick(DEVICES) ?? DEVICES[0];
  return make(tree, type, device);
}

function setAttribute(tree: RandomTree, namespace: string): readonly (string | null)[] {
  const path = anyOrdinary(tree);
  if (path === null) return [];
  const value = Buffer.alloc(tree.random.integer(0, VALUE_BYTES_MAX), `${tree.random.fraction()}\xff\0`);
  setXattr(tree.absolute(path), `${namespace}a${tree.random.integer(0, 4)}`, value);
  return [path];
}

function dropXattr(tree: RandomTree): readonly (string | null)[] {
  const path = anyOrdinary(tree);
  if (path === null) return [];
  const name = tree.random.pick([...xattrsOf(tree.absolute(path)).keys()]);
  if (name !== undefined) removeXattr(tree.absolute(path), name);
  return [path];
}

function setAcl(tree: RandomTree): readonly (string | null)[] {
  const path = anyOrdinary(tree);
  if (path === null) return [];
  const list = aclFor(tree.random.integer(1000, 1000 + USERS_MAX), tree.random.integer(0, 7));
  setXattr(tree.absolute(path), 'system.posix_acl_access', list);
  return [path];
}

/** What is made in the folder from then on has it, too. */
function setDefaultAcl(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFolder();
  if (path === null) return [];
  setXattr(tree.absolute(path), 'system.posix_acl_default', aclFor(tree.random.integer(1000, 1000 + USERS_MAX), 6));
  return [path];
}

function setCapability(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null || !isPlainFile(tree, path)) return [];
  setXattr(tree.absolute(path), 'security.capability', capability(tree.random.integer(0, 30)));
  return [path];
}

function punch(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null || !isPlainFile(tree, path)) return [];
  const file = fs.openSync(tree.absolute(path), fs.constants.O_RDWR);
  try {
    const { size } = fs.fstatSync(file);
    const offset = tree.random.integer(0, size);
    punchHole(file, offset, tree.random.integer(1, Math.max(1, size)));
  } finally {
    fs.closeSync(file);
  }
  return [path];
}

/** Far more holes than data. */
function makeSparse(tree: RandomTree): readonly string[] {
  const path = tree.anyPath();
  const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
  const file = fs.openSync(tree.absolute(path), O_RDWR | O_CREAT | O_EXCL);
  try {
    const sizeBytes = tree.random.integer(1, SPARSE_BYTES_MAX);
    fs.ftruncateSync(file, sizeBytes);
    for (let writes = tree.random.integer(0, 5); writes > 0; writes--) {
      const content = Buffer.alloc(tree.random.integer(1, 20_000), tree.random.chance(0.3) ? 0 : 'data');
      fs.writeSync(file, content, 0, content.length, tree.random.integer(0, sizeBytes));
    }
  } finally {
    fs.closeSync(file);
  }
  tree.addFile(path);
  return [path];
}

/** The kernel gives no notice of flags: they are set on a file that is closed after it was open for writing. */
function flag(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null || !isPlainFile(tree, path)) return [];
  const file = fs.openSync(tree.absolute(path), fs.constants.O_WRONLY);
  try {
    setFlagsOpen(file, tree.random.pick(Object.values(FLAG)) ?? 0);
  } finally {
    fs.closeSync(file);
  }
  const known = flagged.get(tree) ?? new Set();
  flagged.set(tree, known.add(path));
  return [path];
}

function dropFlags(tree: RandomTree): readonly (string | null)[] {
  const known = flagged.get(tree);
  const path = tree.random.pick([...(known ?? [])]) ?? null;
  if (path === null) return [];
  known?.delete(path);
  if (!isPlainFile(tree, path)) return [];
  setFlags(tree.absolute(path), 0);
  fs.chmodSync(tree.absolute(path), 0o640);
  return [path];
}

/** A file or folder, for nothing else takes what users may set. */
function anyOrdinary(tree: RandomTree): string | null {
  const path = tree.random.chance(0.3) ? tree.anyFolder() : tree.anyFile();
  if (path === null) return null;
  const stat = fs.lstatSync(tree.absolute(path));
  return stat.isFile() || stat.isDirectory() ? path : null;
}
