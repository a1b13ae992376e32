import { readdirSync, readFileSync, statSync } from 'node:fs';
import { entriesIn } from '../files/folder-entries.ts';
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
/** In a folder of a million names nobody looks for them all, every half a minute. */
const NAMES_MAX = 10_000;

interface Folder {
  readonly path: string;
  readonly device: number;
  /** Its own, and those of the folders right in it. Read once it matters. */
  readonly inodes: () => ReadonlySet<number>;
}

/** Processes that are known by `isKnown`, and any that decides who may open files in one of the folders. Looks at all processes. */
export function findScanners(
  paths: readonly string[],
  isKnown: (process: ProcessFacts) => boolean,
): readonly Scanner[] {
  const folders = paths.flatMap((path): Folder[] => {
    const stat = attempt(() => statSync(path));
    if (stat === null) return [];
    let inodes: ReadonlySet<number> | null = null;
    return [{ path, device: stat.dev, inodes: () => (inodes ??= new Set([stat.ino, ...subfoldersOf(path)])) }];
  });
  return otherProcesses().flatMap((processId) => {
    const decidesIn = decided(processId, folders);
    const process = describeProcess(processId);
    return process !== null && (decidesIn.length > 0 || isKnown(process)) ? [{ process, decidesIn }] : [];
  });
}

/** Their inodes. */
function subfoldersOf(path: string): readonly number[] {
  const inodes: number[] = [];
  let names = 0;
  for (const entry of entriesIn(Buffer.from(path))) {
    names += 1;
    if (names > NAMES_MAX || inodes.length === SUBFOLDERS_MAX) break;
    if (!entry.isDirectory()) continue;
    const stat = attempt(() => statSync(Buffer.concat([Buffer.from(`${path}/`), entry.name])));
    if (stat !== null) inodes.push(stat.ino);
  }
  return inodes;
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
