import type { ByteString } from './byte-string.ts';

/** How a source of notices names a watched folder; opaque, comparable. */
export type FolderKey = string;

/** What happened to a name. Notices of one name may be merged by the kernel, so their order is lost. */
export const NOTICE = {
  created: 1,
  deleted: 2,
  modified: 4,
  /** A file that was open for writing was closed. */
  written: 8,
  attributes: 16,
  moved: 32,
} as const;

/**
 * One notice from the kernel: something happened to a name in a folder. A notice says where to look,
 * not what is there now. The object is reused for the next notice: copy what is kept.
 */
export interface Notice {
  /** Bits of {@link NOTICE}. */
  what: number;
  isFolder: boolean;
  /** Empty where the source knows only `target` (a file that lost its names). */
  folder: FolderKey;
  /** Empty where something happened to the folder itself: `target` is the folder then. */
  name: ByteString;
  /** Where a `moved` name went; null where it went out of sight of the source. */
  toFolder: FolderKey | null;
  toName: ByteString;
  /** Key of the file or folder itself, where the source knows it: finds a node whatever name was used. */
  target: FolderKey | null;
  /** Inode number of the target, where the source can tell it; 0 where not. */
  targetInode: number;
  /** Process that did it; 0 where the source can't tell. */
  processId: number;
}

/** A kernel queue of notices about folders. Not safe to share between threads. */
export interface NoticeSource {
  /** `fanotify` sees whole file systems and names the process; `inotify` needs no right and sees single folders. */
  readonly kind: 'fanotify' | 'inotify';
  /** Readable (poll) when notices wait. */
  readonly descriptor: number;
  /**
   * From its return on, every change in the folder (not below it) gives a notice.
   * @throws Problem CAP-003 where a limit on watches is reached.
   */
  watchFolder(folder: number, path: ByteString): FolderKey;
  /** The key notices will use as `target` for an open file or folder; null where the source has none. */
  keyOf(file: number): FolderKey | null;
  forgetFolder(key: FolderKey): void;
  /**
   * Hands over what waits now, without blocking.
   * @returns false when the kernel dropped notices (overflow): anything may have changed.
   */
  read(sink: (notice: Readonly<Notice>) => void): boolean;
  close(): void;
}
