import { comparePositions, type Position } from '../changes/change.ts';
import { MIB } from '../kernel/units.ts';
import type { Place } from './recent-places.ts';

/** More than this is not kept: who reads is behind, and reads the files. */
const KEPT_BYTES_MAX = MIB;

interface Kept {
  /** The position that the record follows. */
  readonly after: Position;
  readonly position: Position;
  readonly record: Uint8Array;
  /** Behind it. */
  readonly end: Place;
}

/** What was appended last and not read yet, for who keeps up: it is handed on without being read from the disk. */
export class RecentRecords {
  /** One behind the other. */
  #kept: Kept[] = [];
  #bytes = 0;

  add(one: Kept): void {
    const last = this.#kept.at(-1);
    // What was appended otherwise is missing between them.
    const goesOn = last === undefined || comparePositions(last.position, one.after) === 0;
    if (!goesOn || this.#bytes + one.record.length > KEPT_BYTES_MAX) this.clear();
    this.#kept.push(one);
    this.#bytes += one.record.length;
  }

  /**
   * Records that follow `after`, as many as fit into `bytesMax` and at least one; null where the files have to be read.
   * They are kept no longer.
   */
  take(after: Position, bytesMax: number): { records: Buffer; last: Position; end: Place } | null {
    const from = this.#kept.findIndex((one) => comparePositions(one.after, after) >= 0);
    // Who reads is past them, or not that far yet.
    this.#drop(from < 0 ? this.#kept.length : from);
    const first = this.#kept[0];
    if (first === undefined || comparePositions(first.after, after) !== 0) return null;
    const taken = [first];
    let bytes = first.record.length;
    for (const one of this.#kept.slice(1)) {
      if (bytes + one.record.length > bytesMax) break;
      taken.push(one);
      bytes += one.record.length;
    }
    this.#drop(taken.length);
    const { position: last, end } = taken.at(-1) ?? first;
    return { records: ownMemory(taken, bytes), last, end };
  }

  clear(): void {
    this.#kept = [];
    this.#bytes = 0;
  }

  #drop(count: number): void {
    for (const { record } of this.#kept.splice(0, count)) this.#bytes -= record.length;
  }
}

/** A large record is mostly alone, and has memory of its own already. */
function ownMemory(taken: readonly Kept[], bytes: number): Buffer {
  const [first] = taken;
  if (taken.length === 1 && first !== undefined && first.record.buffer.byteLength === bytes) {
    return Buffer.from(first.record.buffer, 0, bytes);
  }
  const records = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const { record } of taken) {
    records.set(record, at);
    at += record.length;
  }
  return records;
}
