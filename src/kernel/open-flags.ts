/**
 * Flags for {@link FolderFiles.openAt}, as in open(2): only those whose value is the same on every
 * architecture. `O_NOFOLLOW` and `O_CLOEXEC` are always added; folders are opened with `openFolderAt`.
 */
export const OPEN = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  /** Bits in which the three above stand. */
  access: 3,
  create: 0o100,
  /** With `create`: `EEXIST` where something has the name. */
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  /**
   * A FIFO that took a file's place does not block the open, and a file under another process's lease
   * gives `EAGAIN` instead of waiting. Without effect on later reads and writes of a regular file.
   */
  nonBlocking: 0o4000,
  /** Leaves the access time alone; ignored where only the file's owner could ask for it. */
  noAccessTime: 0o1000000,
  /** Names the file without opening it: works on anything, and needs no right to read it. */
  path: 0o10000000,
} as const;
