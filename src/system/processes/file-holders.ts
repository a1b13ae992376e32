import { readFileSync, readdirSync, statSync } from 'node:fs';
import type { FileUse } from '../../kernel/file-use.ts';
import { listensForPermission } from '../notices/fanotify-listener.ts';
import { fileMappings, type SharedMapping, sharedMappings } from './process-memory.ts';
import { attempt, isOpenAsPath, isOpenForWriting, mapsOf, otherProcesses, whereItLeads } from './process-table.ts';
import { describeProcess, type FileIdentity, type ProcessFacts } from './processes.ts';

/**
 * How a process keeps a file from being changed: it has it open for writing, mapped shared and writable,
 * locked, or executes it; or it listens through fanotify(7) and decides who may open files there; or it
 * has it open for reading or mapped, where that counts.
 */
export type HoldWay = 'written' | 'mapped' | 'locked' | 'executed' | 'listens' | 'read';

/** A process that holds a file. */
export interface FileHolder extends FileIdentity {
  readonly process: ProcessFacts;
  readonly ways: readonly HoldWay[];
}

/** A file whose holders are sought. */
export interface SoughtFile extends FileIdentity {
  /** Where it is `denied`, those who may have decided so are sought; where it is `read`, its readers. */
  readonly use: FileUse;
  /** Devices as which it is seen through mounts over its folder, with the same inode. */
  readonly mountDevices?: readonly number[];
}

/** Ways found of one process, by file. */
type Found = Map<string, Set<HoldWay>>;

/**
 * Who holds these files. Looks at every descriptor and mapping of every process, a millisecond or two
 * each: one call for many files, in a worker. What other users run is seen with the right
 * CAP_SYS_PTRACE only.
 */
export function findHolders(files: readonly SoughtFile[]): FileHolder[] {
  const holders: FileHolder[] = [];
  if (files.length === 0) return holders;
  const sought = soughtBy(files);
  const denied = files.filter(({ use }) => use === 'denied');
  for (const processId of otherProcesses()) {
    const found: Found = new Map();
    lookAtDescriptors(processId, sought, denied, found);
    lookAtMappings(processId, sought, found);
    const program = identityOf(`/proc/${processId}/exe`, sought);
    if (program !== null) note(found, program, 'executed');
    const facts = found.size === 0 ? null : describeProcess(processId);
    if (facts === null) continue;
    for (const [key, ways] of found) {
      const { device, inode } = sought.get(key) as SoughtFile;
      holders.push({ device, inode, process: facts, ways: [...ways].sort() });
    }
  }
  return holders;
}

function soughtBy(files: readonly SoughtFile[]): Map<string, SoughtFile> {
  return new Map(
    files.flatMap((file) =>
      [file.device, ...(file.mountDevices ?? [])].map(
        (device) => [keyOf({ device, inode: file.inode }), file] as const,
      ),
    ),
  );
}

function lookAtDescriptors(
  processId: number,
  sought: ReadonlyMap<string, SoughtFile>,
  denied: readonly SoughtFile[],
  found: Found,
): void {
  const folder = `/proc/${processId}/fd`;
  for (const descriptor of attempt(() => readdirSync(folder)) ?? []) {
    // Sockets and pipes are many, and reading a link is cheaper than a stat.
    const path = whereItLeads(`${folder}/${descriptor}`);
    if (path === null) continue;
    if (path.startsWith('/')) {
      const key = identityOf(`${folder}/${descriptor}`, sought);
      if (key === null) continue;
      const about = aboutDescriptor(processId, descriptor);
      if (isOpenForWriting(about)) note(found, key, 'written');
      else if (sought.get(key)?.use === 'read' && !isOpenAsPath(about)) note(found, key, 'read');
      if (/^lock:/m.test(about)) note(found, key, 'locked');
    } else if (denied.length > 0 && path === 'anon_inode:[fanotify]') {
      const about = aboutDescriptor(processId, descriptor);
      for (const file of denied) if (listensForPermission(about, file)) note(found, keyOf(file), 'listens');
    }
  }
}

function lookAtMappings(processId: number, sought: ReadonlyMap<string, SoughtFile>, found: Found): void {
  const maps = mapsOf(processId) ?? '';
  const look = (mappings: readonly SharedMapping[], files: readonly SoughtFile[], way: HoldWay): void => {
    const inodes = new Set(files.map(({ inode }) => inode));
    for (const { range, inode } of mappings) {
      if (!inodes.has(inode)) continue;
      // The device that the mapping names differs from stat's on Btrfs and overlayfs.
      const key = identityOf(`/proc/${processId}/map_files/${range}`, sought);
      if (key !== null) note(found, key, way);
    }
  };
  const files = [...new Set(sought.values())];
  look(sharedMappings(maps), files, 'mapped');
  const read = files.filter(({ use }) => use === 'read');
  if (read.length > 0) look(fileMappings(maps), read, 'read');
}

/** Text of /proc/PID/fdinfo/N (proc_pid_fdinfo(5)). */
function aboutDescriptor(processId: number, descriptor: string): string {
  return attempt(() => readFileSync(`/proc/${processId}/fdinfo/${descriptor}`, 'latin1')) ?? '';
}

function note(found: Found, key: string, way: HoldWay): void {
  const ways = found.get(key);
  if (ways === undefined) found.set(key, new Set([way]));
  else ways.add(way);
}

function identityOf(path: string, sought: ReadonlyMap<string, SoughtFile>): string | null {
  const stat = attempt(() => statSync(path));
  if (stat === null) return null;
  const file = sought.get(keyOf({ device: stat.dev, inode: stat.ino }));
  return file === undefined ? null : keyOf(file);
}

function keyOf({ device, inode }: FileIdentity): string {
  return `${device}:${inode}`;
}
