import { must } from '../kernel/assert.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import {
  type ExtendedFiles,
  FILE_FLAG,
  FILE_TYPE_MASK,
  FILE_TYPE_REGULAR,
  FileError,
  type FileOrName,
  type Stat,
} from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { HOLE_BYTES, type Hole, HOLES_MAX, holesOf, packHoles, unpackHoles } from './holes.ts';

/*
 * What a node carries beyond content, mode, owner and time, as one string, so that all of it is compared,
 * kept and handed on at once and costs nothing where there is none: empty then. Otherwise, one byte in
 * each character: the flags; where they say so, two bytes with the number of holes (holes.ts), and those (none: where
 * the node takes space is not told, and to be left as it is);
 * then for each extended attribute, sorted by name: the name, NUL, three bytes with the length of the
 * value, and the value. Numbers have their least byte first.
 */

/** More than this on one node is not carried: its record would be too long. */
export const EXTENDED_BYTES_MAX = 256 * 1024;
/** Longest name and value the kernel takes (xattr(7)). */
const NAME_BYTES_MAX = 255;
const VALUE_BYTES_MAX = 64 * 1024;

const FLAGS = FILE_FLAG.immutable | FILE_FLAG.appendOnly;
/** Beside the flags: holes follow. */
const SPARSE = 1;
/** Equals nothing that is ever stated. */
export const UNREADABLE = fromLatin1('\xff');
/** What is told where nothing of it could be read: it may be anything, and is to be left as it is. */
export const UNTOLD = fromLatin1('\x02');

const CARRIED = /^((user|trusted|security)\.[^]|system\.posix_acl_(access|default)$)/;
/**
 * Labels and measurements belong to the policy and the keys of each machine, which makes its own.
 * XFS shows access control lists a second time under names of its own.
 */
const OWN = /^(security\.(selinux|SMACK64.*|apparmor|ima|evm)|trusted\.SGI_ACL_(FILE|DEFAULT))$/;

const NONE: readonly ByteString[] = [];
const NO_EXTENDED = fromLatin1('');

export interface Extended {
  /** Bits of FILE_FLAG. */
  readonly flags: number;
  readonly holes: readonly Hole[];
  /** There may be holes, or none. */
  readonly areHolesUntold?: boolean;
  readonly xattrs: ReadonlyMap<ByteString, ByteString>;
  /** There may be anything: see {@link UNTOLD}. */
  readonly isUntold?: boolean;
}

export const NOTHING_EXTENDED: Extended = { flags: 0, holes: [], xattrs: new Map() };
const NOTHING_TOLD: Extended = { ...NOTHING_EXTENDED, areHolesUntold: true, isUntold: true };

export function isCarried(name: ByteString): boolean {
  return CARRIED.test(name) && !OWN.test(name);
}

export function packExtended({ flags, holes, areHolesUntold = false, xattrs, isUntold = false }: Extended): ByteString {
  if (isUntold) return UNTOLD;
  if (flags === 0 && holes.length === 0 && xattrs.size === 0 && !areHolesUntold) return fromLatin1('');
  let packed = String.fromCharCode(flags);
  if (holes.length > 0 || areHolesUntold) {
    packed = String.fromCharCode(flags | SPARSE, holes.length & 0xff, holes.length >> 8) + packHoles(holes);
  }
  for (const name of [...xattrs.keys()].sort()) {
    const value = must(xattrs.get(name), 'value of a name');
    const length = String.fromCharCode(value.length & 0xff, (value.length >> 8) & 0xff, value.length >> 16);
    packed += `${name}\0${length}${value}`;
  }
  return fromLatin1(packed);
}

/** There is nothing, but for holes, which are not told. */
export const HOLES_UNTOLD = packExtended({ ...NOTHING_EXTENDED, areHolesUntold: true });

/** Does a node carry what is stated? What is not told does not count. */
export function carries(found: ByteString, stated: ByteString): boolean {
  if (found === stated || stated === UNTOLD) return true;
  return unpackExtended(stated)?.areHolesUntold === true && withHolesUntold(found) === stated;
}

/** The same, but that where the node takes space is not told. */
export function withHolesUntold(packed: ByteString): ByteString {
  const extended = unpackExtended(packed);
  return extended === null ? packed : packExtended({ ...extended, holes: [], areHolesUntold: true });
}

/** The same, but that the node takes space where `other` says; all of `other` where nothing is told. */
export function withHolesOf(packed: ByteString, other: ByteString): ByteString {
  if (packed === UNTOLD) return other;
  const [extended, shape] = [unpackExtended(packed), unpackExtended(other)];
  if (extended === null || shape === null) return packed;
  const { holes, areHolesUntold = false } = shape;
  return packExtended({ ...extended, holes, areHolesUntold });
}

