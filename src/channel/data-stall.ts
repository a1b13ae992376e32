import { Problem, toData } from '../problems/problem.ts';
import type { ProblemBoard } from './problem-board.ts';

/** That another route took over is told for so long: whether the one before works again is not known. */
const TOLD_MS = 300_000;
/** So much has to be received before data counts as passing: what is said at the beginning of a connection is short. */
const PASSED_BYTES_MIN = 16 * 1024;

/** How the data connection does at a moment. */
export interface DataLook {
  /** For how long something has been on its way of which nothing was received. */
  readonly silentMs: number;
  readonly bytesWaiting: number;
  /** Received by the other server on this connection. */
  readonly bytesPassed: number;
  /** Of the control connection beside it; null where no heartbeat was answered just now. */
  readonly roundTripMs: number | null;
}

/**
 * The stall timer of the data connection. Where only small packets pass, heartbeats are answered and data is
 * not: the channel looks well, and nothing is replicated. Says so, and asks for another way.
 */
export class DataStall {
  readonly #board: ProblemBoard;
  readonly #afterMs: number;
  readonly #onStalled: () => void;
  /** The route that is told to be stalled. */
  #route: string | null = null;
  #askAtMs: number;

  /** @param options.onStalled - called when it is found, and again every `afterMs` while it lasts. */
  constructor(options: { board: ProblemBoard; afterMs: number; onStalled: () => void }) {
    this.#board = options.board;
    this.#afterMs = options.afterMs;
    this.#onStalled = options.onStalled;
    this.#askAtMs = options.afterMs;
  }

  look(route: string, seen: DataLook): void {
    // A control connection that does not answer either is no stall: the channel is about to be lost.
    if (seen.silentMs < this.#afterMs) this.#askAtMs = this.#afterMs;
    if (seen.silentMs >= this.#afterMs && seen.roundTripMs !== null) this.#stalled(route, seen);
    else if (seen.bytesPassed >= PASSED_BYTES_MIN && seen.silentMs === 0) this.#passes(route);
  }

  /** Another route carries the data from now on, or none. */
  moved(route: string | null): void {
    const before = this.#route;
    if (before === null || before === route) return;
    this.#route = null;
    this.#board.clear(keyOf(before));
    if (route === null) return;
    this.#board.raisePassing(keyOf(before), toData(new Problem('CHN-021', { route: before, other: route })), TOLD_MS);
  }

  #stalled(route: string, seen: DataLook): void {
    if (this.#route !== route) {
      this.#route = route;
      const seconds = Math.round(seen.silentMs / 1000);
      const evidence = [
        `the last heartbeat was answered within ${Math.round(seen.roundTripMs ?? 0)} ms`,
        `of the data on its way nothing was received for ${seconds} s`,
        `${seen.bytesPassed} bytes had passed on this connection before`,
      ];
      const problem = new Problem('CHN-020', { route, seconds, bytes: seen.bytesWaiting });
      this.#board.clear(keyOf(route));
      this.#board.raise(keyOf(route), toData(problem), evidence);
    }
    if (seen.silentMs < this.#askAtMs) return;
    this.#askAtMs = seen.silentMs + this.#afterMs;
    this.#onStalled();
  }

  #passes(route: string): void {
    if (this.#route === route) this.#route = null;
    this.#board.clear(keyOf(route));
  }
}

function keyOf(route: string): string {
  return `stall ${route}`;
}
