import type { ByteString } from '../kernel/byte-string.ts';
import type { FolderKey } from '../kernel/notices.ts';

/** Rows of a chunk: memory grows by 224 KiB, and what is there is never copied. */
export const CHUNK_ROWS = 4096;

/** Columns of 8 bytes. */
export const WIDE = { id: 0, inode: 1, sizeBytes: 2 } as const;
/** Columns of 4 bytes, behind the others. */
export const NARROW = {
  mtimeNanoseconds: 6,
  ctimeNanoseconds: 7,
  /** And above the mode's bits the type and one of {@link EXTENDED}. */
  mode: 8,
  uid: 9,
  gid: 10,
  /** Row of its first name; 0 where it has none. */
  name: 11,
  /** Since {@link FIRST_SECOND}; {@link FAR} where the time stands beside. */
  mtimeSeconds: 12,
  ctimeSeconds: 13,
} as const;
export const ROW_WIDE = 7;
export const ROW_NARROW = 2 * ROW_WIDE;

/** What is known of a node's extended attributes: nobody looked; it has none; they stand beside. */
export const EXTENDED = { unknown: 0, none: 1, beside: 2 } as const;

/** The start of 1940: from there a column of 4 bytes reaches into 2076. */
const FIRST_SECOND = -946_771_200;
const FAR = 0xffff_ffff;
const SECONDS = [NARROW.mtimeSeconds, NARROW.ctimeSeconds] as const;

/** What only folders have. */
export interface FolderRow {
  /** Row of the name that came last; 0 where there is none. */
  lastChild: number;
  childCount: number;
  /** How many names ever came, modulo 2^32. */
  arrivals: number;
}

/** Status of many nodes, a row each. What few nodes have stands beside, by row. */
export class NodeRows<Home> {
  /** Number of the first row, from which the tree counts on. */
  readonly first: number;
  readonly wide: Float64Array;
  readonly narrow: Int32Array;
  /** The tree; null where a node is in none any more. */
  readonly home: Home | null;
  readonly extended = new Map<number, ByteString>();
  readonly keys = new Map<number, FolderKey>();
  readonly folders = new Map<number, FolderRow>();
  /** Times too far away for their column, by its place. */
  readonly #farSeconds = new Map<number, number>();
  /** What nodes were called that are in no tree any more, by row. */
  readonly formerNames: ByteString[] = [];

  constructor(home: Home | null, first: number, count: number) {
    this.home = home;
    this.first = first;
    const memory = new ArrayBuffer(count * ROW_WIDE * Float64Array.BYTES_PER_ELEMENT);
    this.wide = new Float64Array(memory);
    this.narrow = new Int32Array(memory);
  }

  /** @param place - of a column of seconds in `narrow`. @returns seconds since 1970. */
  secondsAt(place: number): number {
    const since = (this.narrow[place] as number) >>> 0;
    return since === FAR ? (this.#farSeconds.get(place) ?? 0) : since + FIRST_SECOND;
  }

  setSeconds(place: number, seconds: number): void {
    const since = seconds - FIRST_SECOND;
    const isFar = since < 0 || since >= FAR;
    this.narrow[place] = isFar ? FAR : since;
    if (isFar) this.#farSeconds.set(place, seconds);
    else this.#farSeconds.delete(place);
  }

  clear(row: number): void {
    for (const column of SECONDS) this.#farSeconds.delete(row * ROW_NARROW + column);
    this.wide.fill(0, row * ROW_WIDE, (row + 1) * ROW_WIDE);
    this.extended.delete(row);
    this.keys.delete(row);
    this.folders.delete(row);
  }

  /** Takes over a row of others: of a node that is in no tree any more. */
  bury(name: ByteString, from: { readonly rows: NodeRows<Home>; readonly row: number }, row: number): void {
    const { wide, extended, keys } = from.rows;
    this.wide.set(wide.subarray(from.row * ROW_WIDE, (from.row + 1) * ROW_WIDE), row * ROW_WIDE);
    for (const column of SECONDS) {
      this.setSeconds(row * ROW_NARROW + column, from.rows.secondsAt(from.row * ROW_NARROW + column));
    }
    this.narrow[row * ROW_NARROW + NARROW.name] = 0;
    this.formerNames[row] = name;
    const beside = extended.get(from.row);
    if (beside !== undefined) this.extended.set(row, beside);
    const key = keys.get(from.row);
    if (key !== undefined) this.keys.set(row, key);
  }
}
