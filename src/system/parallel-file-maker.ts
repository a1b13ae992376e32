import { assert } from '../kernel/assert.ts';
import { type FileMaker, type MadeFile, madeFiles, type NewFileOrder, PlainFileMaker } from '../kernel/file-maker.ts';
import type { Files } from '../kernel/files.ts';
import { HELPER, STEP, WORD, workThrough } from './file-order-work.ts';
import { FileOrders, ORDERS_MAX, orderMemory } from './file-orders.ts';

/** For fewer, waking another thread costs more than it brings. */
const ORDERS_MIN = 4;
/** How often a thread that waits looks whether the other one failed. */
const LOOK_EVERY_MS = 1000;

/** What the second thread is started with. */
export interface FileMakerData {
  readonly memory: SharedArrayBuffer;
  readonly contents: SharedArrayBuffer;
}

/**
 * Makes files on two threads: the one that asks, which waits until all is done, and a second one. Making
 * a file is nearly all system calls, and the kernel makes two at once. The second thread is
 * started when there is work for it, and ended by {@link rest}, for it takes some 10 MiB.
 */
export class ParallelFileMaker implements FileMaker {
  readonly ordersMax = ORDERS_MAX;
  readonly #files: Files;
  readonly #contents: SharedArrayBuffer;
  readonly #start: (data: FileMakerData) => void;
  readonly #plain: PlainFileMaker;
  readonly #made = madeFiles(ORDERS_MAX);
  #orders: FileOrders | null = null;
  /** Orders that the second thread, too, works on; 0 where it was not there. */
  #count = 0;

  /**
   * @param contents - shared memory in which content lies; content elsewhere is for the asking thread alone.
   * @param start - starts the second thread (file-maker-worker.ts) with this; it ends by itself.
   */
  constructor(files: Files, contents: SharedArrayBuffer, start: (data: FileMakerData) => void) {
    this.#files = files;
    this.#contents = contents;
    this.#start = start;
    this.#plain = new PlainFileMaker(files);
  }

  make(orders: readonly NewFileOrder[]): readonly MadeFile[] {
    const desk = orders.length >= ORDERS_MIN ? this.#desk() : null;
    this.#count = 0;
    if (desk === null || !orders.every((order, index) => isShared(order) && desk.put(index, order)))
      return this.#plain.make(orders);
    this.#count = orders.length;
    this.#together(desk, STEP.make);
    for (let index = 0; index < this.#count; index++) desk.getResult(index, this.#made[index] as MadeFile);
    return this.#made;
  }

  name(): void {
    if (this.#count === 0 || this.#orders === null) return this.#plain.name();
    this.#together(this.#orders, STEP.name);
    for (let index = 0; index < this.#count; index++) this.#orders.getResult(index, this.#made[index] as MadeFile);
    this.#count = 0;
  }

  rest(): void {
    const control = this.#orders?.control;
    if (control === undefined) return;
    Atomics.store(control, WORD.helper, HELPER.toEnd);
    Atomics.add(control, WORD.turn, 1);
    Atomics.notify(control, WORD.turn);
    this.#orders = null;
  }

  /** @returns null while the second thread is not there. */
  #desk(): FileOrders | null {
    if (this.#orders === null) {
      const memory = orderMemory();
      this.#orders = new FileOrders(memory);
      this.#start({ memory, contents: this.#contents });
    }
    return Atomics.load(this.#orders.control, WORD.helper) === HELPER.ready ? this.#orders : null;
  }

  /** Carries one step out for all orders; returns when all are done. */
  #together(orders: FileOrders, step: number): void {
    const { control } = orders;
    Atomics.store(control, WORD.done, 0);
    Atomics.store(control, WORD.step, step);
    Atomics.store(control, WORD.count, this.#count);
    Atomics.store(control, WORD.left, this.#count);
    Atomics.add(control, WORD.turn, 1);
    Atomics.notify(control, WORD.turn);
    workThrough(orders, this.#files, this.#contents);
    for (;;) {
      const done = Atomics.load(control, WORD.done);
      if (done >= this.#count) break;
      assert(Atomics.load(control, WORD.helper) !== HELPER.failed, 'the second thread carries its orders out');
      Atomics.wait(control, WORD.done, done, LOOK_EVERY_MS);
    }
  }
}

function isShared({ content }: NewFileOrder): boolean {
  return content.buffer instanceof SharedArrayBuffer;
}
