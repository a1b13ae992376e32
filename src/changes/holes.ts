import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';

/*
 * Where a file takes no space on the disk, in blocks of 4 KiB, so that file systems with smaller blocks
 * say the same. Each hole is packed as two numbers of six bytes, least first: its first block and how many.
 */

export const BLOCK_BYTES = 4096;
/** Of more, the largest are carried. */
export const HOLES_MAX = 1024;
export const HOLE_BYTES = 12;

/** Both in blocks. */
export interface Hole {
  readonly from: number;
  readonly count: number;
}

/** @param edges - offsets in bytes at which holes begin and end, in turn. The last block may be a part of one. */
export function holesOf(edges: readonly number[], sizeBytes: number): Hole[] {
  const holes: Hole[] = [];
  for (let index = 0; index + 1 < edges.length; index += 2) {
    const [begin, end] = [edges[index] as number, edges[index + 1] as number];
    const from = Math.ceil(begin / BLOCK_BYTES);
    const to = end >= sizeBytes ? Math.ceil(sizeBytes / BLOCK_BYTES) : Math.floor(end / BLOCK_BYTES);
    if (to > from) holes.push({ from, count: to - from });
  }
  if (holes.length <= HOLES_MAX) return holes;
  const largest = holes.toSorted((a, b) => b.count - a.count || a.from - b.from).slice(0, HOLES_MAX);
  return largest.sort((a, b) => a.from - b.from);
}

export function packHoles(holes: readonly Hole[]): ByteString {
  return fromLatin1(holes.map(({ from, count }) => packNumber(from) + packNumber(count)).join(''));
}

/** @returns null where they are not in order, or overlap. */
export function unpackHoles(packed: string): Hole[] | null {
  const holes: Hole[] = [];
  let end = -1;
  for (let at = 0; at < packed.length; at += HOLE_BYTES) {
    const [from, count] = [unpackNumber(packed, at), unpackNumber(packed, at + 6)];
    if (from <= end || count === 0) return null;
    holes.push({ from, count });
    end = from + count;
  }
  return holes;
}

function packNumber(value: number): string {
  let packed = '';
  for (let rest = value, index = 0; index < 6; index += 1, rest = Math.floor(rest / 256)) {
    packed += String.fromCharCode(rest % 256);
  }
  return packed;
}

function unpackNumber(packed: string, at: number): number {
  let value = 0;
  for (let index = 5; index >= 0; index -= 1) value = value * 256 + packed.charCodeAt(at + index);
  return value;
}
