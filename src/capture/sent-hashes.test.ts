import { expect, it } from 'vitest';
import { RANGE_BYTES } from '../changes/change.ts';
import { GIB } from '../kernel/units.ts';
import { forgetBlocks, NOT_KNOWN, roomForHashes, SentHashes } from './sent-hashes.ts';

const BLOCK = 4096;
const hash = (content: Uint8Array): bigint => BigInt((content[0] ?? 0) + 1);
const blocks = (first: number, length = BLOCK): Uint8Array => new Uint8Array(length).fill(first);

function told(): SentHashes {
  const sent = new SentHashes(hash);
  const room = roomForHashes(2 * BLOCK + 10);
  room?.hashes.set([2n, 3n, 4n]);
  if (room !== null) sent.set(7, room);
  return sent;
}

function known(sent: SentHashes): bigint[] {
  return Array.from(sent.get(7)?.hashes ?? []);
}

it('content that was pulled as it was told leaves what is known', () => {
  const sent = told();
  sent.given(7, BLOCK, blocks(2));
  sent.given(7, 2 * BLOCK, blocks(3, 10));
  expect(known(sent)).toEqual([2n, 3n, 4n]);
});

it('content that was pulled newer than what was told is not known to stay, for an older write may follow it', () => {
  const sent = told();
  sent.given(7, 0, blocks(9));
  expect(known(sent)).toEqual([NOT_KNOWN, 3n, 4n]);
});

it('of a block that was pulled in part nothing is known', () => {
  const sent = told();
  sent.given(7, 0, blocks(1, 100));
  expect(known(sent)).toEqual([NOT_KNOWN, 3n, 4n]);
});

it('of blocks that are forgotten nothing is known', () => {
  const sent = told();
  const found = sent.get(7);
  if (found !== null) forgetBlocks(found, BLOCK + 1, BLOCK);
  expect(known(sent)).toEqual([2n, NOT_KNOWN, NOT_KNOWN]);
});

it.each([
  [1, 4096],
  [GIB, 4096],
  [GIB + 1, 8192],
  [10 * GIB, 65_536],
  [17 * GIB, RANGE_BYTES / 2],
  [256 * GIB, RANGE_BYTES],
])('a file of %i bytes is kept in blocks of %i', (sizeBytes, blockBytes) => {
  expect(roomForHashes(sizeBytes)?.blockBytes).toBe(blockBytes);
});

it('of a file that would take too many nothing is kept, whatever its size says', () => {
  expect(roomForHashes(256 * GIB + 1)).toBeNull();
  expect(roomForHashes(Number.MAX_SAFE_INTEGER)).toBeNull();
});

it('the files used last stay, as many as there is room for', () => {
  const sent = new SentHashes(hash);
  for (const node of [1, 2, 3, 4, 5]) {
    const room = roomForHashes(GIB);
    if (room !== null) sent.set(node, room);
  }
  expect([1, 2, 3, 4, 5].map((node) => sent.get(node) !== null)).toEqual([false, true, true, true, true]);
});
