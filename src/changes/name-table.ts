import type { ByteString } from '../kernel/byte-string.ts';
import { NameBytes } from './name-bytes.ts';
import { SlotIndex } from './slot-index.ts';

/** Rows of a chunk: memory grows by 160 KiB. */
const CHUNK_ROWS = 8192;
const ROW = 5;
/** Columns. The last two make a ring of the names of one folder. */
const PARENT = 0;
const NODE = 1;
const ADDRESS = 2;
const NEXT = 3;
const PREVIOUS = 4;

/**
 * All names of a tree: which node has which name in which folder. Nodes and names go by their rows'
 * numbers; 0 means none, and is the folder of a protected folder's path.
 */
export class NameTable {
  readonly #chunks: Int32Array[] = [];
  readonly #index = new SlotIndex((row) => this.#bytes.hashAt(this.#get(row, PARENT), this.#addressOf(row)));
  /** The next name of the same node, for the few that have several. */
  readonly #others = new Map<number, number>();
  readonly #seed: number;
  #bytes: NameBytes;
  #rows = 1;
  #free = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#bytes = new NameBytes(seed);
  }

  find(parent: number, name: ByteString): number {
    const hash = this.#bytes.hash(parent, name);
    const index = this.#index;
    for (let place = index.start(hash), row = index.at(place); row !== 0; row = index.at(place)) {
      if (this.#get(row, PARENT) === parent && this.#bytes.equals(this.#addressOf(row), name)) return row;
      place = index.after(place);
    }
    return 0;
  }

  /** A new name; in a folder it must be free. @returns its row. */
  add(parent: number, node: number, name: ByteString): number {
    const row = this.#free === 0 ? this.#newRow() : this.#free;
    if (row === this.#free) this.#free = this.#get(row, NEXT);
    this.#set(row, NODE, node);
    this.#write(row, parent, name);
    return row;
  }

  /** The same name of the node, elsewhere; it must be in no ring, and the new one free. */
  change(row: number, parent: number, name: ByteString): void {
    this.#erase(row);
    this.#write(row, parent, name);
    if (this.#bytes.isWasteful) this.#moveTogether();
  }

  /** It must be in no ring. */
  remove(row: number): void {
    this.#erase(row);
    this.#others.delete(row);
    this.#set(row, NODE, 0);
    this.#set(row, NEXT, this.#free);
    this.#free = row;
    if (this.#bytes.isWasteful) this.#moveTogether();
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#index.clear();
    this.#others.clear();
    this.#bytes = new NameBytes(this.#seed);
    this.#rows = 1;
    this.#free = 0;
  }

  parentOf(row: number): number {
    return this.#get(row, PARENT);
  }

  nodeOf(row: number): number {
    return this.#get(row, NODE);
  }

  textOf(row: number): ByteString {
    return this.#bytes.read(this.#addressOf(row));
  }

  /** Which comes first, the name or a text: below 0 the name. */
  compare(row: number, text: ByteString): number {
    return this.#bytes.compareText(this.#addressOf(row), text);
  }

  /** The next name of the same node. */
  otherOf(row: number): number {
    return this.#others.get(row) ?? 0;
  }

  setOther(row: number, other: number): void {
    if (other === 0) this.#others.delete(row);
    else this.#others.set(row, other);
  }

  next(row: number): number {
    return this.#get(row, NEXT);
  }

  previous(row: number): number {
    return this.#get(row, PREVIOUS);
  }

  /** Puts a name behind the last one of a folder (0: it has none). */
  append(row: number, last: number): void {
    const first = last === 0 ? row : this.#get(last, NEXT);
    const before = last === 0 ? row : last;
    this.#set(row, NEXT, first);
    this.#set(row, PREVIOUS, before);
    this.#set(before, NEXT, row);
    this.#set(first, PREVIOUS, row);
  }

  /** Takes a name out of the ring of its folder. @returns the one that is last then; 0 where none is left. */
  takeOut(row: number, last: number): number {
    const [next, previous] = [this.#get(row, NEXT), this.#get(row, PREVIOUS)];
    if (next === row) return 0;
    this.#set(previous, NEXT, next);
    this.#set(next, PREVIOUS, previous);
    return row === last ? previous : last;
  }

  #write(row: number, parent: number, name: ByteString): void {
    this.#set(row, PARENT, parent);
    this.#set(row, ADDRESS, this.#bytes.add(name));
    if (parent !== 0) this.#index.add(row);
  }

  #erase(row: number): void {
    if (this.#get(row, PARENT) !== 0) this.#index.remove(row);
    this.#bytes.waste(this.#addressOf(row));
  }

  #moveTogether(): void {
    const before = this.#bytes;
    const after = new NameBytes(this.#seed);
    for (let row = 1; row < this.#rows; row += 1) {
      if (this.#get(row, NODE) === 0) continue;
      this.#set(row, ADDRESS, after.add(before.read(this.#addressOf(row))));
    }
    this.#bytes = after;
  }

  #addressOf(row: number): number {
    return this.#get(row, ADDRESS) >>> 0;
  }

  #newRow(): number {
    const row = this.#rows;
    this.#rows += 1;
    if (Math.floor(row / CHUNK_ROWS) === this.#chunks.length) this.#chunks.push(new Int32Array(CHUNK_ROWS * ROW));
    return row;
  }

  #get(row: number, column: number): number {
    return (this.#chunks[Math.floor(row / CHUNK_ROWS)] as Int32Array)[(row % CHUNK_ROWS) * ROW + column] as number;
  }

  #set(row: number, column: number, value: number): void {
    (this.#chunks[Math.floor(row / CHUNK_ROWS)] as Int32Array)[(row % CHUNK_ROWS) * ROW + column] = value;
  }
}
