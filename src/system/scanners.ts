import { readdirSync, readFileSync, statSync } from 'node:fs';
import { listensForPermission } from './fanotify-listener.ts';
import { attempt, otherProcesses, whereItLeads } from './process-table.ts';
import { describeProcess, type FileIdentity, type ProcessFacts } from './processes.ts';

/** A process that may keep others from files. */
export interface Scanner {
  readonly process: ProcessFacts;
  /** Of the folders asked about, those in which it decides who may open files. */
  readonly decidesIn: readonly string[];
}

interface Folder extends FileIdentity {
  readonly path: string;
}

/** Processes that are known by `isKnown`, and any that decides who may open files in one of the folders. Looks at all processes. */
export function findScanners(
  paths: readonly string[],
  isKnown: (process: ProcessFacts) => boolean,
): readonly Scanner[] {
  const folders = paths.flatMap((path): Folder[] => {
    const stat = attempt(() => statSync(path));
    return stat === null ? [] : [{ path, device: stat.dev, inode: stat.ino }];
  });
  return otherProcesses().flatMap((processId) => {
    const decidesIn = decided(processId, folders);
    const process = describeProcess(processId);
    return process !== null && (decidesIn.length > 0 || isKnown(process)) ? [{ process, decidesIn }] : [];
  });
}

function decided(processId: number, folders: readonly Folder[]): readonly string[] {
  const own = `/proc/${processId}/fd`;
  const found = new Set<string>();
  for (const descriptor of attempt(() => readdirSync(own)) ?? []) {
    if (whereItLeads(`${own}/${descriptor}`) !== 'anon_inode:[fanotify]') continue;
    const about = attempt(() => readFileSync(`/proc/${processId}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    for (const folder of folders) if (listensForPermission(about, folder)) found.add(folder.path);
  }
  return [...found];
}
