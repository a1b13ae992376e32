import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Change, type FolderEntry, INLINE_BYTES_MAX, RANGE_BYTES } from '../changes/change.ts';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { hashContent } from '../system/files/content-hash.ts';
import { NodeFiles } from '../system/files/files.ts';
import { ContentNeeds } from './content-needs.ts';

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
const ROOT = 1;
const SMALL = 11;
const LARGE = 12;

let folder: string;
let needs: ContentNeeds;
/** Hashes of what was fetched, by node and offset. */
let fetched: Map<string, bigint | null>;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'needs-'));
  fs.writeFileSync(join(folder, 'small'), 'here');
  fs.writeFileSync(join(folder, 'large'), Buffer.alloc(3 * RANGE_BYTES, 'here'));
  const tree = new NodeTree();
  const root = tree.addRoot(fromText('/data'), ROOT);
  tree.add(root, fromText('small'), SMALL, 'file');
  tree.add(root, fromText('large'), LARGE, 'file');
  const files = new NodeFiles();
  fetched = new Map();
  needs = new ContentNeeds({
    files,
    tree,
    hash: hashContent,
    buffer: new Uint8Array(INLINE_BYTES_MAX),
    open: (node) => {
      const above = files.openFolder(fromText(folder));
      const file = files.openAt(above, node.name, OPEN.readOnly);
      files.close(above);
      return file;
    },
    fetched: (node, offset) => fetched.get(`${String(node)}:${String(offset)}`),
  });
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

it('needs nothing of what is here under its name, and the whole of what is another, new or moved', () => {
  expect(named('small', SMALL, 'here')).toEqual([]);
  expect(named('small', SMALL, 'others')).toEqual([[SMALL, 0]]);
  expect(named('small', SMALL, 'ther')).toEqual([[SMALL, 0]]);
  expect(named('new', 13, 'here')).toEqual([[13, 0]]);
  expect(named('moved', SMALL, 'here')).toEqual([[SMALL, 0]]);
  expect(named('empty', 14, '')).toEqual([]);
});

it('needs nothing that the records bring, or that was fetched since it was stated', () => {
  meet({ kind: 'content', node: SMALL, attributes: ATTRIBUTES, content: Buffer.from('told') });
  expect(named('small', SMALL, 'told')).toEqual([]);
  expect(named('small', SMALL, 'then')).toEqual([[SMALL, 0]]);
  fetched.set(`${String(SMALL)}:0`, hashContent(Buffer.from('then')));
  expect(named('small', SMALL, 'then')).toEqual([]);
  // What was fetched is not what is stated by now, and what is here counts no more.
  expect(named('small', SMALL, 'here')).toEqual([[SMALL, 0]]);
});

it('needs the ranges of a large file that differ, also of one that takes the name of another', () => {
  const hashes = [Buffer.alloc(RANGE_BYTES, 'here'), Buffer.alloc(RANGE_BYTES, 'new'), Buffer.alloc(5, 'here')];
  expect(ranges(LARGE, hashes)).toEqual([[LARGE, RANGE_BYTES]]);
  expect(ranges(99, hashes)).toEqual([0, 1, 2].map((range) => [99, range * RANGE_BYTES]));
  expect(named('large', 99, Buffer.alloc(2 * RANGE_BYTES + 5).toString())).toEqual([]);
  expect(ranges(99, hashes)).toEqual([[99, RANGE_BYTES]]);
  fetched.set(`99:${String(RANGE_BYTES)}`, hashContent(hashes[1] as Buffer));
  expect(ranges(99, hashes)).toEqual([]);
  // The active server had it no more.
  fetched.set(`99:${String(RANGE_BYTES)}`, null);
  expect(ranges(99, hashes)).toEqual([[99, RANGE_BYTES]]);
});

function meet(change: Change): [number, number][] {
  return needs.meet(change).map(({ node, offset }) => [node, offset]);
}

function named(name: string, node: number, content: string): [number, number][] {
  const bytes = Buffer.from(content);
  const entry: FolderEntry = {
    name: fromText(name),
    node,
    type: 'file',
    attributes: ATTRIBUTES,
    sizeBytes: bytes.length,
    hash: bytes.length > INLINE_BYTES_MAX ? 0n : hashContent(bytes),
    target: fromText(''),
    linked: false,
  };
  const record = { attributes: ATTRIBUTES, attributesCount: true, after: fromText(''), last: false };
  return meet({ kind: 'verifyFolder', check: 1, node: ROOT, ...record, entries: [entry] });
}

function ranges(node: number, contents: readonly Uint8Array[]): [number, number][] {
  const sizeBytes = contents.reduce((sum, content) => sum + content.length, 0);
  const hashes = contents.map((content) => hashContent(content));
  const record = { attributes: ATTRIBUTES, sizeBytes, firstRange: 0, hashes, last: true };
  return meet({ kind: 'verifyContent', check: 1, node, ...record });
}
