import type { HashContent } from '../kernel/hash.ts';
import type { BlockHashes } from './sent-hashes.ts';

/** Content of a file, and where it stands in it. */
export interface Piece {
  readonly offset: number;
  readonly content: Uint8Array;
}

/**
 * Hashes the blocks of a part of a file, and finds what of it is not as it was before. Pure but for `now`.
 * @param part - begins with a block, and ends with one or with the file.
 * @param now - takes the hashes.
 * @param before - with blocks of the same size; null: nothing is looked for.
 * @returns blocks that differ, those side by side as one; lent like the content.
 */
export function changedPieces(part: Piece, now: BlockHashes, before: BlockHashes | null, hash: HashContent): Piece[] {
  const { blockBytes } = now;
  const pieces: { from: number; to: number }[] = [];
  for (let from = 0; from < part.content.length; from += blockBytes) {
    const to = Math.min(from + blockBytes, part.content.length);
    const block = (part.offset + from) / blockBytes;
    const found = hash(part.content.subarray(from, to));
    now.hashes[block] = found;
    if (before === null || before.hashes[block] === found) continue;
    const changedFrom = from + sameBytes(part.content.subarray(from, to), block, before, hash);
    const last = pieces.at(-1);
    if (last?.to === changedFrom) last.to = to;
    else pieces.push({ from: changedFrom, to });
  }
  return pieces.map(({ from, to }) => ({ offset: part.offset + from, content: part.content.subarray(from, to) }));
}

/** Where the file ended in this block and grew, how much of it was there before: all that was, or nothing. */
function sameBytes(content: Uint8Array, block: number, before: BlockHashes, hash: HashContent): number {
  const length = before.sizeBytes - block * before.blockBytes;
  if (length <= 0 || length >= content.length) return 0;
  return before.hashes[block] === hash(content.subarray(0, length)) ? length : 0;
}
