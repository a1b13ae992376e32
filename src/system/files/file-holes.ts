import * as native from '../native/native.ts';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** POSIX_FADV_DONTNEED */
const FORGET = 4;
/** FS_IOC_FIEMAP */
const MAP_EXTENTS = 0xc020660b;
/** struct fiemap, and the structs fiemap_extent behind it. */
const HEAD = { start: 0, length: 8, mapped: 20, capacity: 24 } as const;
const HEAD_BYTES = 32;
const EXTENT = { offset: 0, length: 16, flags: 40 } as const;
const EXTENT_BYTES = 56;
const EXTENTS_MAX = 128;
const IS_LAST = 1;
const IS_UNWRITTEN = 0x800;

const map = Buffer.alloc(HEAD_BYTES + EXTENTS_MAX * EXTENT_BYTES);

/**
 * Where a file takes no space on the disk, or space that is only reserved: offsets at which holes begin and end, in turn.
 * Reserved space counts as data for lseek(2) while what was read of it is in the kernel's memory; so the kernel forgets that.
 */
export function holesIn(file: number, sizeBytes: number): number[] {
  const edges = seekHoles(file, sizeBytes);
  const isAllHole = edges[0] === 0 && edges[1] === sizeBytes;
  return !isAllHole && forgetsReserved(file, sizeBytes) ? seekHoles(file, sizeBytes) : edges;
}

function seekHoles(file: number, sizeBytes: number): number[] {
  const edges: number[] = [];
  for (let at = 0; at < sizeBytes; ) {
    const hole = native.lseek(file, at, SEEK_HOLE);
    if (hole < 0 || hole >= sizeBytes) break;
    const data = native.lseek(file, hole, SEEK_DATA);
    at = data < 0 ? sizeBytes : Math.min(data, sizeBytes);
    edges.push(hole, at);
  }
  return edges;
}

/** @returns false where nothing was to be forgotten, or the file system does not say what is reserved. */
function forgetsReserved(file: number, sizeBytes: number): boolean {
  let hasForgotten = false;
  for (let at = 0; at < sizeBytes; ) {
    map.fill(0, 0, HEAD_BYTES);
    map.writeBigUInt64LE(BigInt(at), HEAD.start);
    map.writeBigUInt64LE(BigInt(sizeBytes - at), HEAD.length);
    map.writeUInt32LE(EXTENTS_MAX, HEAD.capacity);
    if (native.ioctlInto(file, MAP_EXTENTS, map) < 0) return hasForgotten;
    const mapped = map.readUInt32LE(HEAD.mapped);
    if (mapped === 0) return hasForgotten;
    let flags = 0;
    for (let index = 0; index < mapped; index += 1) {
      const from = HEAD_BYTES + index * EXTENT_BYTES;
      const offset = Number(map.readBigUInt64LE(from + EXTENT.offset));
      const length = Number(map.readBigUInt64LE(from + EXTENT.length));
      flags = map.readUInt32LE(from + EXTENT.flags);
      at = offset + length;
      if ((flags & IS_UNWRITTEN) === 0 || !hasData(file, offset, at)) continue;
      // What was written there and is not on the disk yet stays.
      native.posix_fadvise(file, offset, length, FORGET);
      hasForgotten = true;
    }
    if ((flags & IS_LAST) !== 0) return hasForgotten;
  }
  return hasForgotten;
}

function hasData(file: number, from: number, to: number): boolean {
  const data = native.lseek(file, from, SEEK_DATA);
  return data >= 0 && data < to;
}
