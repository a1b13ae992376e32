/*
 * What a daemon and the keeper say to each other, one line of JSON each, over a socket in the state folder.
 * Descriptors are not sent: each side fetches those of the other's process (pidfd_getfd(2)), and a number is that of
 * who says it.
 */

/** In the state folder. */
export const KEEPER_SOCKET = 'keeper.sock';
/** Both sides must have the same. */
export const KEEPER_VERSION = 1;
/** Descriptors of one thing. */
const DESCRIPTORS_MAX = 16;

/** What is held under a name: descriptors, and what the daemon wants to know of them. */
export interface HeldThing {
  readonly name: string;
  readonly facts: unknown;
  readonly descriptors: readonly number[];
  readonly mount?: HeldMount;
}

/** A mount that is to be taken away where nobody goes on with it: the folder underneath is then seen again. */
export interface HeldMount {
  /** The kernel's number of it, which another one may get once it has gone, and its place. */
  readonly id: string;
  readonly path: string;
  /** A daemon may go on with it; else it is of no use from the end of the daemon on. */
  readonly outlives: boolean;
}

/** What a daemon says. The keeper answers each with the same `id`. */
export type ToKeeper =
  | {
      readonly kind: 'hello';
      readonly id: number;
      readonly version: number;
      readonly processId: number;
      /** So long the keeper holds what it has when this daemon has ended; 0 for good. */
      readonly awayMsMax: number;
    }
  /** Held from the answer on; what had the name is let go. */
  | ({ readonly kind: 'hold'; readonly id: number } & HeldThing)
  | { readonly kind: 'release'; readonly id: number; readonly name: string }
  /** Another keeper: this one is to end, and the daemon to hand everything to that one. */
  | { readonly kind: 'retire'; readonly id: number };

/** What the keeper says. */
export type FromKeeper =
  /** To a hello. */
  | { readonly kind: 'held'; readonly id: number; readonly processId: number; readonly things: readonly HeldThing[] }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly reason: string };

/** @returns null where it is none. */
export function readToKeeper(line: string): ToKeeper | null {
  const { kind, id, version, processId, awayMsMax, name, facts, descriptors, mount } = fieldsOf(line);
  if (!isNumber(id)) return null;
  if (kind === 'hello' && isNumber(version) && isNumber(processId) && isNumber(awayMsMax)) {
    return { kind, id, version, processId, awayMsMax };
  }
  if (kind === 'retire') return { kind, id };
  if (kind === 'release' && typeof name === 'string') return { kind, id, name };
  if (kind !== 'hold' || typeof name !== 'string' || !areDescriptors(descriptors)) return null;
  return { kind, id, name, facts, descriptors, ...mountIn(mount) };
}

/** @returns null where it is none. */
export function readFromKeeper(line: string): FromKeeper | null {
  const { kind, id, processId, things, reason } = fieldsOf(line);
  if (!isNumber(id)) return null;
  if (kind === 'done') return { kind, id };
  if (kind === 'refused') return { kind, id, reason: String(reason) };
  if (kind !== 'held' || !isNumber(processId) || !Array.isArray(things)) return null;
  const held = things.map((thing: unknown) => thingOf(thing)).filter((thing) => thing !== null);
  return held.length === things.length ? { kind, id, processId, things: held } : null;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(line: string): Fields {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function thingOf(value: unknown): HeldThing | null {
  const { name, facts, descriptors, mount } = objectOf(value);
  if (typeof name !== 'string' || !areDescriptors(descriptors)) return null;
  return { name, facts, descriptors, ...mountIn(mount) };
}

function mountIn(value: unknown): Pick<HeldThing, 'mount'> {
  const { id, path, outlives } = objectOf(value);
  if (typeof id !== 'string' || typeof path !== 'string' || typeof outlives !== 'boolean') return {};
  return { mount: { id, path, outlives } };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function areDescriptors(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= DESCRIPTORS_MAX && value.every(isNumber);
}
