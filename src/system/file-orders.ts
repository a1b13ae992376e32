import { fromLatin1 } from '../kernel/byte-string.ts';
import type { MadeFile, NewFileOrder } from '../kernel/file-maker.ts';

/** Orders that are on the desk at once. */
export const ORDERS_MAX = 256;
const NAME_BYTES_MAX = 255;
/** What each order says, and what became of it, in 64-bit floating numbers: exact for whole numbers up to 2^53. */
const ORDER_WORDS = 10;
const RESULT_WORDS = 15;

const CONTROL_BYTES = 64;
const ORDERS_BYTES = ORDERS_MAX * ORDER_WORDS * 8;
const RESULTS_BYTES = ORDERS_MAX * RESULT_WORDS * 8;

/** Memory of a desk, to be handed to both threads. */
export function orderMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + ORDERS_BYTES + RESULTS_BYTES + ORDERS_MAX * NAME_BYTES_MAX);
}

/**
 * The orders that two threads work through together, and what became of each, in memory that both
 * see. An order is read by whoever claimed it, a result only after all are done.
 */
export class FileOrders {
  /** Words that the threads wait on and count with. */
  readonly control: Int32Array;
  readonly #orders: Float64Array;
  readonly #results: Float64Array;
  readonly #names: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#orders = new Float64Array(memory, CONTROL_BYTES, ORDERS_MAX * ORDER_WORDS);
    this.#results = new Float64Array(memory, CONTROL_BYTES + ORDERS_BYTES, ORDERS_MAX * RESULT_WORDS);
    this.#names = Buffer.from(memory, CONTROL_BYTES + ORDERS_BYTES + RESULTS_BYTES);
  }

  /** @returns false for an order that can't be told: a name longer than any file system has. */
  put(index: number, order: NewFileOrder): boolean {
    const { target, content } = order;
    if (target.name.length > NAME_BYTES_MAX) return false;
    this.#names.write(target.name, index * NAME_BYTES_MAX, NAME_BYTES_MAX, 'latin1');
    const at = index * ORDER_WORDS;
    this.#orders[at] = target.folder;
    this.#orders[at + 1] = target.name.length;
    this.#orders[at + 2] = content.byteOffset;
    this.#orders[at + 3] = content.length;
    this.#orders[at + 4] = order.mode;
    this.#orders[at + 5] = order.uid;
    this.#orders[at + 6] = order.gid;
    this.#orders[at + 7] = order.mtimeSeconds;
    this.#orders[at + 8] = order.mtimeNanoseconds;
    return true;
  }

  /** @param contents - the memory in which the content lies. */
  get(index: number, contents: SharedArrayBuffer): NewFileOrder {
    const word = (offset: number): number => this.#orders[index * ORDER_WORDS + offset] as number;
    const nameAt = index * NAME_BYTES_MAX;
    return {
      target: { folder: word(0), name: fromLatin1(this.#names.toString('latin1', nameAt, nameAt + word(1))) },
      content: new Uint8Array(contents, word(2), word(3)),
      mode: word(4),
      uid: word(5),
      gid: word(6),
      mtimeSeconds: word(7),
      mtimeNanoseconds: word(8),
    };
  }

  putResult(index: number, { file, isNamed, stat }: MadeFile): void {
    const at = index * RESULT_WORDS;
    const words = this.#results;
    words[at] = file ?? -1;
    words[at + 1] = isNamed ? 1 : 0;
    words[at + 2] = stat.device;
    words[at + 3] = stat.inode;
    words[at + 4] = stat.mode;
    words[at + 5] = stat.linkCount;
    words[at + 6] = stat.uid;
    words[at + 7] = stat.gid;
    words[at + 8] = stat.sizeBytes;
    words[at + 9] = stat.mtimeSeconds;
    words[at + 10] = stat.mtimeNanoseconds;
    words[at + 11] = stat.ctimeSeconds;
    words[at + 12] = stat.ctimeNanoseconds;
    words[at + 13] = stat.birthSeconds;
    words[at + 14] = stat.birthNanoseconds;
  }

  getResult(index: number, into: MadeFile): void {
    const word = (offset: number): number => this.#results[index * RESULT_WORDS + offset] as number;
    const { stat } = into;
    into.file = word(0) < 0 ? null : word(0);
    into.isNamed = word(1) === 1;
    stat.device = word(2);
    stat.inode = word(3);
    stat.mode = word(4);
    stat.linkCount = word(5);
    stat.uid = word(6);
    stat.gid = word(7);
    stat.sizeBytes = word(8);
    stat.mtimeSeconds = word(9);
    stat.mtimeNanoseconds = word(10);
    stat.ctimeSeconds = word(11);
    stat.ctimeNanoseconds = word(12);
    stat.birthSeconds = word(13);
    stat.birthNanoseconds = word(14);
  }
}
