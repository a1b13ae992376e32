import type { EventRecord } from '../../api/requests.ts';
import type { FindingEvent } from '../../diagnosis/findings.ts';
import type { Cancel } from '../../kernel/clock.ts';
import { fromData, Problem, type ProblemData, toData } from '../../problems/problem.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { EventKeeper, EventQuery, PlainEvent } from './event-history.ts';

/** A disk that answers does so far sooner. */
const ANSWER_MS = 5000;
const STOP_MS = 3000;
/** A thread that ended is started again after this long. */
const RESTART_MS = 2000;
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
  | { readonly kind: 'problem'; readonly problem: ProblemData }
  /** What is appended is kept, from now on or again. */
  | { readonly kind: 'works' };

export interface EventThreadOptions {
  readonly file: string;
  readonly startThread: (start: EventThreadStart) => Thread<ToEvents, FromEvents>;
  readonly after: (delayMs: number, action: () => void) => Cancel;
  /** Told of what is over as soon as it is told. */
  readonly onProblem: (problem: Problem) => void;
}

/**
 * The event history, kept by a thread of its own: a disk that hangs holds up nobody who tells of it. A thread that ends is
 * followed by another one.
 */
export class EventThread implements EventKeeper {
  readonly #options: EventThreadOptions;
  readonly #asked = new Map<number, { done: (events: EventRecord[]) => void; failed: (error: Error) => void }>();
  #thread: Thread<ToEvents, FromEvents>;
  #ended = Promise.resolve();
  #cancelRestart: Cancel = () => undefined;
  #questions = 0;
  #waiting = 0;
  #isLosing = false;
  /** Why the thread keeps nothing. */
  #failure: Problem | null = null;
  #isClosing = false;
  #onTrouble: (trouble: ProblemData | null) => void = () => undefined;

  constructor(options: EventThreadOptions) {
    this.#options = options;
    this.#thread = this.#begin();
  }

  onTrouble(action: (trouble: ProblemData | null) => void): void {
    this.#onTrouble = action;
    if (this.#failure !== null) action(toData(this.#failure));
  }

  append(event: FindingEvent | PlainEvent): void {
    if (this.#waiting >= WAITING_MAX) {
      if (!this.#isLosing) this.#onTrouble(toData(this.#problem('its disk does not answer')));
      this.#isLosing = true;
      return;
    }
    this.#waiting += 1;
    this.#thread.post({ kind: 'append', event });
  }

  /** @throws Problem DIA-003 where its disk does not answer. */
  find(query: EventQuery): Promise<EventRecord[]> {
    const id = (this.#questions += 1);
    return new Promise((done, failed) => {
      const cancel = this.#options.after(ANSWER_MS, () => {
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
    this.#isClosing = true;
    this.#cancelRestart();
    this.#thread.post({ kind: 'close' });
    const cancel = this.#options.after(STOP_MS, () => void this.#thread.terminate());
    await this.#ended;
    cancel();
  }

  #begin(): Thread<ToEvents, FromEvents> {
    const thread = this.#options.startThread({ file: this.#options.file });
    thread.onMessage((message) => this.#take(message));
    this.#ended = new Promise((ended) => {
      thread.onEnd((error) => {
        this.#gone(error?.message ?? 'its thread ended');
        ended();
      });
    });
    return thread;
  }

  /** What waited is lost with the thread. */
  #gone(reason: string): void {
    for (const { failed } of this.#asked.values()) failed(this.#problem('it is not there any more'));
    this.#asked.clear();
    this.#waiting = 0;
    this.#isLosing = false;
    if (this.#isClosing) return;
    this.#fails(this.#problem(reason));
    this.#cancelRestart = this.#options.after(RESTART_MS, () => {
      this.#waiting = 0;
      this.#thread = this.#begin();
    });
  }

  #take(message: FromEvents): void {
    switch (message.kind) {
      case 'appended':
        this.#waiting = Math.max(0, this.#waiting - 1);
        if (this.#isLosing && this.#waiting === 0) this.#keepsUp();
        return;
      case 'found':
        this.#asked.get(message.id)?.done([...message.events]);
        this.#asked.delete(message.id);
        return;
      case 'works':
        if (this.#failure === null) return;
        this.#failure = null;
        return this.#onTrouble(null);
      case 'problem': {
        const problem = fromData(message.problem);
        if (problem?.code === 'DIA-003') this.#fails(problem);
        else if (problem !== null) this.#options.onProblem(problem);
      }
    }
  }

  #fails(failure: Problem): void {
    this.#failure = failure;
    this.#onTrouble(toData(failure));
  }

  #keepsUp(): void {
    this.#isLosing = false;
    if (this.#failure === null) this.#onTrouble(null);
  }

  #problem(reason: string): Problem {
    return new Problem('DIA-003', { file: this.#options.file, reason });
  }
}
