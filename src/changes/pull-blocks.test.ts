import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RANGE_BYTES } from './change.ts';
import { ALL_BLOCKS, BLOCK_BYTES, hashesOfBlocks, keepDiffering, piecesOf } from './pull-blocks.ts';

/** Good enough for a test: content of a few bytes in long runs of zeros. */
function hash(content: Uint8Array): bigint {
  let sum = 0n;
  for (const [at, byte] of content.entries()) if (byte !== 0) sum = sum * 31n + BigInt(at * 256 + byte);
  return sum * 1_000_003n + BigInt(content.length);
}

function contentOf(length: number, bytes: readonly (readonly [number, number])[]): Uint8Array {
  const content = new Uint8Array(length);
  for (const [at, byte] of bytes) if (at < length) content[at] = byte;
  return content;
}

const length = fc.oneof(fc.nat(RANGE_BYTES), fc.constantFrom(0, BLOCK_BYTES, RANGE_BYTES));
const bytes = fc.array(fc.tuple(fc.nat(RANGE_BYTES - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 6 });

it('what is kept and put in its places makes the one content of the other, whatever their lengths', () => {
  fc.assert(
    fc.property(length, bytes, length, bytes, (wanted, wantedBytes, had, hadBytes) => {
      const target = contentOf(wanted, wantedBytes);
      const here = contentOf(had, hadBytes);
      const sent = target.slice();
      const { blocks, length: kept } = keepDiffering(sent, hashesOfBlocks(here, hash), hash);
      const made = new Uint8Array(wanted);
      made.set(here.subarray(0, wanted));
      for (const { offset, content } of piecesOf(sent.subarray(0, kept), blocks)) made.set(content, offset);
      expect(Buffer.compare(made, target)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

it('a few bytes that differ cost one block', () => {
  const here = contentOf(RANGE_BYTES, []);
  const { blocks, length: kept } = keepDiffering(
    contentOf(RANGE_BYTES, [[40_000, 1]]),
    hashesOfBlocks(here, hash),
    hash,
  );
  expect([blocks, kept]).toEqual([1 << 2, BLOCK_BYTES]);
});

it('content of all blocks is one piece', () => {
  const content = contentOf(RANGE_BYTES, []);
  expect(piecesOf(content, ALL_BLOCKS)).toEqual([{ offset: 0, content }]);
});
