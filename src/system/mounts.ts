import { readFileSync } from 'node:fs';

/** Options by which ext4 says that it takes no more writes, where statfs(2) does not (from Linux 6.15 on). */
const SHUT_DOWN = /(?:^|,)(?:emergency_ro|shutdown)(?:,|$)/;

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
