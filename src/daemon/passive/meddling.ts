import type { MonotonicMs } from '../../kernel/units.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** How a process is known to people. */
export type DescribeProcess = (processId: number) => { readonly text: string; readonly evidence: readonly string[] };

/** How long after the last foreign write a finding stays: whoever wrote is likely to write again. */
const LASTS_MS = 30_000;
const ITEMS_MAX = 1000;

/** Findings about items that somebody else changed on the passive server. */
export class Meddling {
  readonly #toMain: (message: FromStream) => void;
  readonly #now: () => MonotonicMs;
  readonly #describe: DescribeProcess;
  readonly #lastSeen = new Map<string, MonotonicMs>();

  constructor(options: { toMain: (message: FromStream) => void; now: () => MonotonicMs; describe: DescribeProcess }) {
    this.#toMain = options.toMain;
    this.#now = options.now;
    this.#describe = options.describe;
  }

  /** @param processId - 0 where it is not known. */
  seen(path: string, what: string, processId: number): void {
    if (this.#lastSeen.size >= ITEMS_MAX && !this.#lastSeen.has(path)) return;
    this.#lastSeen.set(path, this.#now());
    const writer = this.#describe(processId);
    this.#toMain({
      kind: 'problem',
      problem: { code: 'APL-002', parameters: { path, writer: writer.text } },
      item: path,
      evidence: [`${path} was ${what}`, ...writer.evidence],
      action: null,
    });
  }

  /** Ends findings whose time is over. @param isWell - is the item known to be equal again? */
  step(isWell: (path: string) => boolean): void {
    const now = this.#now();
    for (const [path, at] of this.#lastSeen) {
      if (now - at < LASTS_MS || !isWell(path)) continue;
      this.#lastSeen.delete(path);
      this.#toMain({ kind: 'cleared', code: 'APL-002', item: path });
    }
  }
}
