import type { FolderFacts, Opener } from '../kernel/folder-facts.ts';
import { Problem } from '../problems/problem.ts';
import { systemReason } from './system-folders.ts';

/** Linux 5.12: what keeps applications from noticing the mount came with it. */
const KERNEL_MIN = [5, 12] as const;
const NAMED_MAX = 5;

/** Whether a folder can be intercepted, and what it would not be told of. */
export interface Preflight {
  /** CAP-030, CAP-031, CAP-032, CAP-036, CAP-062: it can't be. */
  readonly obstacles: readonly Problem[];
  /** CAP-037, CAP-039: it can be, and changes may go past it. */
  readonly doubts: readonly Problem[];
}

export function preflight(facts: FolderFacts): Preflight {
  return { obstacles: obstaclesOf(facts), doubts: doubtsOf(facts) };
}

/** How a folder is captured where the settings leave it open. */
export type CaptureChoice =
  | { readonly kind: 'intercept' }
  /** @property because - as the end of a sentence. */
  | { readonly kind: 'watch'; readonly because: string };

/**
 * Where nobody asked for it a folder is mounted over only if nobody notices: who works past the mount neither sees at once
 * what is done through it, nor meets its locks. Pure.
 */
export function chooseCapture(facts: FolderFacts): CaptureChoice {
  const [obstacle] = obstaclesOf(facts);
  if (obstacle !== undefined) return { kind: 'watch', because: obstacle.message };
  if (facts.openers.length > 0) return { kind: 'watch', because: becauseOf(facts.openers) };
  const { otherWays } = facts;
  return otherWays.length === 0
    ? { kind: 'intercept' }
    : { kind: 'watch', because: `its files can be reached by other ways, too: ${listed(otherWays)}.` };
}

/** As {@link CaptureChoice} says it. */
export function becauseOf(openers: readonly Opener[]): string {
  return `${listed(openers.map(describeOpener))}.`;
}

function obstaclesOf(facts: FolderFacts): Problem[] {
  const { path } = facts;
  const found: Problem[] = [];
  const system = systemReason(path, facts.ownPlaces);
  if (system !== null) found.push(new Problem('CAP-062', { path, reason: system }));
  if (isOlder(facts.kernel)) found.push(new Problem('CAP-032', { path, version: `Linux ${facts.kernel}` }));
  if (facts.missingRights.length > 0) {
    found.push(new Problem('CAP-036', { path, rights: facts.missingRights.join(', ') }));
  } else if (facts.failure !== null) {
    found.push(new Problem('CAP-030', { path, reason: facts.failure }));
  } else if (!facts.hasPlainHandles) {
    const reason = `its file system (${facts.fileSystem}) does not number files as ext4 does`;
    found.push(new Problem('CAP-030', { path, reason }));
  }
  return [...found, ...facts.mountsInside.map((mount) => new Problem('CAP-031', { path, mount }))];
}

function doubtsOf(facts: FolderFacts): Problem[] {
  const { path, openers, otherWays } = facts;
  const found = usedBefore(path, openers);
  if (otherWays.length > 0) found.push(new Problem('CAP-039', { path, ways: listed(otherWays) }));
  return found;
}

/** CAP-037 where there are any who lead past the mount. */
export function usedBefore(path: string, openers: readonly Opener[]): Problem[] {
  if (openers.length === 0) return [];
  return [new Problem('CAP-037', { path, openers: listed(openers.map(describeOpener)) })];
}

const HAS: Readonly<Record<Opener['by'], string>> = {
  file: 'a file of it open for writing',
  folder: 'a folder of it open',
  lock: 'a lock on a file of it',
};

function describeOpener({ name, processId, by }: Opener): string {
  return `${name} (${String(processId)}) has ${HAS[by]}`;
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return [...names.slice(0, NAMED_MAX), ...(more > 0 ? [`${String(more)} more`] : [])].join('; ');
}

function isOlder(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const [majorMin, minorMin] = KERNEL_MIN;
  return major < majorMin || (major === majorMin && minor < minorMin);
}
