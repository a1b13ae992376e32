import { HELPER, WORD, workThrough } from './file-order-work.ts';
import { FileOrders } from './file-orders.ts';
import { NodeFiles } from './files.ts';
import type { FileMakerData } from './parallel-file-maker.ts';
import { threadData } from './threads.ts';

/** Entry of the second pair of hands: works on orders whenever there are some, until it is told to end. */
function main(): void {
  const { memory, contents } = threadData<FileMakerData>();
  const orders = new FileOrders(memory);
  const files = new NodeFiles();
  const { control } = orders;
  let turn = Atomics.load(control, WORD.turn);
  try {
    if (Atomics.compareExchange(control, WORD.helper, HELPER.absent, HELPER.ready) !== HELPER.absent) return;
    Atomics.notify(control, WORD.helper);
    for (;;) {
      Atomics.wait(control, WORD.turn, turn);
      turn = Atomics.load(control, WORD.turn);
      if (Atomics.load(control, WORD.helper) === HELPER.toEnd) return;
      workThrough(orders, files, contents);
    }
  } catch (error) {
    // Whoever waits for the order that was being carried out must not wait for ever.
    Atomics.store(control, WORD.helper, HELPER.failed);
    Atomics.notify(control, WORD.done);
    throw error;
  }
}

main();
