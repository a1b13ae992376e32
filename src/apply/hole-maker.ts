import { NOTHING_EXTENDED, unpackExtended } from '../changes/extended.ts';
import { BLOCK_BYTES, type Hole, holesOf } from '../changes/holes.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type FileOrName, type Files, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { isZero } from './pull.ts';

/** Read at once, to see that nothing but zeros is given up. */
const CHUNK_BYTES = 256 * 1024;
const MAKING_HOLES = 'making holes';

/**
 * Makes a file take space on the disk where it is stated to, and nowhere else. Content never changes
 * by it: where something else than zeros is, there is no hole.
 * @param was - the file's status after its last write.
 * @returns a refusal.
 */
export function setHoles(files: Files, of: FileOrName, was: Readonly<Stat>, stated: ByteString): FileError | null {
  const { holes: wanted, areHolesUntold } = unpackExtended(stated) ?? NOTHING_EXTENDED;
  if (areHolesUntold === true || (wanted.length === 0 && isDense(was))) return null;
  let opened: number | null = null;
  try {
    const file = typeof of === 'number' ? of : (opened = files.openAt(of.folder, of.name, OPEN.readWrite));
    const isDone = wanted.length === 0 ? makeDense(files, file, was) : makeSparse(files, file, was, wanted);
    return isDone ? null : new FileError({ code: 'ERANGE', call: MAKING_HOLES, path: '' });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return new FileError({ code: error.code, call: MAKING_HOLES, path: error.path });
  } finally {
    if (opened !== null) files.close(opened);
  }
}

/** By what the file system counts, which may include what it needs for attributes and extents. */
function isDense({ allocatedBytes, sizeBytes }: Readonly<Stat>): boolean {
  return allocatedBytes >= sizeBytes;
}

/**
 * Space that is only reserved counts as a hole for lseek(2) and as space for stat(2). The whole file is
 * reserved, for in blocks smaller than ours there are holes that ours don't show.
 * @returns false where the file system still says that there are holes.
 */
function makeDense(files: Files, file: number, was: Readonly<Stat>): boolean {
  if (holesIn(files, file, was).length === 0) return true;
  files.allocate(file, 0, was.sizeBytes);
  const now = new Stat();
  files.stat(file, now);
  if (isDense(now)) return true;
  for (const hole of holesIn(files, file, now)) writeZeros(files, file, bytesOf(hole, now));
  return holesIn(files, file, now).length === 0;
}

/** @returns false where the file system has not done what it was told to. */
function makeSparse(files: Files, file: number, was: Readonly<Stat>, wanted: readonly Hole[]): boolean {
  const found = holesIn(files, file, was);
  const isReserved = mayBeReserved(was, found);
  if (same(wanted, found) && !isReserved) return true;
  if (isReserved) for (const { from, count } of found) files.punch(file, from * BLOCK_BYTES, count * BLOCK_BYTES);
  for (const hole of without(found, wanted)) writeZeros(files, file, bytesOf(hole, was));
  let isAllZero = true;
  for (const hole of without(wanted, found)) if (!punchZeros(files, file, hole)) isAllZero = false;
  // Where content is still to come, so are its holes.
  return !isAllZero || same(wanted, holesIn(files, file, was));
}

/**
 * Space that is only reserved counts as a hole for lseek(2) until somebody reads it, and as data from then on. What is
 * counted beyond the data may also be what the file system needs for attributes and extents; then nothing comes of it.
 */
function mayBeReserved({ allocatedBytes, sizeBytes }: Readonly<Stat>, holes: readonly Hole[]): boolean {
  const blocks = holes.reduce((left, { count }) => left - count, Math.ceil(sizeBytes / BLOCK_BYTES));
  return allocatedBytes > blocks * BLOCK_BYTES;
}

function holesIn(files: Files, file: number, { sizeBytes }: Readonly<Stat>): readonly Hole[] {
  return holesOf(files.holes(file, sizeBytes), sizeBytes);
}

function writeZeros(files: Files, file: number, range: { offset: number; length: number }): void {
  const zeros = Buffer.alloc(Math.min(CHUNK_BYTES, range.length));
  for (let done = 0; done < range.length; done += zeros.length) {
    files.write(file, zeros.subarray(0, Math.min(zeros.length, range.length - done)), range.offset + done);
  }
}

/** What of these holes lies in none of the others. Both in order. */
export function without(holes: readonly Hole[], others: readonly Hole[]): Hole[] {
  const left: Hole[] = [];
  let next = 0;
  for (const hole of holes) {
    let from = hole.from;
    const to = hole.from + hole.count;
    while (next < others.length && endOf(others[next] as Hole) <= from) next += 1;
    for (let index = next; index < others.length && (others[index] as Hole).from < to; index += 1) {
      const other = others[index] as Hole;
      if (other.from > from) left.push({ from, count: other.from - from });
      from = Math.max(from, endOf(other));
    }
    if (from < to) left.push({ from, count: to - from });
  }
  return left;
}

/** @returns false where something else than zeros is, or the file ends before. */
function punchZeros(files: Files, file: number, { from, count }: Hole): boolean {
  const begin = from * BLOCK_BYTES;
  const end = begin + count * BLOCK_BYTES;
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - begin));
  for (let position = begin; position < end; ) {
    const want = Math.min(chunk.length, end - position);
    const length = files.read(file, chunk, { offset: 0, length: want, position });
    if (length > 0 && !isZero(chunk.subarray(0, length))) return false;
    // The block at the end of the file may be a part of one.
    if (length > 0) files.punch(file, position, want);
    if (length < want) return position + length > end - BLOCK_BYTES;
    position += want;
  }
  return true;
}

function bytesOf({ from, count }: Hole, { sizeBytes }: Readonly<Stat>): { offset: number; length: number } {
  const offset = from * BLOCK_BYTES;
  return { offset, length: Math.min(count * BLOCK_BYTES, sizeBytes - offset) };
}

function endOf({ from, count }: Hole): number {
  return from + count;
}

function same(a: readonly Hole[], b: readonly Hole[]): boolean {
  return a.length === b.length && a.every(({ from, count }, i) => from === b[i]?.from && count === b[i].count);
}
