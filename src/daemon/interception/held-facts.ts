import type { HeldThing } from '../../keeper/protocol.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';

/*
 * What a daemon writes beside the descriptors that a keeper holds for it, and reads there when it takes over. Another version of
 * the product may have written it.
 */

/** The ring of records. Descriptors: its memory, and that of replies to flushes that wait. */
export const RECORDS = 'records';

interface Facts {
  /** LAYOUT_VERSION of who wrote it. */
  readonly layout: number;
}

/** A mount. Descriptors: the connection, the folder underneath twice, the mount's memory. */
export interface MountFacts extends Facts {
  readonly kind: 'mount';
  /** The protected folder, in the settings and on this machine; and as the kernel names it. */
  readonly path: string;
  readonly realPath: string;
  readonly mountPoint: string;
  /** Its number in the ring of records. */
  readonly mount: number;
  /** The kernel's number of it, and that of the protocol that was agreed on. */
  readonly id: string;
  readonly minor: number;
  readonly threads: number;
  /** Ways past it that were found before. */
  readonly doubts: readonly ProblemData[];
}

/** A file that lost its last name while it was open. Descriptors: the file. */
export interface FileFacts extends Facts {
  readonly kind: 'file';
  /** Number of its mount. */
  readonly mount: number;
  readonly low: number;
  readonly high: number;
}

export function mountName(mount: number): string {
  return `mount ${String(mount)}`;
}

export function fileName({ mount, low, high }: Pick<FileFacts, 'mount' | 'low' | 'high'>): string {
  return `file ${String(mount)} ${String(low)} ${String(high)}`;
}

/** The version of a thing's memory; null where it is none that is known. */
export function layoutOf({ facts }: HeldThing): number | null {
  const { layout } = fieldsOf(facts);
  return isNumber(layout) ? layout : null;
}

export function mountFactsOf({ facts, descriptors }: HeldThing): MountFacts | null {
  const fields = fieldsOf(facts);
  const { layout, kind, path, realPath, mountPoint, mount, id, minor, threads, doubts } = fields;
  if (kind !== 'mount' || descriptors.length !== MOUNT_DESCRIPTORS || !isNumber(layout)) return null;
  if (!isText(path) || !isText(realPath) || !isText(mountPoint) || !isText(id)) return null;
  if (!isNumber(mount) || !isNumber(minor) || !isNumber(threads) || !Array.isArray(doubts)) return null;
  return { layout, kind, path, realPath, mountPoint, mount, id, minor, threads, doubts: doubts.map(problemOf) };
}

export function fileFactsOf({ facts, descriptors }: HeldThing): FileFacts | null {
  const { layout, kind, mount, low, high } = fieldsOf(facts);
  if (kind !== 'file' || descriptors.length !== 1 || !isNumber(layout)) return null;
  return isNumber(mount) && isNumber(low) && isNumber(high) ? { layout, kind, mount, low, high } : null;
}

const MOUNT_DESCRIPTORS = 4;

function problemOf(value: unknown): ProblemData {
  const { code, parameters } = fieldsOf(value);
  return { code: code as ProblemCode, parameters: parameters as ProblemData['parameters'] };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
