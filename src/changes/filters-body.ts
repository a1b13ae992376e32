import type { ByteString } from '../kernel/byte-string.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { FiltersChange } from './change.ts';

/** Exact size of the body of a filters record. */
export function filtersBytes({ include, exclude }: FiltersChange): number {
  return listBytes(include) + listBytes(exclude);
}

export function writeFilters(out: ByteWriter, { include, exclude }: FiltersChange): void {
  for (const list of [include, exclude]) {
    out.u16(list.length);
    for (const pattern of list) {
      out.u16(pattern.length);
      out.latin1(pattern);
    }
  }
}

export function readFilters(from: ByteReader): FiltersChange {
  return { kind: 'filters', include: readList(from), exclude: readList(from) };
}

function listBytes(list: readonly ByteString[]): number {
  let bytes = 2;
  for (const pattern of list) bytes += 2 + pattern.length;
  return bytes;
}

function readList(from: ByteReader): ByteString[] {
  const list: ByteString[] = [];
  // Each pattern takes bytes that are there: a count beyond them fails at the first one that is missing.
  for (let left = from.u16(); left > 0; left -= 1) list.push(from.latin1(from.u16()));
  return list;
}
