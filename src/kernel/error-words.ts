/** What the kernel's own words for errors mean, each as the end of a sentence. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['ENOTDIR', 'a part of the path is no folder'],
  ['EISDIR', 'it is a folder'],
  ['EEXIST', 'something has that name already'],
  ['ELOOP', 'symbolic links lead in a circle, or there is one where none may be'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EBUSY', 'something else uses it'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk reported an error'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files on the whole machine'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['EFBIG', 'it is too large'],
  ['EADDRNOTAVAIL', 'this server has no such address'],
  ['EAFNOSUPPORT', 'this server does not know addresses of that kind'],
  ['ENOTFOUND', 'the name does not resolve'],
]);

/** Of one of the kernel's words; null where there are none. */
export function errorWords(code: string): string | null {
  return WORDS.get(code) ?? null;
}

/** A reason that is the kernel's word alone becomes a clause, with that word for who searches by it; any other stays. */
export function inWords(reason: string): string {
  const words = errorWords(reason);
  return words === null ? reason : `${words} (${reason})`;
}
