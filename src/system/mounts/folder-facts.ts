import { readdirSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { FileError } from '../../kernel/files.ts';
import type { FolderFacts } from '../../kernel/folder-facts.ts';
import { closeDescriptor, hasPlainHandles, mountsInside, openConnection, openPlace } from './fuse-mount.ts';
import { isIn, type Mount, mountOf, mounts, mountsSeenBy } from './mounts.ts';
import { otherViews } from './other-views.ts';
import { attempt, otherProcesses } from '../processes/process-table.ts';
import { describeProcess, isKernelThread } from '../processes/processes.ts';
import { missingForMounts } from '../processes/rights.ts';

/**
 * What speaks for and against mounting over a folder, but for who has it open. Asks every process for its view of the mounts: some milliseconds.
 * @param path - as the kernel names it; nothing of ours is mounted over it yet.
 */
export function folderFacts(path: string): Omit<FolderFacts, 'openers' | 'ownPlaces'> {
  const facts = {
    path,
    kernel: release(),
    missingRights: missingForMounts(),
    failure: null,
    fileSystem: '',
    hasPlainHandles: false,
    mountsInside: mountsInside(path),
    otherWays: [],
  };
  try {
    closeDescriptor(openConnection());
    return { ...facts, ...factsOfPlace(path) };
  } catch (error) {
    if (error instanceof FileError) return { ...facts, failure: error.message };
    throw error;
  }
}

/** Is nothing in the folder, or is it not there? False where that can't be told. */
export function isFolderEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function factsOfPlace(path: string): Partial<FolderFacts> {
  const place = openPlace(path);
  try {
    const all = mounts();
    const own = all.find((mount) => mount.id === mountOf(place));
    return {
      fileSystem: own?.type ?? '',
      hasPlainHandles: hasPlainHandles(place),
      otherWays: own === undefined ? [] : [...waysTo(path, own, all), ...waysOfOthers(path, own)],
    };
  } finally {
    closeDescriptor(place);
  }
}

/**
 * Where a folder or a part of it is shown by other mounts than its own, which do not get what is mounted over it.
 * @param own - the mount that it lies on.
 */
export function waysTo(path: string, own: Mount, all: readonly Mount[]): string[] {
  const inner = join(own.root, path.slice(own.path === '/' ? 0 : own.path.length));
  return all
    .filter((other) => other.device === own.device && other.id !== own.id && !getsMounts(own, other))
    .map((other) => placeIn(other, inner))
    .filter((place) => place !== null);
}

/** The same, in the views that other processes have of what is mounted where (mount_namespaces(7)). */
function waysOfOthers(path: string, own: Mount): string[] {
  const found: string[] = [];
  for (const [view, processIds] of otherViews(otherProcesses(), { viewOf, isKernelThread })) {
    const ways = waysTo(path, own, viewOfAny(processIds));
    // A view ends with the last who has it, and some last but a moment.
    const viewer = ways.length === 0 ? undefined : processIds.find((processId) => viewOf(processId) === view);
    const name = viewer === undefined ? undefined : describeProcess(viewer)?.name;
    if (name !== undefined) found.push(...ways.map((way) => `${way} as ${name} (${String(viewer)}) sees it`));
  }
  return found;
}

/** All of them see the same; of one that has ended nothing is left to read. */
function viewOfAny(processIds: readonly number[]): Mount[] {
  for (const processId of processIds) {
    const all = mountsSeenBy(processId);
    if (all !== null) return all;
  }
  return [];
}

function viewOf(processId: number | 'self'): string | null {
  return attempt(() => readlinkSync(`/proc/${String(processId)}/ns/mnt`));
}

function getsMounts(from: Mount, to: Mount): boolean {
  return from.shared !== '' && (to.shared === from.shared || to.master === from.shared);
}

/** @param inner - path of a folder in its file system. */
function placeIn(mount: Mount, inner: string): string | null {
  if (isIn(inner, mount.root)) return join(mount.path, inner.slice(mount.root === '/' ? 0 : mount.root.length));
  return isIn(mount.root, inner) ? mount.path : null;
}

function join(folder: string, rest: string): string {
  if (rest === '' || rest === '/') return folder;
  return folder === '/' ? rest : `${folder}${rest}`;
}
