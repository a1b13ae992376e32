import { type ByteString, toBytes } from '../kernel/byte-string.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/database.ts';
import type { FileUses } from '../kernel/file-use.ts';
import type { Files } from '../kernel/files.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import type { ThreadTimes } from '../kernel/thread-times.ts';
import type { ProblemData } from '../problems/problem.ts';
import { systemClock } from '../system/clock.ts';
import { sqliteDoor } from '../system/database.ts';
import { freeSpace } from '../system/disk-space.ts';
import { SystemFileUses } from '../system/file-use.ts';
import { NodeFiles } from '../system/files.ts';
import { openNotices } from '../system/notices.ts';
import { wasStartedHere } from '../system/started-programs.ts';
import { type Underneath, UnderneathFiles } from '../system/underneath-files.ts';
import { openThreadTimes } from '../system/thread-times.ts';

/** The doors of the machine that an engine is built with; a simulation hands in doors of its own. */
export interface EngineMachine {
  readonly files: Files;
  /** @param countsReaders - does it use a file to read it? */
  usesOf(countsReaders: boolean): FileUses;
  readonly clock: Clock;
  /** What this process does itself is no meddling. */
  readonly processId: number;
  /** Did this process start that program? */
  readonly wasStartedHere: (processId: number) => boolean;
  openNotices(folders: readonly ByteString[]): { source: NoticeSource; problem: ProblemData | null };
  /** What may still be written to the file system that holds the path, in bytes. @throws FileError as statfs(2). */
  freeBytes(path: ByteString): number;
  databaseIn(file: string): { open(): Database; moveAside(): string };
  /** Of the engine's thread. */
  threadTimes(): ThreadTimes;
  /** Lets go of the notices, after the engine has stopped or failed. */
  close(): void;
}

/** The machine itself, for one thread. @param mounts - folders to be seen as they are underneath. */
export function systemMachine(mounts: readonly Underneath[] = []): EngineMachine {
  const sources: NoticeSource[] = [];
  const files = mounts.length === 0 ? new NodeFiles() : new UnderneathFiles(mounts);
  return {
    files,
    usesOf: (countsReaders) => new SystemFileUses(countsReaders),
    clock: systemClock,
    processId: process.pid,
    wasStartedHere,
    openNotices: (folders) => {
      const opened = openNotices(folders);
      sources.push(opened.source);
      return opened;
    },
    freeBytes: (path) => freeSpace(toBytes(path)).freeBytes,
    databaseIn: sqliteDoor,
    threadTimes: openThreadTimes(),
    close: () => {
      for (const source of sources.splice(0)) source.close();
    },
  };
}
