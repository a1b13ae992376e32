import { fromText } from '../../kernel/byte-string.ts';
import { GIB } from '../../kernel/units.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import { freeSpace } from '../../system/files/disk-space.ts';
import type { EngineMachine } from './engine-machine.ts';
import { QueueSpace } from './queue-space.ts';
import type { StreamStart } from './thread-messages.ts';

const AUTOMATIC_BYTES_MAX = 10 * GIB;
const AUTOMATIC_SHARE_OF_FREE = 1 / 4;

/** How large a queue may grow: as set, or the smaller of 10 GiB and a quarter of what is free now. */
export function queueBytesMax(queues: ServerSettings['queues']): number {
  if (queues.sizeBytesMax !== null) return queues.sizeBytesMax;
  return Math.min(AUTOMATIC_BYTES_MAX, Math.floor(freeSpace(queues.directory).freeBytes * AUTOMATIC_SHARE_OF_FREE));
}

/** The disk under a queue that a stream worker was started with. */
export function queueSpace(start: StreamStart, machine: EngineMachine): QueueSpace {
  return new QueueSpace({
    limits: { sizeBytesMax: start.queueBytesMax, freeBytesMin: start.queueFreeBytesMin },
    freeBytes: () => machine.freeBytes(fromText(start.queueDirectory)),
    now: () => machine.clock.monotonicMs(),
  });
}
