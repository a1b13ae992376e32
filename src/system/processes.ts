import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process, for people. */
export interface ProcessFacts {
  readonly processId: number;
  /** Short name of its program (`mysqld`), at most 15 bytes. */
  readonly name: string;
  /** Arguments joined by spaces, cut at 400 characters; empty for a kernel thread. */
  readonly commandLine: string;
  /** The systemd unit it belongs to (`mysql.service`), or null. */
  readonly unit: string | null;
}

/** A file by its identity on this machine. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/** Somebody who holds a file so that it may change under our hands. */
export interface Holder extends FileIdentity {
  readonly process: ProcessFacts;
  /** An open descriptor, or a shared mapping of memory that outlives one. */
  readonly by: 'descriptor' | 'mapping';
}

const COMMAND_LINE_LENGTH_MAX = 400;
const ACCESS_MODE = 0o3;
const PROCESS_ID = /^\d+$/;
const WRITABLE_SHARED = /^([0-9a-f]+-[0-9a-f]+) .w.s [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ (\d+) /;
/** The process, or its descriptor, is gone or not ours to see. */
const NOT_THERE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR']);

/** Null where there is no such process. */
export function describeProcess(processId: number): ProcessFacts | null {
  const folder = `/proc/${processId}`;
  const name = attempt(() => readFileSync(`${folder}/comm`, 'utf8').trimEnd());
  if (name === null) return null;
  const commandLine = attempt(() => readFileSync(`${folder}/cmdline`, 'utf8')) ?? '';
  const groups = attempt(() => readFileSync(`${folder}/cgroup`, 'utf8')) ?? '';
  return {
    processId,
    name,
    commandLine: commandLine.replaceAll('\0', ' ').trimEnd().slice(0, COMMAND_LINE_LENGTH_MAX),
    unit: unitOf(groups),
  };
}

/** The innermost unit in the text of /proc/PID/cgroup. */
export function unitOf(groups: string): string | null {
  let unit: string | null = null;
  for (const line of groups.split('\n')) {
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    for (const part of path.split('/')) if (/\.(service|scope)$/.test(part)) unit = part;
    if (unit !== null) return unit;
  }
  return null;
}

/**
 * Who else holds one of these files open for writing, or mapped shared and writable. Looks at every
 * process (a millisecond or two each): one call for many files, in a worker. Without root only the
 * processes of the same user are seen.
 */
export function writersOf(files: readonly FileIdentity[]): Holder[] {
  const wanted = new Set(files.map(keyOf));
  const holders: Holder[] = [];
  if (wanted.size === 0) return holders;
  for (const entry of readdirSync('/proc')) {
    if (!PROCESS_ID.test(entry) || Number(entry) === process.pid) continue;
    const found = new Map<string, Omit<Holder, 'process'>>();
    for (const file of mappedBy(entry, wanted)) found.set(keyOf(file), { ...file, by: 'mapping' });
    for (const file of openedBy(entry, wanted)) found.set(keyOf(file), { ...file, by: 'descriptor' });
    if (found.size === 0) continue;
    const facts = describeProcess(Number(entry));
    if (facts === null) continue;
    for (const file of found.values()) holders.push({ ...file, process: facts });
  }
  return holders;
}

function keyOf(file: FileIdentity): string {
  return `${file.device}:${file.inode}`;
}

function openedBy(processId: string, wanted: ReadonlySet<string>): FileIdentity[] {
  const folder = `/proc/${processId}/fd`;
  const found: FileIdentity[] = [];
  for (const descriptor of attempt(() => readdirSync(folder)) ?? []) {
    const link = `${folder}/${descriptor}`;
    // Sockets and pipes are many, and reading a link is cheaper than a stat.
    if (attempt(() => readlinkSync(link))?.startsWith('/') !== true) continue;
    const file = identityOf(link, wanted);
    if (file === null) continue;
    const about = attempt(() => readFileSync(`/proc/${processId}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(about)?.[1] ?? '0', 8);
    if ((flags & ACCESS_MODE) !== 0) found.push(file);
  }
  return found;
}

function mappedBy(processId: string, wanted: ReadonlySet<string>): FileIdentity[] {
  const found: FileIdentity[] = [];
  const inodes = new Set([...wanted].map((key) => key.slice(key.indexOf(':') + 1)));
  for (const line of (attempt(() => readFileSync(`/proc/${processId}/maps`, 'latin1')) ?? '').split('\n')) {
    const [, range, inode] = WRITABLE_SHARED.exec(line) ?? [];
    if (range === undefined || inode === undefined || !inodes.has(inode)) continue;
    // The device in this line differs from stat's on Btrfs and overlayfs.
    const file = identityOf(`/proc/${processId}/map_files/${range}`, wanted);
    if (file !== null) found.push(file);
  }
  return found;
}

function identityOf(path: string, wanted: ReadonlySet<string>): FileIdentity | null {
  const stat = attempt(() => statSync(path));
  if (stat === null) return null;
  const file = { device: stat.dev, inode: stat.ino };
  return wanted.has(keyOf(file)) ? file : null;
}

/** Null where what was asked for is gone: processes come and go. */
function attempt<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
