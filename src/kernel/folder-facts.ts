/** A process that can change a folder past a mount over it, because it was there before. */
export interface Opener {
  readonly name: string;
  readonly processId: number;
  /** It has a file open for writing or mapped writable; a folder of it open, or as its working folder or root; or a lock on one. */
  readonly by: 'file' | 'folder' | 'lock';
}

/** What was found about a folder that is to be intercepted. */
export interface FolderFacts {
  readonly path: string;
  /** As uname(2) says it. */
  readonly kernel: string;
  readonly missingRights: readonly string[];
  /** Why /dev/fuse or the folder can't be opened; null where they can. */
  readonly failure: string | null;
  /** What Understudy works from: program, settings, state. */
  readonly ownPlaces: readonly string[];
  /** Kind of its file system. */
  readonly fileSystem: string;
  /** Are its files numbered as ext4 does it? */
  readonly hasPlainHandles: boolean;
  /** Mounted in it. */
  readonly mountsInside: readonly string[];
  /** Where else it, or a part of it, can be reached: other mounts of its file system, other processes' views. */
  readonly otherWays: readonly string[];
  /** As far as they were looked for: it takes all of /proc. */
  readonly openers: readonly Opener[];
}
