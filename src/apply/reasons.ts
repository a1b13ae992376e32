import { errorWords } from '../kernel/error-words.ts';
import type { FileError } from '../kernel/files.ts';

/** What is said otherwise of one item of a file system than in general. */
const REASONS: Readonly<Record<string, string>> = {
  ENAMETOOLONG: 'the name is too long for this file system',
  EXDEV: 'the folder is on another file system',
  ETXTBSY: 'the file is being executed',
  EFBIG: 'the file is too large for this file system',
  EOPNOTSUPP: 'this file system has no such thing',
  ENOTTY: 'this file system has no such thing',
  ERANGE: 'this file system cannot hold it',
  E2BIG: 'it is too large for this file system',
};

/** Parts of an item that may be refused alone, by the call that sets them. */
const ABOUT: Readonly<Record<string, string>> = {
  chattr: 'the immutable or append-only flag',
  'setting its time': 'the modification time',
  mknod: 'this kind of item',
  'making holes': 'its use of the disk',
};

const CHANGED_MEANWHILE = 'another program changed the item at that moment';

/** ext4 gives all attributes of one item a single block, whatever else is free. */
const NO_ROOM_FOR_XATTR = 'no space left on the device, or this file system holds no more of them for one item';

/** In words, with the kernel's own word. */
export function reasonOf(error: FileError): string {
  const words = wordsOf(error);
  const [, xattr] = /^(?:set|remove)xattr (\S+)/.exec(error.call) ?? [];
  const what = xattr === undefined ? ABOUT[error.call] : `the extended attribute ${xattr}`;
  if (what !== undefined) return `${what} cannot be kept: ${words ?? 'refused'} (${error.code})`;
  return words === undefined ? `${error.call} failed (${error.code})` : `${words} (${error.code})`;
}

function wordsOf({ call, code }: FileError): string | undefined {
  if (call.startsWith('setxattr ') && code === 'ENOSPC') return NO_ROOM_FOR_XATTR;
  if (call === 'setting its time' && code === 'EBUSY') return CHANGED_MEANWHILE;
  return REASONS[code] ?? errorWords(code) ?? undefined;
}
