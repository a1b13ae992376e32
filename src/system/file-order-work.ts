import { type MadeFile, madeFiles, makeFile, nameFile } from '../kernel/file-maker.ts';
import type { Files } from '../kernel/files.ts';
import type { FileOrders } from './file-orders.ts';

/** Words of {@link FileOrders.control}. */
export const WORD = { turn: 0, step: 1, left: 2, count: 3, done: 4, helper: 5 } as const;
/** Steps of the work. */
export const STEP = { make: 1, name: 2 } as const;
/** How the second thread stands. */
export const HELPER = { absent: 0, ready: 1, failed: 2, toEnd: 3 } as const;

const scratch = madeFiles(1)[0] as MadeFile;

/**
 * Claims orders one by one and carries the present step out, until none is left. For both threads at
 * once: each order is claimed by one of them. One word says both how many are left and which is next,
 * so that a thread that comes late finds nothing, or what is new.
 */
export function workThrough(orders: FileOrders, files: Files, contents: SharedArrayBuffer): void {
  const { control } = orders;
  for (;;) {
    const index = Atomics.sub(control, WORD.left, 1) - 1;
    if (index < 0) return;
    const order = orders.get(index, contents);
    if (Atomics.load(control, WORD.step) === STEP.make) makeFile(files, order, scratch);
    else {
      orders.getResult(index, scratch);
      nameFile(files, order.target, scratch);
    }
    orders.putResult(index, scratch);
    if (Atomics.add(control, WORD.done, 1) + 1 === Atomics.load(control, WORD.count))
      Atomics.notify(control, WORD.done);
  }
}
