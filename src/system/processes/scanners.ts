import { readdirSync, readFileSync, statSync } from 'node:fs';
import { listensInFolders } from '../notices/fanotify-listener.ts';
import { attempt, otherProcesses, whereItLeads } from './process-table.ts';
import { describeProcess, type ProcessFacts } from './processes.ts';

/** A process that may keep others from files. */
export interface Scanner {
  readonly process: ProcessFacts;
  /** Of the folders asked about, those in which it decides who may open files. */
  readonly decidesIn: readonly string[];
}

/** Of the folders right in one: who decides about a part of it alone has marked these. */
const SUBFOLDERS_MAX = 1000;

interface Folder {
  readonly path: string;
  readonly device: number;
  /** Its own, and those of the folders right in it. */
  readonly inodes: ReadonlySet<number>;
}

/** Processes that are known by `isKnown`, and any that decides who may open files in one of the folders. Looks at all processes. */
export function findScanners(
  paths: readonly string[],
  isKnown: (process: ProcessFacts) => boolean,
): readonly Scanner[] {
  const folders = paths.flatMap((path): Folder[] => {
    const stat = attempt(() => statSync(path));
    if (stat === null) return [];
    return [{ path, device: stat.dev, inodes: new Set([stat.ino, ...subfoldersOf(path)]) }];
  });
  return otherProcesses().flatMap((processId) => {
    const decidesIn = decided(processId, folders);
    const process = describeProcess(processId);
    return process !== null && (decidesIn.length > 0 || isKnown(process)) ? [{ process, decidesIn }] : [];
  });
}

/** Their inodes. */
function subfoldersOf(path: string): readonly number[] {
  const entries = attempt(() => readdirSync(path, { withFileTypes: true })) ?? [];
  const folders = entries.filter((entry) => entry.isDirectory()).slice(0, SUBFOLDERS_MAX);
  return folders.flatMap(({ name }) => attempt(() => statSync(`${path}/${name}`).ino) ?? []);
}

function decided(processId: number, folders: readonly Folder[]): readonly string[] {
  const own = `/proc/${processId}/fd`;
  const found = new Set<string>();
  for (const descriptor of attempt(() => readdirSync(own)) ?? []) {
    if (whereItLeads(`${own}/${descriptor}`) !== 'anon_inode:[fanotify]') continue;
    const about = attempt(() => readFileSync(`/proc/${processId}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    for (const folder of folders) if (listensInFolders(about, folder)) found.add(folder.path);
  }
  return [...found];
}