/** @returns null where it is not what {@link packExtended} makes: then it must not be used. */
export function unpackExtended(packed: ByteString): Extended | null {
  if (packed === '') return NOTHING_EXTENDED;
  if (packed === UNTOLD) return NOTHING_TOLD;
  const first = packed.charCodeAt(0);
  if (packed.length > EXTENDED_BYTES_MAX || (first & ~(FLAGS | SPARSE)) !== 0) return null;
  if (first === 0 && packed.length === 1) return null;
  const flags = first & FLAGS;
  const holesAt = (first & SPARSE) === 0 ? 1 : 3;
  const count = holesAt === 1 ? 0 : packed.charCodeAt(1) + packed.charCodeAt(2) * 256;
  const xattrsAt = holesAt + count * HOLE_BYTES;
  if (!(packed.length >= xattrsAt) || count > HOLES_MAX) return null;
  const holes = unpackHoles(packed.slice(holesAt, xattrsAt));
  if (holes === null) return null;
  const xattrs = new Map<ByteString, ByteString>();
  let before = '';
  for (let at = xattrsAt; at < packed.length; ) {
    const end = packed.indexOf('\0', at);
    const valueAt = end + 4;
    if (end < 0 || valueAt > packed.length) return null;
    const name = packed.slice(at, end) as ByteString;
    const length =
      packed.charCodeAt(end + 1) + packed.charCodeAt(end + 2) * 2 ** 8 + packed.charCodeAt(end + 3) * 2 ** 16;
    const isSound = name.length <= NAME_BYTES_MAX && length <= VALUE_BYTES_MAX && valueAt + length <= packed.length;
    if (!isSound || name <= before || !isCarried(name)) return null;
    xattrs.set(name, packed.slice(valueAt, valueAt + length) as ByteString);
    before = name;
    at = valueAt + length;
  }
  return holesAt === 3 && count === 0 ? { flags, holes, areHolesUntold: true, xattrs } : { flags, holes, xattrs };
}

/**
 * Fills `stat.extended`, for the file that `stat` was filled with. Where there is nothing, which is nearly
 * always, it costs one call.
 * @param stated - what the active server says of it: where that tells of holes, they are looked for in any case.
 * @returns the names of what is not carried, but for what each machine has of its own.
 * @throws FileError where it can't be read; `E2BIG` where it is more than is carried.
 */
export function readExtended(
  files: ExtendedFiles,
  of: FileOrName,
  stat: Stat,
  stated: ByteString = NO_EXTENDED,
): readonly ByteString[] {
  const names = files.listXattrs(of);
  const holes = readHoles(files, of, stat, hasHoles(stated));
  if (names.length === 0 && stat.flags === 0 && holes.length === 0) {
    stat.extended = fromLatin1('');
    return NONE;
  }
  const xattrs = new Map<ByteString, ByteString>();
  for (const name of names) {
    const value = isCarried(name) ? files.getXattr(of, name) : null;
    if (value !== null) xattrs.set(name, value);
  }
  const packed = packExtended({ flags: stat.flags, holes, xattrs });
  if (packed.length > EXTENDED_BYTES_MAX) {
    throw new FileError({ code: 'E2BIG', call: 'reading extended attributes', path: '' });
  }
  stat.extended = packed;
  return names.filter((name) => !isCarried(name) && !OWN.test(name));
}

/**
 * A file that takes as much space as it is long has none that count, unless some are `stated`: the space may be that
 * of its extended attributes or its extents, which differs from one file system to the other.
 */
function readHoles(files: ExtendedFiles, of: FileOrName, stat: Readonly<Stat>, areStated: boolean): readonly Hole[] {
  const mayHave = stat.allocatedBytes < stat.sizeBytes || areStated;
  if (!mayHave || (stat.mode & FILE_TYPE_MASK) !== FILE_TYPE_REGULAR) return NOTHING_EXTENDED.holes;
  if (typeof of === 'number') return holesOf(files.holes(of, stat.sizeBytes), stat.sizeBytes);
  const file = files.openAt(of.folder, of.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
  try {
    return holesOf(files.holes(file, stat.sizeBytes), stat.sizeBytes);
  } finally {
    files.close(file);
  }
}

function hasHoles(packed: ByteString): boolean {
  return packed !== NO_EXTENDED && (packed.charCodeAt(0) & SPARSE) !== 0;
}

/** The flags among what was packed. */
export function flagsOf(packed: ByteString = fromLatin1('')): number {
  return packed === '' ? 0 : packed.charCodeAt(0) & FLAGS;
}

/** As {@link readExtended}; what can't be read differs from everything. */
export function lookAtExtended(files: ExtendedFiles, of: FileOrName, stat: Stat, stated?: ByteString): void {
  try {
    readExtended(files, of, stat, stated);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    stat.extended = UNREADABLE;
  }
}

/** What was read of a status' file; that it was read is the caller's to see to. */
export function extendedOf(stat: Readonly<Stat>): ByteString {
  return must(stat.extended, 'extended attributes were looked at');
}
