import { FILE_FLAG, type Stat } from '../../kernel/files.ts';

/** struct statx of statx(2): the same on every architecture, unlike struct stat. */
export const STATX_BYTES = 256;
/** STATX_BASIC_STATS and STATX_BTIME. */
export const STATX_MASK = 0xfff;

const HIGH = 2 ** 32;
const FLAGS = FILE_FLAG.immutable | FILE_FLAG.appendOnly;
/** Unit of `stx_blocks`, whatever the file system's own. */
const BLOCK_BYTES = 512;

/**
 * Takes a Stat out of struct statx, without a BigInt or any other allocation.
 * @param unsigned - the structure as 32-bit words (little endian, as on x64 and arm64).
 * @param signed - the same memory.
 */
export function readStat(unsigned: Uint32Array, signed: Int32Array, into: Stat): void {
  into.flags = word(unsigned, 2) & FLAGS;
  into.linkCount = word(unsigned, 4);
  into.uid = word(unsigned, 5);
  into.gid = word(unsigned, 6);
  into.mode = word(unsigned, 7) & 0xffff;
  into.inode = word(unsigned, 9) * HIGH + word(unsigned, 8);
  into.sizeBytes = word(unsigned, 11) * HIGH + word(unsigned, 10);
  into.allocatedBytes = (word(unsigned, 13) * HIGH + word(unsigned, 12)) * BLOCK_BYTES;
  into.birthSeconds = word(signed, 21) * HIGH + word(unsigned, 20);
  into.birthNanoseconds = word(unsigned, 22);
  into.ctimeSeconds = word(signed, 25) * HIGH + word(unsigned, 24);
  into.ctimeNanoseconds = word(unsigned, 26);
  into.mtimeSeconds = word(signed, 29) * HIGH + word(unsigned, 28);
  into.mtimeNanoseconds = word(unsigned, 30);
  into.deviceMajor = word(unsigned, 32);
  into.deviceMinor = word(unsigned, 33);
  into.device = deviceNumber(word(unsigned, 34), word(unsigned, 35));
  into.extended = null;
}

function word(words: Uint32Array | Int32Array, index: number): number {
  return words[index] as number;
}

/** As makedev(3), so that it equals `st_dev`. */
export function deviceNumber(major: number, minor: number): number {
  const low = (((major & 0xfff) << 8) | (minor & 0xff)) >>> 0;
  return low + (minor & 0xffffff00) * 2 ** 12 + (major & 0xfffff000) * HIGH;
}
