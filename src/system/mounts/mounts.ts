import { attempt } from '../processes/process-table.ts';
import { readFileSync } from 'node:fs';

/** Options by which ext4 says that it takes no more writes, where statfs(2) does not (from Linux 6.15 on). */
const SHUT_DOWN = /(?:^|,)(?:emergency_ro|shutdown)(?:,|$)/;

/** A mount, as the kernel lists it. */
export interface Mount {
  /** The kernel's number of it. */
  readonly id: string;
  /** Of the mount that it lies in. */
  readonly parent: string;
  /** Of its file system, in decimal: `8:1`. */
  readonly device: string;
  /** The folder of its file system that it shows: `/` where it shows all of it. */
  readonly root: string;
  readonly path: string;
  /** The group that gets what is mounted on it, and the group that it gets what is mounted from; empty where there is none. */
  readonly shared: string;
  readonly master: string;
  /** Of the file system: `ext4`. */
  readonly type: string;
}

/**
 * What is mounted where, as a process sees it; of several at one path the last one is seen (proc_pid_mountinfo(5)).
 * @throws NodeJS.ErrnoException where the process is gone.
 */
export function mounts(processId: number | 'self' = 'self'): Mount[] {
  return readFileSync(`/proc/${String(processId)}/mountinfo`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', parent = '', device = '', root = '', path = ''] = line.split(' ');
      const group = (kind: string): string => new RegExp(` ${kind}:(\\d+) (?=.*- )`).exec(line)?.[1] ?? '';
      const [shared, master] = [group('shared'), group('master')];
      const [type = ''] = line.split(' - ').at(-1)?.split(' ') ?? [];
      return { id, parent, device, root: unescaped(root), path: unescaped(path), shared, master, type };
    });
}

/** As {@link mounts} of another process; null where it is gone or not ours to see, and where it ends and has let go of its view. */
export function mountsSeenBy(processId: number): Mount[] | null {
  try {
    return attempt(() => mounts(processId));
  } catch (error) {
    // proc_pid_mountinfo(5) of a process that has ended and was not waited for yet.
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return null;
    throw error;
  }
}

/** Spaces and the like are listed in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Is a path the folder itself, or in it? Both as the kernel lists them. */
export function isIn(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

/** The mount that an open file belongs to, by the kernel's number of it; empty where it does not tell. */
export function mountOf(file: number): string {
  return /^mnt_id:\s*(\d+)/m.exec(textOf(`/proc/self/fdinfo/${String(file)}`))?.[1] ?? '';
}

/** Did the kernel stop writing to the file system of this mount, because it found it damaged or its disk failed? */
export function isShutDown(mount: string): boolean {
  if (mount === '') return false;
  for (const line of textOf('/proc/self/mountinfo').split('\n')) {
    if (!line.startsWith(`${mount} `)) continue;
    return (
      line
        .split(' - ')
        .at(-1)
        ?.split(' ')
        .some((options) => SHUT_DOWN.test(options)) ?? false
    );
  }
  // It was unmounted, and lives on only for what is still open there.
  return false;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
