import { ERROR } from './codes.ts';

/** A change of a file that fails so has done nothing, or what it says. */
const KNOWN: ReadonlySet<number> = new Set([
  ERROR.EPERM,
  ERROR.ENOENT,
  ERROR.EBADF,
  ERROR.EACCES,
  ERROR.EINVAL,
  ERROR.ENFILE,
  ERROR.EMFILE,
  ERROR.ETXTBSY,
  ERROR.EFBIG,
  ERROR.EROFS,
  ERROR.EOPNOTSUPP,
  ERROR.EXDEV,
  ERROR.ESTALE,
]);
/** So, too, but past the page cache, where some of it may have found its place. */
const NO_SPACE: ReadonlySet<number> = new Set([ERROR.ENOSPC, ERROR.EDQUOT]);

/**
 * May a change of a file's content have been done in part, although it failed? A disk that fails (EIO) does not say how much
 * of it there is. Pure.
 * @param outcome - minus the number of the error, where it failed.
 */
export function mayBeTorn(outcome: number, isDirect = false): boolean {
  if (outcome >= 0 || KNOWN.has(-outcome)) return false;
  return isDirect || !NO_SPACE.has(-outcome);
}
