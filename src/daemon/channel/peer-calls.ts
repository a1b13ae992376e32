import type { Timers, Cancel } from '../../kernel/clock.ts';
import { fromData, isProblem, Problem, type ProblemData, toData } from '../../problems/problem.ts';

/** A question to the other daemon, and its answer. Ids are the asker's. */
export type CallMessage =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly body: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly body: unknown; readonly problem: ProblemData | null };

const ANSWER_WAIT_MS = 30_000;
const CALLS_MAX = 256;

interface Waiting {
  readonly done: (body: unknown) => void;
  readonly failed: (problem: Problem) => void;
  readonly cancel: Cancel;
}

/** Calls between the two daemons over the control connection; lost with the session, never repeated. */
export class PeerCalls {
  readonly #send: (message: CallMessage) => boolean;
  readonly #timers: Timers;
  readonly #answerCall: (name: string, body: unknown) => Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #answering = 0;
  /** Rises with every session that ended. */
  #sessionsLost = 0;

  constructor(options: {
    send: (message: CallMessage) => boolean;
    timers: Timers;
    answer: (name: string, body: unknown) => Promise<unknown>;
  }) {
    this.#send = options.send;
    this.#timers = options.timers;
    this.#answerCall = options.answer;
  }

  /** @throws Problem DMN-001 when the other server can't be asked or does not answer; what it failed with otherwise. */
  call(name: string, body: unknown): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((done, failed) => {
      const give = (reason: string): void => {
        this.#waiting.delete(id);
        failed(new Problem('DMN-001', { reason }));
      };
      const cancel = this.#timers.after(ANSWER_WAIT_MS, () => give('it did not answer in time'));
      this.#waiting.set(id, { done, failed, cancel });
      if (this.#send({ kind: 'call', id, name, body })) return;
      cancel();
      give('the channel is not connected');
    });
  }

  receive(message: CallMessage): void {
    if (message.kind === 'answer') {
      const waiting = this.#waiting.get(message.id);
      if (waiting === undefined) return;
      this.#waiting.delete(message.id);
      waiting.cancel();
      const problem = message.problem === null ? null : fromData(message.problem);
      if (message.problem === null) waiting.done(message.body);
      else waiting.failed(problem ?? new Problem('DMN-001', { reason: `it failed with ${message.problem.code}` }));
      return;
    }
    void this.#answer(message.id, message.name, message.body);
  }

  /** The session ended: nobody will answer. */
  lost(): void {
    this.#sessionsLost += 1;
    for (const [id, waiting] of this.#waiting) {
      this.#waiting.delete(id);
      waiting.cancel();
      waiting.failed(new Problem('DMN-001', { reason: 'the channel was lost' }));
    }
  }

  async #answer(id: number, name: string, body: unknown): Promise<void> {
    const asked = this.#sessionsLost;
    // Ids begin anew with each run of a daemon: in a later session it would be taken for another call's answer.
    const give = (given: { readonly body: unknown; readonly problem: ProblemData | null }): void => {
      if (asked === this.#sessionsLost) this.#send({ kind: 'answer', id, ...given });
    };
    if (this.#answering >= CALLS_MAX) {
      give({ body: null, problem: toData(new Problem('DMN-001', { reason: 'too many questions at once' })) });
      return;
    }
    this.#answering++;
    try {
      give({ body: await this.#answerCall(name, body), problem: null });
    } catch (error) {
      const problem = isProblem(error)
        ? toData(error)
        : ({ code: 'CLI-005', parameters: { reason: String(error) } } as const);
      give({ body: null, problem });
    } finally {
      this.#answering--;
    }
  }
}
