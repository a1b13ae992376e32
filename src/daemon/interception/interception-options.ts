import { excludedBelow } from '../../changes/protected-set.ts';
import type { Guarded } from '../../intercept/mount-way.ts';
import type { Preflight } from '../../intercept/preflight.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { Clock, Timers } from '../../kernel/clock.ts';
import type { Opener } from '../../kernel/folder-facts.ts';
import { isProblem, Problem, type ProblemData, toData } from '../../problems/problem.ts';
import type { HeldReplies } from './held-replies.ts';
import type { KeptMounts } from './kept-mounts.ts';
import type { MountHost } from './mount-host.ts';

/** A protected folder, as in the settings and where it lies on this machine. */
export interface WantedFolder {
  readonly path: string;
  readonly realPath: string;
}

/** Folders that are to be mounted over. */
export interface WantedMounts {
  readonly role: 'active' | 'passive';
  /** Patterns of what is protected: on the passive server nobody else changes that. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Folders, by their paths on this machine, that stay as they are where they are not mounted over yet. */
  readonly left?: ReadonlySet<string>;
  /** Where nobody asked for mounts: one stays as it is that is used past its mount, and one that is not there. */
  readonly onUsed?: (folder: WantedFolder, openers: readonly Opener[]) => void;
}

/** What is wrong with the interception of a folder. */
export interface InterceptionProblem {
  readonly problem: ProblemData;
  readonly path: string;
}

export interface InterceptionOptions {
  readonly timers: Timers;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly openWake: () => number;
  /** Where flushes wait for the passive server. */
  readonly replies: HeldReplies;
  /** A folder as the kernel names it. */
  readonly mountPointOf: (folder: string) => string;
  /** @returns false where another process serves a mount there. */
  readonly clearStaleMounts: (mountPoint: string) => Promise<boolean>;
  /** Whether a folder can be mounted over, and how it could be changed past the mount; not by whom. */
  readonly preflight: (mountPoint: string) => Preflight;
  /** Who still works past the mount. */
  readonly openersPast: (mountPoint: string, root: number) => readonly Opener[];
  /** What others mounted over a mount of ours there, or in it. */
  readonly mountsOver: (mountPoint: string) => readonly string[];
  readonly tell: (problem: ProblemData) => void;
  /** So long the end waits for programs that use a folder. */
  readonly releaseMsMax: number;
  /** Holds the mounts for whoever follows this daemon. */
  readonly kept: KeptMounts;
}

/** A folder that is mounted over. */
export interface Mounted {
  readonly folder: WantedFolder;
  /** Its number in the ring of records; none is used twice, for records of it may still be there. */
  readonly mount: number;
  readonly host: MountHost;
  readonly mountPoint: string;
  /** The next daemon can go on with it. */
  readonly isKept: boolean;
  /** Ways past the mount, as far as they were found. */
  doubts: readonly Problem[];
}

/** What of a folder is protected. */
export function guardedIn(
  { path }: WantedFolder,
  { include, exclude }: Pick<WantedMounts, 'include' | 'exclude'>,
): Guarded {
  return { folder: fromText(path), include: include.map(fromText), exclude: exclude.map(fromText) };
}

/** What of a folder is not recorded, until the stream worker says otherwise. */
export function excludedIn({ path }: WantedFolder, { role, exclude }: WantedMounts): readonly string[] {
  return role === 'active' ? excludedBelow(fromText(path), exclude.map(fromText)) : [];
}

/** What keeps a folder from being mounted over, in words of its own path. */
export function problemOf(error: unknown, { path }: WantedFolder): ProblemData {
  if (isProblem(error)) return { code: error.code, parameters: { ...error.parameters, path } };
  const { message } = error as Error;
  return toData(new Problem('CAP-030', { path, reason: message }));
}
