import type { Change } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';

/** Where exactness comes and goes it is not told more often. */
const TOLD_EVERY_MS = 200;

/**
 * Tells the passive server, in the stream, whether all that was told so far is exactly what was done here. It has to
 * know by itself on the day this server is gone. Pure.
 */
export class ExactMarks {
  readonly #emit: (change: Change) => void;
  /** The passive server's request for the stream, and the pieces of content it was given since; null where none is answered. */
  #session: { readonly resume: number; answers: number } | null = null;
  /** Said in answer to that request, of all that was given for it. */
  #isTold = false;
  /** The passive server believes it, or will: also what was said before its connection broke. */
  #isBelieved = false;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(emit: (change: Change) => void) {
    this.#emit = emit;
  }

  /** The stream goes to the passive server from now on. @param resume - null: it does not, or to one that does not know of marks. */
  resumed(resume: number | null): void {
    this.#session = resume === null ? null : { resume, answers: 0 };
    if (resume !== null) this.#isTold = false;
  }

  /** The passive server was given content, which it takes for no part of the stream. */
  answered(pieces: number): void {
    if (this.#session === null) return;
    this.#session.answers += pieces;
    this.#isTold = false;
  }

  /** What is told next is not exact: to be called before it is. */
  broke(): void {
    if (!this.#isBelieved) return;
    this.#isTold = false;
    this.#isBelieved = false;
    this.#emit({ kind: 'exactness', isExact: false, resume: 0, answers: 0 });
  }

  /** @param isExact - all that was told so far. */
  step(isExact: boolean, now: MonotonicMs): void {
    if (!isExact) return this.broke();
    if (this.#isTold || this.#session === null || now - this.#toldMs < TOLD_EVERY_MS) return;
    this.#isTold = true;
    this.#isBelieved = true;
    this.#toldMs = now;
    this.#emit({ kind: 'exactness', isExact: true, ...this.#session });
  }
}
