import { deviceNumber } from '../files/stat-buffer.ts';

/** FAN_OPEN_PERM, FAN_ACCESS_PERM and FAN_OPEN_EXEC_PERM of fanotify_mark(2). */
const PERMISSION = 0x7_0000;
/** FAN_EVENT_ON_CHILD: the mark is on the folder in which the file lies, or on another one. */
const ON_CHILD = 0x800_0000;
const MARK = /^fanotify ((?:ino|mnt_id|sdev):\S+.*)$/gm;
const MINOR_BITS = 20;

/** Something that a listener decides about who may open. */
interface PermissionMark {
  /** Of the file or folder that is marked; null where it is everything on its file system. */
  readonly inode: number | null;
  /** Are files in the folder meant, too? */
  readonly isOnChildren: boolean;
}

/**
 * Does a listener decide who may open the file? It may also be one of several that do.
 * @param about - text of /proc/PID/fdinfo/N of a fanotify queue (proc_pid_fdinfo(5)).
 */
export function listensForPermission(
  about: string,
  file: { readonly device: number; readonly inode: number },
): boolean {
  return permissionMarks(about, file.device).some(
    ({ inode, isOnChildren }) => inode === null || inode === file.inode || isOnChildren,
  );
}

/**
 * Does a listener decide who may open files in one of these folders, all on one file system?
 * @param about - as {@link listensForPermission}.
 */
export function listensInFolders(
  about: string,
  folders: { readonly device: number; readonly inodes: () => ReadonlySet<number> },
): boolean {
  return permissionMarks(about, folders.device).some(({ inode }) => inode === null || folders.inodes().has(inode));
}

/** Those that may be on this device. */
function permissionMarks(about: string, device: number): PermissionMark[] {
  return [...about.matchAll(MARK)].flatMap(([, mark = '']): PermissionMark[] => {
    const mask = hexadecimal(mark, 'mask');
    if ((mask & PERMISSION) === 0) return [];
    // Of a mark on a mount only a number is told that means something to its own process.
    if (!mark.startsWith('mnt_id:') && !isOnDevice(mark, device)) return [];
    const inode = mark.startsWith('ino:') ? hexadecimal(mark, 'ino') : null;
    return [{ inode, isOnChildren: (mask & ON_CHILD) !== 0 }];
  });
}

/** On Btrfs and overlayfs the kernel's device is none that stat(2) tells, and has no major number. */
function isOnDevice(mark: string, device: number): boolean {
  const told = hexadecimal(mark, 'sdev');
  const [major, minor] = [told >>> MINOR_BITS, told & ((1 << MINOR_BITS) - 1)];
  return major === 0 || deviceNumber(major, minor) === device;
}

function hexadecimal(mark: string, key: string): number {
  return Number.parseInt(new RegExp(`(?:^| )${key}:([0-9a-f]+)`).exec(mark)?.[1] ?? '0', 16);
}
