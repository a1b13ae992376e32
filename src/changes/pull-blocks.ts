import type { HashContent } from '../kernel/hash.ts';
import { KIB } from '../kernel/units.ts';
import { RANGE_BYTES } from './change.ts';

/** Where a few bytes of a range differ, only the blocks around them are sent. */
export const BLOCK_BYTES = 16 * KIB;
export const BLOCKS_MAX = RANGE_BYTES / BLOCK_BYTES;
/** As many bits as a range has blocks: all of them. */
export const ALL_BLOCKS = 2 ** BLOCKS_MAX - 1;

/** Hashes of the blocks of a range, as far as its content goes. */
export function hashesOfBlocks(content: Uint8Array, hash: HashContent): bigint[] {
  const hashes: bigint[] = [];
  for (let at = 0; at < content.length; at += BLOCK_BYTES) hashes.push(hash(content.subarray(at, at + BLOCK_BYTES)));
  return hashes;
}

/**
 * Moves together what of a range is not what the other server has.
 * @param content - of the range; the blocks that differ stand at its beginning afterwards.
 * @param have - hashes of the blocks that the other server has.
 * @returns which blocks these are, a bit for each from the lowest on, and how many bytes.
 */
export function keepDiffering(
  content: Uint8Array,
  have: readonly bigint[],
  hash: HashContent,
): { readonly blocks: number; readonly length: number } {
  let blocks = 0;
  let length = 0;
  for (let block = 0; block * BLOCK_BYTES < content.length; block += 1) {
    const at = block * BLOCK_BYTES;
    const end = Math.min(at + BLOCK_BYTES, content.length);
    if (have[block] === hash(content.subarray(at, end))) continue;
    content.copyWithin(length, at, end);
    blocks |= 1 << block;
    length += end - at;
  }
  return { blocks, length };
}

/** The pieces of what {@link keepDiffering} kept, with their offsets in the range; blocks side by side are one piece. */
export function piecesOf(
  content: Uint8Array,
  blocks: number,
): { readonly offset: number; readonly content: Uint8Array }[] {
  if (blocks === ALL_BLOCKS) return [{ offset: 0, content }];
  const pieces: { offset: number; content: Uint8Array }[] = [];
  let taken = 0;
  for (let block = 0; block < BLOCKS_MAX && taken < content.length; block += 1) {
    if ((blocks & (1 << block)) === 0) continue;
    let end = block + 1;
    while (end < BLOCKS_MAX && (blocks & (1 << end)) !== 0) end += 1;
    const piece = content.subarray(taken, taken + (end - block) * BLOCK_BYTES);
    pieces.push({ offset: block * BLOCK_BYTES, content: piece });
    taken += piece.length;
    block = end;
  }
  return pieces;
}
