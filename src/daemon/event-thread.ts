import type { EventRecord } from '../api/requests.ts';
import type { FindingEvent } from '../diagnosis/findings.ts';
import type { Cancel } from '../kernel/clock.ts';
import { fromData, Problem, type ProblemData } from '../problems/problem.ts';
import type { Thread } from '../system/threads.ts';
import type { EventKeeper, EventQuery, PlainEvent } from './event-history.ts';

/** A disk that answers does so far sooner. */
const ANSWER_MS = 5000;
const STOP_MS = 3000;
/** Events that wait for a disk that hangs; more are not kept, and that is told. */
const WAITING_MAX = 10_000;

export interface EventThreadStart {
  readonly file: string;
}

export type ToEvents =
  | { readonly kind: 'append'; readonly event: FindingEvent | PlainEvent }
  | { readonly kind: 'find'; readonly id: number; readonly query: EventQuery }
  | { readonly kind: 'close' };

export type FromEvents =
  /** The oldest event that waits is done with. */
  | { readonly kind: 'appended' }
  | { readonly kind: 'found'; readonly id: number; readonly events: readonly EventRecord[] }
  | { readonly kind: 'problem'; readonly problem: ProblemData };

/** The event history, kept by a thread of its own: a disk that hangs holds up nobody who tells of it. */
export class EventThread implements EventKeeper {
  readonly #thread: Thread<ToEvents, FromEvents>;
  readonly #file: string;
  readonly #after: (delayMs: number, action: () => void) => Cancel;
  readonly #onProblem: (problem: Problem) => void;
  readonly #asked = new Map<number, { done: (events: EventRecord[]) => void; failed: (error: Error) => void }>();
  readonly #ended: Promise<void>;
  #questions = 0;
  #waiting = 0;
  #isLosing = false;

  constructor(options: {
    readonly file: string;
    readonly startThread: (start: EventThreadStart) => Thread<ToEvents, FromEvents>;
    readonly after: (delayMs: number, action: () => void) => Cancel;
    readonly onProblem: (problem: Problem) => void;
  }) {
    this.#file = options.file;
    this.#after = options.after;
    this.#onProblem = options.onProblem;
    this.#thread = options.startThread({ file: options.file });
    this.#thread.onMessage((message) => this.#take(message));
    this.#ended = new Promise((ended) => {
      this.#thread.onEnd((error) => {
        if (error !== null) this.#onProblem(this.#problem(error.message));
        for (const { failed } of this.#asked.values()) failed(this.#problem('it is not there any more'));
        this.#asked.clear();
        ended();
      });
    });
  }

  append(event: FindingEvent | PlainEvent): void {
    if (this.#waiting >= WAITING_MAX) {
      if (!this.#isLosing) this.#onProblem(this.#problem('its disk does not answer'));
      this.#isLosing = true;
      return;
    }
    this.#isLosing = false;
    this.#waiting += 1;
    this.#thread.post({ kind: 'append', event });
  }

  /** @throws Problem DIA-003 where its disk does not answer. */
  find(query: EventQuery): Promise<EventRecord[]> {
    const id = (this.#questions += 1);
    return new Promise((done, failed) => {
      const cancel = this.#after(ANSWER_MS, () => {
        this.#asked.delete(id);
        failed(this.#problem('its disk does not answer'));
      });
      this.#asked.set(id, {
        done: (events) => {
          cancel();
          done(events);
        },
        failed: (error) => {
          cancel();
          failed(error);
        },
      });
      this.#thread.post({ kind: 'find', id, query });
    });
  }

  async close(): Promise<void> {
    this.#thread.post({ kind: 'close' });
    const cancel = this.#after(STOP_MS, () => void this.#thread.terminate());
    await this.#ended;
    cancel();
  }

  #take(message: FromEvents): void {
    if (message.kind === 'appended') {
      this.#waiting -= 1;
    } else if (message.kind === 'found') {
      this.#asked.get(message.id)?.done([...message.events]);
      this.#asked.delete(message.id);
    } else {
      const problem = fromData(message.problem);
      if (problem !== null) this.#onProblem(problem);
    }
  }

  #problem(reason: string): Problem {
    return new Problem('DIA-003', { file: this.#file, reason });
  }
}
