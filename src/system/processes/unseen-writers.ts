import { statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { type ByteString, toBytes } from '../../kernel/byte-string.ts';
import { FILE_TYPE_MASK, FILE_TYPE_REGULAR, type FileTime } from '../../kernel/files.ts';
import { hasAsynchronousContext, type SharedMapping, sharedMappings } from './process-memory.ts';
import { attempt, mapsOf, otherProcesses, writableDescriptors } from './process-table.ts';
import { describeProcess, type FileIdentity, type ProcessFacts } from './processes.ts';

/** A process that can change a file without a notice of the kernel. */
export interface UnseenWriter extends FileIdentity {
  /**
   * `mapping`: it stores into memory that is the file. `asynchronous`: it holds the file open for
   * writing and has a context of io_setup(2), whose writes raise no notice.
   */
  readonly by: 'mapping' | 'asynchronous';
  /** How the process reaches it, one byte in each character; another name than the protected one where it has several. */
  readonly path: string;
  /** Opened with O_DIRECT, as databases do that write asynchronously. */
  readonly direct: boolean;
  /** When the file was made, so that another one that got its inode number since is told from it; null where that is not known. */
  readonly born: FileTime | null;
  readonly process: ProcessFacts;
}

/** Of 19: enough to let others go first, little enough to have a turn on a machine that is busy for hours. */
const NICE = 5;
const NS_PER_SECOND = 1_000_000_000n;
const O_DIRECT = process.arch === 'arm64' ? 0o200000 : 0o40000;
/** The process, its mapping or its descriptor is gone; or the name leads nowhere from here. */
const GONE = new Set(['ENOENT', 'ESRCH', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP']);

/** The file systems that hold these folders; one that is not there counts for nothing. */
export function devicesOf(folders: readonly ByteString[]): Set<number> {
  const devices = new Set<number>();
  for (const folder of folders) {
    const stat = attempt(() => statSync(toBytes(folder)));
    if (stat !== null) devices.add(stat.dev);
  }
  return devices;
}

/**
 * Who can change regular files of these file systems so that watching does not see it: each file once
 * for each process and way. Reads the mappings of every process, a tenth of a millisecond each; many
 * descriptors only of those that do asynchronous I/O. Blocks: for a worker. What other users run is
 * seen with the rights CAP_SYS_PTRACE and CAP_SYS_ADMIN only, and passed over without.
 *
 * Sources: proc_pid_maps(5), proc_pid_map_files(5), io_setup(2).
 */
export function findUnseenWriters(devices: ReadonlySet<number>): UnseenWriter[] {
  const found: UnseenWriter[] = [];
  if (devices.size === 0) return found;
  for (const processId of otherProcesses()) {
    const maps = mapsOf(processId);
    if (maps === null || maps === '') continue;
    const ways = waysOf(processId, maps, devices);
    const facts = ways.size === 0 ? null : describeProcess(processId);
    if (facts !== null) for (const way of ways.values()) found.push({ ...way, process: facts });
  }
  return found;
}

/** Lets other work on this machine go first, without being starved by it. Ends with the thread. */
export function giveWay(): void {
  // On Linux a priority is a thread's own: 0 is the one that calls (setpriority(2)).
  setPriority(0, NICE);
}

/** Processor time that this thread has used, in milliseconds. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

type Way = Omit<UnseenWriter, 'process'>;
type FoundFile = FileIdentity & Pick<UnseenWriter, 'born'>;

function waysOf(processId: number, maps: string, devices: ReadonlySet<number>): Map<string, Way> {
  const ways = new Map<string, Way>();
  const add = (way: Way): void => {
    if (devices.has(way.device)) ways.set(`${way.by} ${String(way.device)}:${String(way.inode)}`, way);
  };
  for (const mapping of sharedMappings(maps)) {
    const file = mappedFile(processId, mapping);
    if (file !== null) add({ ...file, by: 'mapping', path: mapping.path, direct: false });
  }
  if (!hasAsynchronousContext(maps)) return ways;
  for (const { link, path, flags } of writableDescriptors(processId)) {
    const file = look(link);
    if (file !== null && file !== 'forbidden')
      add({ ...file, by: 'asynchronous', path, direct: (flags & O_DIRECT) !== 0 });
  }
  return ways;
}

/** Null where it is no regular file, or unmapped by now. */
function mappedFile(processId: number, mapping: SharedMapping): FoundFile | null {
  const file = look(`/proc/${String(processId)}/map_files/${mapping.range}`);
  if (file !== 'forbidden') return file;
  // Without the right to follow that link: the name, where it still is that file, or what the kernel says.
  const named = look(Buffer.from(mapping.path, 'latin1'));
  if (named !== null && named !== 'forbidden' && named.inode === mapping.inode) return named;
  return { device: mapping.device, inode: mapping.inode, born: null };
}

function look(path: string | Buffer): FoundFile | 'forbidden' | null {
  try {
    const stat = statSync(path, { bigint: true });
    if ((Number(stat.mode) & FILE_TYPE_MASK) !== FILE_TYPE_REGULAR) return null;
    return { device: Number(stat.dev), inode: Number(stat.ino), born: timeOf(stat.birthtimeNs) };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' || code === 'EACCES') return 'forbidden';
    if (GONE.has(code)) return null;
    throw error;
  }
}

function timeOf(birthNs: bigint): FileTime | null {
  if (birthNs <= 0n) return null;
  return { seconds: Number(birthNs / NS_PER_SECOND), nanoseconds: Number(birthNs % NS_PER_SECOND) };
}
