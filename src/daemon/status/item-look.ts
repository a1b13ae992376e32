import { sayFlags, sayMode, sayOwner, sayTime, sayValue } from '../../changes/attribute-text.ts';
import { type Extended, NOTHING_EXTENDED, unpackExtended } from '../../changes/extended.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';

/** One item as it is on one server's disk now. */
export interface ItemLook {
  /** Null where nothing has the path. */
  readonly type: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Of a symbolic link. */
  readonly target: string | null;
  /** Hash of a file's content, as hex. */
  readonly content: string | null;
  /** Which device a device node is: `8:1`. */
  readonly device: string | null;
  /** Flags and extended attributes, packed (changes/extended.ts). */
  readonly extended: string;
}

export const NOTHING_THERE: ItemLook = {
  type: null,
  mode: 0,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  target: null,
  content: null,
  device: null,
  extended: '',
};

/** A property that differs; null where that server has no such thing. */
export interface PropertyDifference {
  readonly what: string;
  readonly active: string | null;
  readonly passive: string | null;
}

const VALUE_SHOWN_MAX = 80;
/** What an answer takes: an item may have thousands of extended attributes. */
const DIFFERENCES_MAX = 100;

/** How one item differs between the two servers, in words people know. Pure. */
export function differencesBetween(active: ItemLook, passive: ItemLook): PropertyDifference[] {
  if (active.type === null || passive.type === null) {
    if (active.type === passive.type) return [];
    return [{ what: 'existence', active: active.type, passive: passive.type }];
  }
  const found: PropertyDifference[] = [];
  const compare = (what: string, a: string | null, p: string | null): void => {
    if (a !== p) found.push({ what, active: a, passive: p });
  };
  compare('type', active.type, passive.type);
  compare('mode', sayMode(active.mode), sayMode(passive.mode));
  compare('owner', sayOwner(active), sayOwner(passive));
  if (active.type === 'file') compare('size', String(active.sizeBytes), String(passive.sizeBytes));
  compare('modified', sayTime(active), sayTime(passive));
  compare('target', active.target, passive.target);
  compare('device', active.device, passive.device);
  compare('content', active.content, passive.content);
  const [a, p] = [unpack(active), unpack(passive)];
  compare('flags', sayFlags(a.flags), sayFlags(p.flags));
  for (const name of new Set([...a.xattrs.keys(), ...p.xattrs.keys()])) {
    const [here, there] = [a.xattrs.get(name), p.xattrs.get(name)];
    // Two long values may begin alike.
    if (here !== there)
      found.push({
        what: `extended attribute ${toDisplay(name)}`,
        active: shortValue(here),
        passive: shortValue(there),
      });
  }
  return found.slice(0, DIFFERENCES_MAX);
}

function unpack({ extended }: ItemLook): Extended {
  return unpackExtended(extended as ByteString) ?? NOTHING_EXTENDED;
}

/** Long values end in their length. */
function shortValue(value: ByteString | undefined): string | null {
  if (value === undefined) return null;
  const shown = sayValue(value);
  return shown.length <= VALUE_SHOWN_MAX
    ? shown
    : `${shown.slice(0, VALUE_SHOWN_MAX)}… (${String(value.length)} bytes)`;
}
