import type { Finding, Identity, Role } from '../api/status.ts';
import type { TreeSize } from '../kernel/tree-size.ts';
import { Problem, type ProblemData, toData } from '../problems/problem.ts';
import type { ActiveProblem } from './findings.ts';

/** A protected folder on one server. */
export interface FolderState {
  readonly path: string;
  /** Kind of its file system: `ext4`. */
  readonly fileSystem: string;
  readonly freeBytes: number;
  readonly size: TreeSize;
}

/** What one server found out about itself, for both. */
export interface PreflightReport {
  readonly identity: Identity;
  readonly role: Role;
  readonly findings: readonly Finding[];
  readonly folders: readonly FolderState[];
}

const SECONDS_A_MINUTE = 60;
/** Who is told of an outage of a day does nothing about it. */
const MINUTES_THAT_SUFFICE = 24 * 60;

/** What only shows when the two are held side by side. Pure. @param server - where it is told. */
export function compared(active: PreflightReport, passive: PreflightReport): ActiveProblem[] {
  return active.folders.flatMap((here) => {
    const there = passive.folders.find(({ path }) => path === here.path);
    if (there === undefined) return [];
    const { path } = here;
    const found: ProblemData[] = [];
    const neededBytes = here.size.bytes - there.size.bytes;
    if (neededBytes > there.freeBytes && there.size.isWhole) {
      found.push(toData(new Problem('DIA-011', { path, freeBytes: there.freeBytes, neededBytes })));
    }
    if (here.fileSystem !== there.fileSystem) {
      const [one, other] = [here.fileSystem, there.fileSystem];
      found.push(toData(new Problem('DIA-012', { path, active: one, passive: other })));
    }
    return found.map((problem) => ({ ...problem, server: passive.identity, item: path }));
  });
}

/** What a preflight finds, and the problems that say the same and more where they last. */
const SAID_BY: Readonly<Partial<Record<string, readonly string[]>>> = {
  'DIA-011': ['APL-030'],
  'JRN-007': ['M4', 'L20'],
};

/** Without what lasting findings of the same server say already, of the same folder where one is meant. Pure. */
export function withoutRepeats(found: readonly Finding[], lasting: readonly Finding[]): Finding[] {
  const isAbout = (inner: string | null, folder: string | null): boolean =>
    folder === null || inner === folder || inner?.startsWith(folder === '/' ? '/' : `${folder}/`) === true;
  return found.filter(({ code, server, item }) => {
    const by = SAID_BY[code] ?? [];
    return !lasting.some((one) => by.includes(one.code) && one.server === server && isAbout(one.item, item));
  });
}

/** How long the queue covers an outage; null where that is a day and more, and while too little is sent to tell. Pure. */
export function outageCovered(queue: {
  readonly bytesMax: number;
  readonly bytesPerSecond: number;
}): ProblemData | null {
  const { bytesMax: bytes, bytesPerSecond } = queue;
  if (bytesPerSecond < 1) return null;
  const minutes = Math.floor(bytes / bytesPerSecond / SECONDS_A_MINUTE);
  if (minutes >= MINUTES_THAT_SUFFICE) return null;
  return toData(new Problem('DIA-010', { minutes, bytes, bytesPerSecond: Math.round(bytesPerSecond) }));
}
