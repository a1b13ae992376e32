import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { clockWarning } from './handshake.ts';
import type { ProblemBoard } from './problem-board.ts';

/** What is odd about a peer one nevertheless works with, each under its key on the board. */
const WARNINGS: Readonly<Record<'clock' | 'both passive', ProblemCode>> = {
  clock: 'CHN-011',
  'both passive': 'CHN-012',
};
/** The clocks' difference wavers by the network's jitter; told again only when it really moved. */
const TOLD_AGAIN_MS = 1000;

/** Warnings about the peer of the current session. */
export class PeerWarnings {
  readonly #board: ProblemBoard;
  readonly #timeDifferenceMaxMs: number;

  constructor(options: { board: ProblemBoard; timeDifferenceMaxMs: number }) {
    this.#board = options.board;
    this.#timeDifferenceMaxMs = options.timeDifferenceMaxMs;
  }

  /** A session begins, and the handshake judged the peer. */
  begin(warnings: readonly ProblemData[]): void {
    this.#show('clock', warnings);
    this.#show('both passive', warnings);
  }

  /** The peer said something new of itself. */
  judgedAgain(warnings: readonly ProblemData[]): void {
    this.#show('both passive', warnings);
  }

  /** @param differenceMs - how far the peer's clock is ahead, as just measured. */
  measured(differenceMs: number): void {
    const warning = clockWarning(differenceMs, this.#timeDifferenceMaxMs);
    const before = this.#board.get('clock')?.parameters['differenceMs'];
    const isKnown = typeof before === 'number' && Math.abs(before - Math.abs(differenceMs)) < TOLD_AGAIN_MS;
    if (warning === null || !isKnown) this.#show('clock', warning === null ? [] : [warning]);
  }

  /** The session ended. */
  clear(): void {
    this.#board.clear('clock');
    this.#board.clear('both passive');
  }

  #show(key: keyof typeof WARNINGS, warnings: readonly ProblemData[]): void {
    const warning = warnings.find(({ code }) => code === WARNINGS[key]);
    if (warning === undefined) this.#board.clear(key);
    else this.#board.raise(key, warning);
  }
}
