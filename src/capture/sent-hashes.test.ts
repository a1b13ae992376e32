import { expect, it } from 'vitest';
import { RANGE_BYTES } from '../changes/change.ts';
import { NOT_KNOWN, SentHashes } from './sent-hashes.ts';

const hash = (content: Uint8Array): bigint => BigInt((content[0] ?? 0) + 1);
const range = (first: number, length = RANGE_BYTES): Uint8Array => new Uint8Array(length).fill(first);

function told(): SentHashes {
  const sent = new SentHashes(hash);
  sent.set(7, [hash(range(1)), hash(range(2)), hash(range(3, 10))], 2 * RANGE_BYTES + 10);
  return sent;
}

it('content that was pulled as it was told leaves what is known', () => {
  const sent = told();
  sent.given(7, RANGE_BYTES, range(2));
  sent.given(7, 2 * RANGE_BYTES, range(3, 10));
  expect(sent.get(7)).toEqual([2n, 3n, 4n]);
});

it('content that was pulled newer than what was told is not known to stay, for an older write may follow it', () => {
  const sent = told();
  sent.given(7, 0, range(9));
  expect(sent.get(7)).toEqual([NOT_KNOWN, 3n, 4n]);
});

it('of a range that was pulled in part nothing is known', () => {
  const sent = told();
  sent.given(7, 0, range(1, 100));
  expect(sent.get(7)).toEqual([NOT_KNOWN, 3n, 4n]);
});
