import type { Role, Status } from '../../api/status.ts';
import type { ProblemCode, ProblemData } from '../../problems/problem.ts';
import type { DiskWait } from '../../diagnosis/bottleneck.ts';
import type { FindingBoard } from './finding-board.ts';
import { tellLateQueues } from './late-queues.ts';
import type { QueueCondition } from '../stream/queue-space.ts';
import type { SendQueue } from '../active/send-queue.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** A queue is told to fill from this part of its bound on, … */
const WARN_FROM = 0.8;
/** … and not to fill any more below this one: around the edge nothing is told again and again. */
const CALM_BELOW = 0.6;
/** The free space is told to run out from this many times what must stay free on. */
const SPACE_WARN_FROM = 1.25;

/** Why the queue of each server fills, what its bound does, and what helps. */
const SIDES = {
  active: {
    queue: 'send',
    why: 'the passive server is away, or the channel or the passive server is slow',
    noSpace: 'changes are remembered as what to check, instead of being queued, while the passive server is away',
  },
  passive: {
    queue: 'receive',
    why: "the passive server's disk is slower than the link, or floods of small writes come",
    noSpace: 'the active server is asked for no more than Apply has done',
  },
} as const;

/** The send queue met its bound and was given up, as the active server's stream worker tells it. */
export function sendQueueAtItsSize({ sizeBytesMax }: Pick<SendQueue, 'sizeBytesMax'>): FromStream {
  const problem: ProblemData = {
    code: 'L9',
    parameters: {
      queue: 'send',
      bytesMax: sizeBytesMax,
      consequence: 'it was given up, and what changed is checked instead',
      why: 'the passive server was away for too long, or the channel is too thin for so many changes',
      advice:
        'See that the channel works and has the bandwidth; a larger queues.sizeBytesMax bridges more time. What changed is checked when the passive server is back, and nothing else where the two were equal before',
    },
  };
  return { kind: 'problem', problem, item: null, evidence: [], action: null };
}

/** The findings about this server's own queue and its disk, raised and cleared as its condition changes. */
export class QueueFindings {
  readonly #findings: Pick<FindingBoard, 'raise' | 'clear'>;
  readonly #role: Role;
  readonly #raised = new Set<ProblemCode>();

  constructor(options: { role: Role; findings: Pick<FindingBoard, 'raise' | 'clear'> }) {
    this.#role = options.role;
    this.#findings = options.findings;
  }

  /**
   * @param seen.own - as the stream worker told it last; null while there is none, which says nothing.
   * @param seen.both - of both servers; what is late in them is told by the active one.
   */
  look(seen: {
    own: QueueCondition | null;
    both: Status['queues'];
    /** Of the passive server. */
    diskWait: DiskWait | null;
    connectedMs: number;
    ageMsMax: number;
  }): void {
    if (this.#role === 'active') {
      const { both: queues, diskWait, connectedMs, ageMsMax } = seen;
      tellLateQueues({ queues, diskWait, connectedMs, ageMsMax, findings: this.#findings });
    }
    if (seen.own !== null) this.#lookAtOwn(seen.own);
  }

  #lookAtOwn(queue: QueueCondition): void {
    const full = queue.bytes / queue.sizeBytesMax;
    const isShort = queue.freeBytes < queue.freeBytesMin;
    this.#set('L20', queue.isDiskFull, () => ({ directory: queue.directory }));
    this.#set('M4', isShort && !queue.isDiskFull, () => ({ ...this.#space(queue), ...this.#side('noSpace') }));
    const isClose = queue.freeBytes < queue.freeBytesMin * SPACE_WARN_FROM;
    this.#set('JRN-007', isClose && !isShort && !queue.isDiskFull, () => this.#space(queue));
    const isAtItsSize = this.#role === 'passive' && this.#isBeyond('L9', queue.isHeld, full);
    if (this.#role === 'passive') this.#set('L9', isAtItsSize, () => receiveQueueAtItsSize(queue));
    this.#set('JRN-006', !isAtItsSize && this.#isBeyond('JRN-006', full >= WARN_FROM, full), () => ({
      ...this.#side('why'),
      bytes: queue.bytes,
      bytesMax: queue.sizeBytesMax,
      percent: Math.floor(full * 100),
    }));
  }

  /** Once told it holds until the queue is well below its bound. */
  #isBeyond(code: ProblemCode, isReached: boolean, full: number): boolean {
    return isReached || (this.#raised.has(code) && full >= CALM_BELOW);
  }

  #space(queue: QueueCondition): ProblemData['parameters'] {
    const { directory, freeBytes, freeBytesMin } = queue;
    return { queue: SIDES[this.#role].queue, directory, freeBytes, freeBytesMin };
  }

  #side(what: 'why' | 'noSpace'): ProblemData['parameters'] {
    const { queue, why, noSpace } = SIDES[this.#role];
    return what === 'why' ? { queue, why } : { queue, consequence: noSpace };
  }

  #set(code: ProblemCode, holds: boolean, parameters: () => ProblemData['parameters']): void {
    if (holds) {
      this.#raised.add(code);
      this.#findings.raise({ code, parameters: parameters() });
    } else if (this.#raised.delete(code)) this.#findings.clear(code);
  }
}

function receiveQueueAtItsSize({ sizeBytesMax }: QueueCondition): ProblemData['parameters'] {
  return {
    queue: 'receive',
    bytesMax: sizeBytesMax,
    consequence: 'the active server is asked for no more than Apply has done',
    why: SIDES.passive.why,
    advice:
      'Give the passive server a faster disk, put its queues on a disk of their own, or raise queues.sizeBytesMax there. Changes wait on the active server meanwhile',
  };
}
