import { expect, it } from 'vitest';
import { LossBrake } from '../../apply/loss-brake.ts';
import type { Change, Position } from '../../changes/change.ts';
import { encodeChange } from '../../changes/codec.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { QueueCondition } from '../stream/queue-space.ts';
import { LossLookout } from './loss-lookout.ts';

const ROOT = 1;
const ITEMS = 200;
const ROOMY = { isHeld: false, isDiskFull: false, freeBytes: 1, freeBytesMin: 0 } as QueueCondition;

function unlink(item: number): Change {
  return { kind: 'unlink', node: 100 + item, parent: ROOT, name: fromText(`item-${item}`) };
}

/** The n-th item goes with the n-th record. */
function at(sequence: number): Position {
  return { epoch: 1, sequence };
}

it('what was received and waits to be made durable is looked at before names that go are decided on', () => {
  const tree = new NodeTree();
  const root = tree.addRoot(fromText('/srv'), ROOT);
  for (let item = 0; item < ITEMS; item++) tree.add(root, fromText(`item-${item}`), 100 + item, 'file');
  let now = 100_000;
  const clock = (): MonotonicMs => now as MonotonicMs;
  const brake = new LossBrake({ tree, itemsMin: 50, now: clock, isProtected: () => true, changed: () => undefined });
  let received = 9;
  const queue = {
    durable: at(9),
    get last(): Position {
      return at(received);
    },
    read({ sequence }: Position) {
      const records = Array.from({ length: received - sequence }, (_, index) =>
        encodeChange(at(sequence + index + 1), unlink(sequence + index)),
      );
      return { records: Buffer.concat(records), last: at(received) };
    },
    condition: () => ROOMY,
  };
  const lookout = new LossLookout({ brake, queue, now: clock });
  expect(lookout.stops({ position: at(1), change: unlink(0) }, at(0))).toBe(true);
  for (const end = now + 80; now < end; now += 20) lookout.step();
  expect(lookout.isWaiting).toBe(true);
  received = ITEMS;
  for (const end = now + 200; now < end; now += 20) lookout.step();
  expect(lookout.isWaiting).toBe(false);
  expect(brake.list()).toMatchObject([{ state: 'held', what: 'lost all of its 200 items within a minute' }]);
});
