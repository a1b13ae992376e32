import type { ByteReader } from './byte-reader.ts';
import { type ByteWriter, INTEGER_BYTES } from './byte-writer.ts';
import type { ExactnessChange } from './change.ts';

/** Size of the body of an exactness record. */
export const EXACTNESS_BYTES = 1 + 2 * INTEGER_BYTES;

export function writeExactness(out: ByteWriter, change: ExactnessChange): void {
  out.u8(change.isExact ? 1 : 0);
  out.integer(change.resume);
  out.integer(change.answers);
}

export function readExactness(from: ByteReader): ExactnessChange {
  return { kind: 'exactness', isExact: from.flags(1) === 1, resume: from.integer(), answers: from.integer() };
}
