import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { OPEN } from '../../kernel/open-flags.ts';

/** A descriptor of a process through which it may write a file. */
export interface WritableDescriptor {
  /** A link that leads to the file, whatever its name is now. */
  readonly link: string;
  /** Where the link says that it leads, as seen from here. */
  readonly path: string;
  /** Flags of open(2). */
  readonly flags: number;
}

const PROCESS_ID = /^\d+$/;
const ACCESS_MODE = 0o3;
/** The process, its descriptor, or who serves the file system that it leads to (FUSE), is gone or not ours to see. */
const NOT_THERE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR', 'ENOTCONN', 'ECONNABORTED', 'ESTALE']);

/** Every process of this machine but our own. */
export function otherProcesses(): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (PROCESS_ID.test(entry) && Number(entry) !== process.pid) found.push(Number(entry));
  }
  return found;
}

/** Text of /proc/PID/maps, one byte in each character; null where the process is gone or not ours to see. */
export function mapsOf(processId: number): string | null {
  return attempt(() => readFileSync(`/proc/${String(processId)}/maps`, 'latin1'));
}

/** Files, not sockets or pipes, that a process holds open for writing. */
export function* writableDescriptors(processId: number): Generator<WritableDescriptor> {
  const folder = `/proc/${String(processId)}/fd`;
  for (const descriptor of attempt(() => readdirSync(folder)) ?? []) {
    const link = `${folder}/${descriptor}`;
    // Sockets and pipes are many, and reading a link is cheaper than a stat.
    const path = whereItLeads(link);
    if (path?.startsWith('/') !== true) continue;
    const about = attempt(() => readFileSync(`/proc/${String(processId)}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    if (isOpenForWriting(about)) yield { link, path, flags: openFlagsOf(about) };
  }
}

/** What a link of a descriptor says: a path from `/` where it is a file; null where it is gone. */
export function whereItLeads(link: string): string | null {
  try {
    return attempt(() => readlinkSync(link, 'latin1'));
  } catch (error) {
    // A path longer than 4096 bytes can't be told, and is one all the same.
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
    return '/(a path of more than 4096 bytes)';
  }
}

/** @param about - text of /proc/PID/fdinfo/N (proc_pid_fdinfo(5)). */
export function openFlagsOf(about: string): number {
  return Number.parseInt(/^flags:\s*([0-7]+)/m.exec(about)?.[1] ?? '0', 8);
}

/** @param about - as for {@link openFlagsOf}. */
export function isOpenForWriting(about: string): boolean {
  return (openFlagsOf(about) & ACCESS_MODE) !== 0;
}

/** O_PATH names a file without using it. @param about - as for {@link openFlagsOf}. */
export function isOpenAsPath(about: string): boolean {
  return (openFlagsOf(about) & OPEN.path) !== 0;
}

/** Null where what was asked for is gone: processes come and go. */
export function attempt<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
