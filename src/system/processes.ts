import { readFileSync, statSync } from 'node:fs';
import { sharedMappings } from './process-memory.ts';
import { attempt, mapsOf, otherProcesses, writableDescriptors } from './process-table.ts';

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
  for (const processId of otherProcesses()) {
    const found = new Map<string, Omit<Holder, 'process'>>();
    for (const file of mappedBy(processId, wanted)) found.set(keyOf(file), { ...file, by: 'mapping' });
    for (const file of openedBy(processId, wanted)) found.set(keyOf(file), { ...file, by: 'descriptor' });
    if (found.size === 0) continue;
    const facts = describeProcess(processId);
    if (facts === null) continue;
    for (const file of found.values()) holders.push({ ...file, process: facts });
  }
  return holders;
}

function keyOf(file: FileIdentity): string {
  return `${file.device}:${file.inode}`;
}

function openedBy(processId: number, wanted: ReadonlySet<string>): FileIdentity[] {
  const found: FileIdentity[] = [];
  for (const { link } of writableDescriptors(processId)) {
    const file = identityOf(link, wanted);
    if (file !== null) found.push(file);
  }
  return found;
}

function mappedBy(processId: number, wanted: ReadonlySet<string>): FileIdentity[] {
  const found: FileIdentity[] = [];
  const inodes = new Set([...wanted].map((key) => Number(key.slice(key.indexOf(':') + 1))));
  for (const { range, inode } of sharedMappings(mapsOf(processId) ?? '')) {
    if (!inodes.has(inode)) continue;
    // The device that the mapping names differs from stat's on Btrfs and overlayfs.
    const file = identityOf(`/proc/${String(processId)}/map_files/${range}`, wanted);
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
