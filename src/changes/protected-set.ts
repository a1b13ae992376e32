import type { ByteString } from '../kernel/byte-string.ts';

/** A folder under which something is protected: the longest wildcard-free prefix of an include. */
export interface ProtectedFolder {
  readonly path: ByteString;
  /** False where the folder only holds protected names (an include of one file), and is not an item itself. */
  readonly attributesCount: boolean;
}

/** Which paths are protected. Pure; the same on both servers, because both have the same pair settings. */
export interface ProtectedSet {
  /** None lies within another. */
  readonly folders: readonly ProtectedFolder[];
  /**
   * Is the path an item? Of a folder also when something below it may be one.
   * @param path - protected path, below or at one of the folders.
   */
  covers(path: ByteString, isFolder: boolean): boolean;
}
