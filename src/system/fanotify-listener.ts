import { deviceNumber } from './stat-buffer.ts';

/** FAN_OPEN_PERM, FAN_ACCESS_PERM and FAN_OPEN_EXEC_PERM of fanotify_mark(2). */
const PERMISSION = 0x7_0000;
/** FAN_EVENT_ON_CHILD: the mark is on the folder in which the file lies, or on another one. */
const ON_CHILD = 0x800_0000;
const MARK = /^fanotify ((?:ino|mnt_id|sdev):\S+.*)$/gm;
const MINOR_BITS = 20;

/**
 * Does a listener decide who may open the file? It may also be one of several that do.
 * @param about - text of /proc/PID/fdinfo/N of a fanotify queue (proc_pid_fdinfo(5)).
 */
export function listensForPermission(
  about: string,
  file: { readonly device: number; readonly inode: number },
): boolean {
  for (const [, mark = ''] of about.matchAll(MARK)) {
    const mask = hexadecimal(mark, 'mask');
    if ((mask & PERMISSION) === 0) continue;
    // Of a mark on a mount only a number is told that means something to its own process.
    if (mark.startsWith('mnt_id:')) return true;
    const isOfOther = mark.startsWith('ino:') && hexadecimal(mark, 'ino') !== file.inode;
    if (isOfOther && (mask & ON_CHILD) === 0) continue;
    const device = hexadecimal(mark, 'sdev');
    const [major, minor] = [device >>> MINOR_BITS, device & ((1 << MINOR_BITS) - 1)];
    // On Btrfs and overlayfs the kernel's device is none that stat(2) tells, and has no major number.
    if (major === 0 || deviceNumber(major, minor) === file.device) return true;
  }
  return false;
}

function hexadecimal(mark: string, key: string): number {
  return Number.parseInt(new RegExp(`(?:^| )${key}:([0-9a-f]+)`).exec(mark)?.[1] ?? '0', 16);
}
