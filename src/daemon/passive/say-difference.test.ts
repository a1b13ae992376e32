import { expect, it } from 'vitest';
import type { Attributes, FolderEntry } from '../../changes/change.ts';
import type { Difference } from '../../changes/difference.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { sayDifference } from './say-difference.ts';

const ATTRIBUTES: Attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

function entry(type: FolderEntry['type'] = 'file'): FolderEntry {
  const rest = { sizeBytes: 1, hash: 0n, target: fromText(''), linked: false };
  return { name: fromText('a'), node: 7, type, attributes: ATTRIBUTES, ...rest };
}

function attributes(...what: ('mode' | 'owner' | 'mtime')[]): Difference {
  return { kind: 'attributes', node: 1, parent: 2, entry: entry(), attributes: ATTRIBUTES, what, proof: 'whole' };
}

function ranges(...offsets: number[]): Difference {
  const found = offsets.map((offset) => ({ offset, length: 1 }));
  return { kind: 'ranges', node: 1, attributes: ATTRIBUTES, sizeBytes: 9, ranges: found };
}

it.each<[string, Difference]>([
  ['missing on the passive server', { kind: 'missing', parent: 1, entry: entry() }],
  [
    'is a folder on the passive server, a file on the active one',
    { kind: 'type', parent: 1, entry: entry(), found: 'folder' },
  ],
  ['content differs', { kind: 'content', parent: 1, entry: entry() }],
  ['leads elsewhere', { kind: 'content', parent: 1, entry: entry('symlink') }],
  ['mode differs', attributes('mode')],
  ['mode, owner differ', attributes('mode', 'owner')],
  ['content differs in 1 range', ranges(0)],
  ['content differs in 2 ranges', ranges(0, 8)],
  ['size or times differ', { kind: 'suspect', parent: 1, entry: entry() }],
  ['only on the passive server', { kind: 'orphan', parent: 1, name: fromText('a'), type: 'file' }],
])('people are told: %s', (text, difference) => {
  expect(sayDifference(difference)).toBe(text);
});
