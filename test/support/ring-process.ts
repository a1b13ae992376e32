/*
 * `node ring-process.ts ORDER THREAD COUNT`: maps the shared memory that is its descriptor 3 and does one thing in it.
 *
 * - `write`: puts COUNT records in, whose content tells THREAD and their number
 * - `begin`: begins a record, says `begun` and waits for good
 * - `hold`: takes a lock, says `held` and waits for good
 * - `count`: adds COUNT to the counter, one at a time, each under the lock
 */
import { RECORD } from '../../src/intercept/record.ts';
import { RingWriter } from '../../src/intercept/ring-writer.ts';
import { NODE, SharedRing } from './shared-ring.ts';

const MEMORY = 3;
const WAIT_MS = 600_000;

const [order = '', thread = '0', count = '0'] = process.argv.slice(2);
const { ring, locks, counter } = new SharedRing(MEMORY);
const writer = new RingWriter(ring, { thread: Number(thread) });

const ORDERS: Readonly<Record<string, () => void>> = {
  write() {
    for (let number = 1; number <= Number(count); number++) {
      const content = new Uint8Array(8 + ((number * 7919) % 3000)).fill(number % 251);
      const view = new DataView(content.buffer);
      view.setUint32(0, Number(thread), true);
      view.setUint32(4, number, true);
      if (!writer.begin(RECORD.request + content.length)) throw new Error('no room');
      writer.u32(RECORD.requestLength, content.length);
      writer.copy(RECORD.request, content);
      writer.end();
    }
  },
  count() {
    for (let number = 0; number < Number(count); number++) {
      locks.take(NODE);
      counter[0] = (counter[0] as number) + 1;
      locks.free(NODE);
    }
  },
  begin() {
    writer.begin(RECORD.request + 1000);
    waitForGood('begun');
  },
  hold() {
    locks.take(NODE);
    waitForGood('held');
  },
};

function waitForGood(said: string): void {
  process.stdout.write(`${said}\n`);
  setTimeout(() => {}, WAIT_MS);
}

ORDERS[order]?.();
