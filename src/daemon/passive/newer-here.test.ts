import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import type { FolderEntry } from '../../changes/change.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import { FileError } from '../../kernel/files.ts';
import { NodeFiles } from '../../system/files/files.ts';
import { NewerHere } from './newer-here.ts';

const ROOT = 2;

class RefusingFiles extends NodeFiles {
  override statAt(): boolean {
    throw new FileError({ code: 'EIO', call: 'fstatat', path: '' });
  }
}

it('what can’t be looked at is not newer, and its folder does not stay open', () => {
  const tree = new NodeTree();
  tree.addRoot(fromText(tmpdir()), ROOT);
  const newer = new NewerHere({ files: new RefusingFiles(), tree, base: '' as ByteString });
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
  const file = {
    node: 11,
    type: 'file',
    attributes,
    sizeBytes: 0,
    hash: 0n,
    target: '' as ByteString,
    linked: false,
  } as const;
  const entry: FolderEntry = { ...file, name: fromText('f') };
  const before = readdirSync('/proc/self/fd').length;
  expect(newer.isNewer({ kind: 'type', parent: ROOT, entry, found: 'folder' })).toBe(false);
  expect(readdirSync('/proc/self/fd').length).toBe(before);
});
