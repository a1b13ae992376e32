/** User and group by their numbers. */
export interface FileOwner {
  readonly user: number;
  readonly group: number;
}

/** Files that are read and written whole. Every failure is a FileError; every call blocks for as long as the disk does. */
export interface ByteFiles {
  /**
   * Is another one after each change of the file that follows, or once another file has its path; null where nothing has
   * it. Waits out the tick of the clock in which it was changed, where that is not over.
   */
  stamp(path: string): string | null;
  /** Null where there is no such file; EFBIG above `bytesMax`. */
  read(path: string, bytesMax: number): Buffer | null;
  /** Durable and whole on return. A file that is replaced keeps its mode and owner. @param owner - of a new one; by default whoever writes. */
  write(path: string, bytes: Uint8Array, mode: number, owner?: FileOwner): void;
  /** What another program wrote there is durable on return, with its name. Does nothing where there is no such file. */
  sync(path: string): void;
  /** Null where nothing has this path. */
  owner(path: string): FileOwner | null;
  /** Does nothing where there is no such file. */
  remove(path: string): void;
  /** With all that is in it. Does nothing where there is no such folder. */
  removeFolder(path: string): void;
  /** With what is missing above it; one that exists is left as it is. */
  makeFolder(path: string, mode: number): void;
  /** Sorted; none where there is no such folder. */
  list(folder: string): string[];
}
