import { type ByteString, toBytes } from '../../kernel/byte-string.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../kernel/database.ts';
import type { FileUses } from '../../kernel/file-use.ts';
import type { Files } from '../../kernel/files.ts';
import type { NoticeSource } from '../../kernel/notices.ts';
import type { ThreadTimes } from '../../kernel/thread-times.ts';
import type { ProblemData } from '../../problems/problem.ts';
import { bootId } from '../../system/machine/boot-id.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { sqliteDoor } from '../../system/files/database.ts';
import { freeSpace } from '../../system/files/disk-space.ts';
import { SystemFileUses } from '../../system/files/file-use.ts';
import { openNotices } from '../../system/notices/notices.ts';
import { wasStartedHere } from '../../system/processes/started-programs.ts';
import { openThreadTimes } from '../../system/processes/thread-times.ts';
import type { MountOpeners } from '../interception/mount-openers.ts';
import { filesUnder, openersOf, placeUnder } from '../interception/mounted-machine.ts';
import { MountedFileUses } from '../interception/mounted-file-uses.ts';
import type { StreamStart } from './thread-messages.ts';

/** The doors of the machine that an engine is built with; a simulation hands in doors of its own. */
export interface EngineMachine {
  readonly files: Files;
  /** @param countsReaders - does it use a file to read it? */
  usesOf(countsReaders: boolean): FileUses;
  /** Who uses files through the mounts over them; null where nothing is mounted over. */
  readonly openers: MountOpeners | null;
  readonly clock: Clock;
  /** Another one each time that the machine starts. */
  readonly bootId: string;
  /** Did this process start that program? */
  readonly wasStartedHere: (processId: number) => boolean;
  /** @param ofOthers - what this process does itself gives no notice, where the kernel names the process. */
  openNotices(folders: readonly ByteString[], ofOthers: boolean): { source: NoticeSource; problem: ProblemData | null };
  /** What may still be written to the file system that holds the path, in bytes. @throws FileError as statfs(2). */
  freeBytes(path: ByteString): number;
  databaseIn(file: string): { open(): Database; moveAside(): string };
  /** Of the engine's thread. */
  threadTimes(): ThreadTimes;
  /** Lets go of the notices, after the engine has stopped or failed. */
  close(): void;
}

/** The machine itself, for one thread, which sees what lies under the mounts. */
export function systemMachine({ role, interception }: Pick<StreamStart, 'role' | 'interception'>): EngineMachine {
  const sources: NoticeSource[] = [];
  const folders = interception?.folders ?? [];
  const files = filesUnder(folders, role);
  const openers = role === 'active' || folders.length === 0 ? null : openersOf(folders);
  return {
    files,
    openers,
    usesOf: (countsReaders) => {
      const uses = new SystemFileUses(countsReaders);
      return openers === null ? uses : new MountedFileUses(uses, openers, files);
    },
    clock: systemClock,
    bootId: bootId(),
    wasStartedHere,
    openNotices: (folders, ofOthers) => {
      const opened = openNotices(folders, ofOthers ? process.pid : null);
      sources.push(opened.source);
      return opened;
    },
    freeBytes: (path) => freeSpace(toBytes(placeUnder(folders, path))).freeBytes,
    databaseIn: sqliteDoor,
    threadTimes: openThreadTimes(),
    close: () => {
      for (const source of sources.splice(0)) source.close();
    },
  };
}
