import type { Attributes, NodeType } from '../changes/change.ts';
import { flagsOf, isCarried, NOTHING_EXTENDED, UNTOLD, unpackExtended } from '../changes/extended.ts';
import { permissionsOf } from '../changes/node-facts.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type FileOrName, type Files, type Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { setHoles } from './hole-maker.ts';
import type { LiftingFiles } from './lifting-files.ts';

/** Setuid and setgid: writing and a change of owner take them away. */
const SPECIAL_BITS = 0o6000;
const NONE = '' as ByteString;
/** Seconds since 1970: FAT begins with 1980, 32 bits end in January of 2038. */
const HELD_BY_ALL = { from: 315_532_800, to: 2_147_483_647 } as const;
/** Of FAT, the coarsest there is; the finest is that of NTFS. What lies between two ticks becomes the earlier one. */
const TICK_SECONDS_MAX = 2;
const TICK_NANOSECONDS = 100;

/*
 * Gives a file what it carries besides its content, in an order in which nothing undoes what was done
 * before: holes are made by writing of a kind, a change of owner and every write take capabilities away,
 * an access control list sets bits of the mode, and anything at all moves the time. Flags come last, when the file has its name.
 *
 * An extended attribute, flag or time that this file system does not take is returned, not thrown: the
 * rest is as good as it can be by then, and the caller says that the item is not equal.
 */

/**
 * Holes, owner, extended attributes, mode and time.
 * @param was - the file's status after its last write.
 * @returns the first refusal.
 */
export function dress(
  files: Files,
  file: { readonly of: FileOrName; readonly type: NodeType; readonly was: Readonly<Stat> },
  attributes: Attributes,
): FileError | null {
  const { of, type, was } = file;
  const { uid, gid, mode, mtimeSeconds, mtimeNanoseconds } = attributes;
  const holes = type === 'file' ? setHoles(files, of, was, attributes.extended ?? NONE) : null;
  const ownerDiffers = was.uid !== uid || was.gid !== gid;
  if (ownerDiffers) {
    if (typeof of === 'number') files.setOwner(of, attributes);
    else files.setOwnerAt(of.folder, of.name, attributes);
  }
  const xattrs = setXattrs(files, of, attributes.extended ?? NONE);
  const modeDiffers = permissionsOf(was) !== mode || (mode & SPECIAL_BITS) !== 0 || xattrs.changed;
  if (modeDiffers && type !== 'symlink') {
    if (typeof of === 'number') files.setMode(of, mode);
    else files.setModeAt(of.folder, of.name, mode);
  }
  const mtime = { seconds: mtimeSeconds, nanoseconds: mtimeNanoseconds };
  if (typeof of === 'number') files.setMtime(of, mtime);
  else files.setMtimeAt(of.folder, of.name, mtime);
  return holes ?? xattrs.refused;
}

/**
 * The flags, where they are others, or would be once those that were lifted are put back.
 * @param was - as it is now. @returns a refusal.
 */
export function setFlags(
  files: LiftingFiles,
  file: { readonly of: FileOrName; readonly was: Readonly<Stat> },
  { extended = NONE }: Attributes,
): FileError | null {
  const { of, was } = file;
  // Those that were lifted are put back as they were.
  if (extended === UNTOLD) return null;
  const flags = flagsOf(extended);
  if (flags === was.flags && !files.isLifted(was)) return null;
  try {
    if (typeof of === 'number') {
      files.setFlags(of, flags);
      return null;
    }
    const opened = files.openAt(of.folder, of.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
    try {
      files.setFlags(opened, flags);
    } finally {
      files.close(opened);
    }
    return null;
  } catch (error) {
    return refusal(error);
  }
}

/**
 * What was set is not always what the file system holds: times far away, or between two of its ticks.
 * Any other time is somebody else's, who changed the item right after it was set.
 */
export function requireTime(
  stat: Pick<Stat, 'mtimeSeconds' | 'mtimeNanoseconds'>,
  { mtimeSeconds, mtimeNanoseconds }: Pick<Attributes, 'mtimeSeconds' | 'mtimeNanoseconds'>,
): FileError | null {
  if (stat.mtimeSeconds === mtimeSeconds && stat.mtimeNanoseconds === mtimeNanoseconds) return null;
  const isFarAway = mtimeSeconds < HELD_BY_ALL.from || mtimeSeconds > HELD_BY_ALL.to;
  const lackSeconds = mtimeSeconds - stat.mtimeSeconds + (mtimeNanoseconds - stat.mtimeNanoseconds) / 1e9;
  const isOfTick = stat.mtimeNanoseconds % TICK_NANOSECONDS === 0 && lackSeconds > 0 && lackSeconds < TICK_SECONDS_MAX;
  const code = isFarAway || isOfTick ? 'ERANGE' : 'EBUSY';
  return new FileError({ code, call: 'setting its time', path: '' });
}

/** To be called when all else is done. */
export function throwIf(refused: FileError | null): void {
  if (refused !== null) throw refused;
}

const AS_STATED = { changed: false, refused: null } as const;

/** Makes the extended attributes what was stated; of the others that were found, those that are carried are removed. */
function setXattrs(
  files: Files,
  of: FileOrName,
  stated: ByteString,
): { readonly changed: boolean; readonly refused: FileError | null } {
  if (stated === UNTOLD) return AS_STATED;
  let found: readonly ByteString[];
  try {
    found = files.listXattrs(of);
  } catch (error) {
    return { changed: false, refused: refusal(error) };
  }
  // Nearly always.
  if (found.length === 0 && stated === '') return AS_STATED;
  const { xattrs } = unpackExtended(stated) ?? NOTHING_EXTENDED;
  const outcome = { changed: false, refused: null as FileError | null };
  const attempt = (action: () => boolean): void => {
    try {
      if (action()) outcome.changed = true;
    } catch (error) {
      outcome.refused ??= refusal(error);
    }
  };
  for (const name of found) {
    if (!isCarried(name) || xattrs.has(name)) continue;
    attempt(() => {
      files.removeXattr(of, name);
      return true;
    });
  }
  for (const [name, value] of xattrs) {
    attempt(() => {
      if (found.includes(name) && files.getXattr(of, name) === value) return false;
      files.setXattr(of, name, value);
      return true;
    });
  }
  return outcome;
}

function refusal(error: unknown): FileError {
  if (error instanceof FileError) return error;
  throw error;
}
