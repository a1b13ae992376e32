import type { FileSystemFacts, Stat } from '../kernel/files.ts';

/** What tells a protected folder, and the file system it lies on, from others. */
export interface FolderMarks {
  /** Kind and id of the file system: the same after every mount of it. */
  readonly fileSystem: string;
  /** Inode number and time of birth of the folder; empty where the file system does not tell the time. */
  readonly identity: string;
  /** Of this run of the machine: what was watched by another mount is watched no more once that is gone. */
  readonly mount: string;
}

export function marksOf(stat: Readonly<Stat>, { type, id, mount }: FileSystemFacts): FolderMarks {
  const { inode, birthSeconds, birthNanoseconds } = stat;
  const isBorn = birthSeconds !== 0 || birthNanoseconds !== 0;
  return {
    fileSystem: `${type.toString(16)}:${id}`,
    mount,
    identity: isBorn ? `${String(inode)}:${String(birthSeconds)}.${String(birthNanoseconds)}` : '',
  };
}
