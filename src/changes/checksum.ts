import { crc32 } from 'node:zlib';

/** CRC-32 as in ISO 3309 and gzip (RFC 1952 §8). Finds accidents, not intent. Pure, without a door to the machine. */
export function checksum(bytes: Uint8Array): number {
  return crc32(bytes);
}
