import type { ByteString } from './byte-string.ts';

/**
 * How another process uses a file, so that it must not be changed under its hands. `open`: for writing,
 * mapped shared and writable, or under a lease. `locked`: flock(2) or fcntl(2). `executed`: as a program.
 * `denied`: something keeps everybody from opening it. `read`: it is open for reading, where that counts.
 */
export type FileUse = 'open' | 'locked' | 'executed' | 'denied' | 'read';

/** Asks the kernel whether a file is in use: about ten microseconds where it is not. */
export interface FileUses {
  /**
   * Null where nobody uses it, or where that can't be told (a file system without leases, a missing right).
   * @param forWriting - is it to be written in place? Only then it matters that it is executed.
   */
  useOf(folder: number, name: ByteString, forWriting: boolean): FileUse | null;
  /** The same of a file opened with `OPEN.path`, whatever its name is by now. */
  useOfOpened(file: number, forWriting: boolean): FileUse | null;
}
