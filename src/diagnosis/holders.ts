import type { FileUse } from '../kernel/file-use.ts';
import { antivirusOf } from './antivirus.ts';
import type { ProcessSeen } from './process-seen.ts';

/** A process that keeps a file from being changed. */
export interface Holder {
  readonly process: ProcessSeen;
  /** Each of {@link WAYS}. */
  readonly ways: readonly string[];
}

/** What the problem N29 says of who uses a file. */
export interface HoldersText {
  /** Who, with process and unit, and how; the first of them where they are many. */
  readonly holder: string;
  /** What to do here, as sentences. */
  readonly hint: string;
  readonly evidence: readonly string[];
}

/** How somebody holds a file who may refuse it to everybody. */
export const LISTENS = 'decides who may open files there (fanotify)';
/** Ways to hold a file, in words; the first of them says most. */
const WAYS: Readonly<Record<string, string>> = {
  written: 'has it open for writing',
  mapped: 'has it mapped into memory for writing',
  locked: 'has it locked',
  executed: 'executes it',
  listens: LISTENS,
  read: 'has it open for reading',
};
/** Of who was not found: it may run in another container, or have ended just now. */
const UNKNOWN: Readonly<Record<FileUse, string>> = {
  open: 'has it open for writing',
  locked: 'has it locked',
  executed: 'executes it',
  denied: 'keeps everybody from opening it',
  read: 'has it open for reading',
};
const ORDER = Object.keys(WAYS);
const SERVICE = /^[\w@:.\\-]+\.service$/;

/** Says who uses a file, and what to do about it. Pure. */
export function describeHolders(found: readonly Holder[], use: FileUse): HoldersText {
  const holders = [...found].sort((a, b) => rank(a) - rank(b) || a.process.processId - b.process.processId);
  const [first] = holders;
  if (first === undefined) {
    const holder = `a process that could not be found, which ${UNKNOWN[use]}`;
    return { holder, hint: 'As root, `fuser -v` or `lsof` may find it.', evidence: [] };
  }
  const more = holders.length === 1 ? '' : `, and ${holders.length - 1} more`;
  return {
    holder: `${nameOf(first)}, which ${sayWays(first)}${more}`,
    hint: [...new Set(holders.map(hintOn))].join(' '),
    evidence: holders.map(sayEvidence),
  };
}

function rank({ ways }: Holder): number {
  return Math.min(...ways.map((way) => ORDER.indexOf(way)));
}

function nameOf({ process }: Holder): string {
  const { name, processId, unit } = process;
  const product = antivirusOf(process);
  const known = product === null ? name : `the antivirus program ${name} of ${product}`;
  return `${known} (process ${processId}${unit === null ? '' : `, unit ${unit}`})`;
}

function sayWays({ ways }: Holder): string {
  const sorted = [...ways].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return sorted.map((way) => WAYS[way] ?? way).join(' and ');
}

function hintOn(holder: Holder): string {
  const { process, ways } = holder;
  const product = antivirusOf(process);
  if (product !== null) return `Exclude the protected folders from the scans of ${product}.`;
  if (ways.includes('listens') && ways.length === 1)
    return `If ${process.name} is antivirus or access control, exclude the protected folders from it.`;
  if (process.unit !== null && SERVICE.test(process.unit))
    return `Stop it: \`systemctl disable --now ${process.unit}\`.`;
  return `End ${process.name} (process ${process.processId}).`;
}

function sayEvidence(holder: Holder): string {
  const { commandLine } = holder.process;
  return `${nameOf(holder)} ${sayWays(holder)}${commandLine === '' ? '' : `: ${commandLine}`}`.replaceAll('\n', ' ');
}
