import { deviceNumber } from '../files/stat-buffer.ts';

/** A file that a process has in its memory; where it is shared and writable, it changes it by storing there. */
export interface SharedMapping {
  /** Begin and end of its addresses, as the folder map_files names it. */
  readonly range: string;
  /** As the kernel's maps say it: on Btrfs and overlayfs it is not what stat(2) says. */
  readonly device: number;
  readonly inode: number;
  /** As seen from here; ends in ` (deleted)` where the name is gone. */
  readonly path: string;
}

const WRITABLE_SHARED = /^([0-9a-f]+-[0-9a-f]+) .w.s [0-9a-f]+ ([0-9a-f]+):([0-9a-f]+) ([1-9]\d*) +(\/.*)$/gm;
const ANY = /^([0-9a-f]+-[0-9a-f]+) .{4} [0-9a-f]+ ([0-9a-f]+):([0-9a-f]+) ([1-9]\d*) +(\/.*)$/gm;
/** Memory that only looks like a file, and devices: nothing of it can lie in a protected folder. */
const NO_FILE = /^\/(?:memfd:|dev\/|SYSV|\[|anon_hugepage)/;

/**
 * Files mapped shared and writable.
 * @param maps - text of /proc/PID/maps (proc_pid_maps(5)), one byte in each character.
 */
export function sharedMappings(maps: string): SharedMapping[] {
  return mappingsOf(maps, WRITABLE_SHARED);
}

/** Files mapped in any way. @param maps - as for {@link sharedMappings}. */
export function fileMappings(maps: string): SharedMapping[] {
  return mappingsOf(maps, ANY);
}

/** Has the process a context for asynchronous I/O of the kernel (io_setup(2))? Its ring shows among the mappings. */
export function hasAsynchronousContext(maps: string): boolean {
  return maps.includes(' /[aio]');
}

function mappingsOf(maps: string, pattern: RegExp): SharedMapping[] {
  const found: SharedMapping[] = [];
  for (const [, range = '', major = '', minor = '', inode = '', path = ''] of maps.matchAll(pattern)) {
    if (NO_FILE.test(path)) continue;
    const device = deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16));
    found.push({ range, device, inode: Number(inode), path: path.replaceAll('\\012', '\n') });
  }
  return found;
}
