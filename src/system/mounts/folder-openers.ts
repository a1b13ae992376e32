import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { Opener } from '../../kernel/folder-facts.ts';
import { isIn } from './mounts.ts';
import * as native from '../native/native.ts';
import { sharedMappings } from '../processes/process-memory.ts';
import { attempt, mapsOf, otherProcesses, whereItLeads, writableDescriptors } from '../processes/process-table.ts';
import { describeProcess } from '../processes/processes.ts';
import { deviceNumber } from '../files/stat-buffer.ts';

const STATX_BYTES = 256;
const STATX_DEVICE = 136;
/** Whoever serves what the link leads to is not asked. */
const AT_STATX_DONT_SYNC = 0x4000;

/**
 * Processes that can change a folder's files on this file system itself, whatever is or will be mounted over the
 * folder: through what they have open, mapped or as their working folder.
 * @param folder - as the kernel names it, one byte in each character.
 * @param device - of the file system, as stat(2) tells it.
 */
export function folderOpeners(folder: string, device: number): Opener[] {
  const found: Opener[] = [];
  for (const processId of otherProcesses()) {
    const by = wayOf(processId, folder, device);
    const facts = by === null ? null : describeProcess(processId);
    if (by !== null && facts !== null) found.push({ name: facts.name, processId, by });
  }
  return found;
}

/**
 * The same of a folder that is mounted over.
 * @param folder - as the kernel names it.
 * @param root - descriptor of what lies underneath.
 */
export function openersPast(folder: string, root: number): Opener[] {
  const { dev } = fstatSync(root);
  // Who only holds a lock changes nothing.
  return folderOpeners(Buffer.from(folder).toString('latin1'), dev).filter(({ by }) => by !== 'lock');
}

/** The same of a folder that is not mounted over. */
export function openersOf(folder: string): Opener[] {
  return folderOpeners(Buffer.from(folder).toString('latin1'), statSync(folder).dev);
}

function wayOf(processId: number, folder: string, device: number): Opener['by'] | null {
  for (const { link, path } of writableDescriptors(processId)) {
    if (isIn(path, folder) && deviceOf(link) === device) return 'file';
  }
  const mapped = sharedMappings(mapsOf(processId) ?? '');
  if (mapped.some((mapping) => mapping.device === device && isIn(mapping.path, folder))) return 'file';
  const own = `/proc/${String(processId)}`;
  const descriptors = attempt(() => readdirSync(`${own}/fd`)) ?? [];
  const links = ['cwd', 'root', ...descriptors.map((descriptor) => `fd/${descriptor}`)].map((name) => `${own}/${name}`);
  const leadsIn = (link: string): boolean => {
    const path = whereItLeads(link);
    return path !== null && isIn(path, folder) && isFolderOn(link, device);
  };
  if (links.some(leadsIn)) return 'folder';
  return descriptors.some((descriptor) => isLocked(own, descriptor, { folder, device })) ? 'lock' : null;
}

/** A lock that was taken past a mount, and one that is taken through it, don't meet. */
function isLocked(
  process: string,
  descriptor: string,
  at: { readonly folder: string; readonly device: number },
): boolean {
  const link = `${process}/fd/${descriptor}`;
  const path = whereItLeads(link);
  if (path === null || !isIn(path, at.folder) || deviceOf(link) !== at.device) return false;
  return /^lock:/m.test(attempt(() => readFileSync(`${process}/fdinfo/${descriptor}`, 'latin1')) ?? '');
}

const about = Buffer.alloc(STATX_BYTES);
const STATX_MODE = 28;
const TYPE = 0o170000;
const FOLDER = 0o040000;

function isFolderOn(link: string, device: number): boolean {
  return deviceOf(link) === device && (about.readUInt16LE(STATX_MODE) & TYPE) === FOLDER;
}

/** Leaves what statx(2) tells in `about`. */
function deviceOf(link: string): number | null {
  const outcome = native.statx(0, `${link}`, AT_STATX_DONT_SYNC, 1, about);
  if (outcome < 0) return null;
  return deviceNumber(about.readUInt32LE(STATX_DEVICE), about.readUInt32LE(STATX_DEVICE + 4));
}
