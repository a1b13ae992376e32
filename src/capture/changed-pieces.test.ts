import { xxh64 } from '@node-rs/xxhash';
import { describe, expect, it } from 'vitest';
import { changedPieces } from './changed-pieces.ts';
import { type BlockHashes, forgetBlocks, roomForHashes } from './sent-hashes.ts';

const BLOCK = 4096;
const before = Buffer.from(Array.from({ length: 8 * BLOCK + 100 }, (_, index) => index % 251));
const told = hashesOf(before);

describe('what of a file changed', () => {
  it.each<[string, Buffer, readonly (readonly [offset: number, length: number])[]]>([
    ['nothing', before, []],
    ['a byte', written(before, 3 * BLOCK + 5, 1), [[3 * BLOCK, BLOCK]]],
    ['bytes over the border of two blocks', written(before, 2 * BLOCK - 1, 2), [[BLOCK, 2 * BLOCK]]],
    [
      'two blocks apart',
      written(written(before, 0, 1), 5 * BLOCK, 1),
      [
        [0, BLOCK],
        [5 * BLOCK, BLOCK],
      ],
    ],
    ['its end', written(before, before.length - 1, 1), [[8 * BLOCK, 100]]],
    ['it grew within its last block', Buffer.concat([before, Buffer.from('tail')]), [[before.length, 4]]],
    ['it grew by blocks', Buffer.concat([before, Buffer.alloc(2 * BLOCK)]), [[before.length, 2 * BLOCK]]],
    [
      'it grew, and its last block changed',
      Buffer.concat([written(before, 8 * BLOCK, 1), Buffer.from('tail')]),
      [[8 * BLOCK, 104]],
    ],
    ['it became shorter', before.subarray(0, 4 * BLOCK), []],
    ['it became shorter within a block', before.subarray(0, 4 * BLOCK + 7), [[4 * BLOCK, 7]]],
  ])('%s', (_, content, pieces) => {
    const now = roomFor(content);
    const found = changedPieces({ offset: 0, content }, now, told, xxh64);
    expect(found.map((piece) => [piece.offset, piece.content.length])).toEqual(pieces);
    // Put onto what was there before, they give what is there now.
    const copy = Buffer.concat([before, Buffer.alloc(content.length)], content.length);
    for (const piece of found) copy.set(piece.content, piece.offset);
    expect(copy.equals(content)).toBe(true);
    expect(now.hashes).toEqual(hashesOf(content).hashes);
  });
});

it('the end of a file of which nothing is known is sent from the beginning of its block', () => {
  const doubtful = hashesOf(before);
  forgetBlocks(doubtful, 8 * BLOCK, 1);
  const content = Buffer.concat([before, Buffer.from('tail')]);
  const found = changedPieces({ offset: 0, content }, roomFor(content), doubtful, xxh64);
  expect(found.map(({ offset }) => offset)).toEqual([8 * BLOCK]);
});

function hashesOf(content: Buffer): BlockHashes {
  const room = roomFor(content);
  changedPieces({ offset: 0, content }, room, null, xxh64);
  return room;
}

function roomFor({ length }: Buffer): BlockHashes {
  const room = roomForHashes(length);
  if (room === null) throw new Error('A small file has room');
  return room;
}

function written(content: Buffer, offset: number, length: number): Buffer {
  const changed = Buffer.from(content);
  changed.fill(255, offset, offset + length);
  return changed;
}
