import type { FileError } from '../kernel/files.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reported an error',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long for this file system',
  EXDEV: 'the folder is on another file system',
  ETXTBSY: 'the file is being executed',
  EFBIG: 'the file is too large for this file system',
};

/** In words, with the kernel's own word. */
export function reasonOf(error: FileError): string {
  const words = REASONS[error.code];
  return words === undefined ? `${error.call} failed (${error.code})` : `${words} (${error.code})`;
}
