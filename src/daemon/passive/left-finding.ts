import { toDisplay } from '../../kernel/byte-string.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { LeftAlone } from './left-alone.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** Named in the text, and in the evidence. */
const EXAMPLES_MAX = 3;
const EVIDENCE_MAX = 20;
/** What is told is brought up to date after this long. */
const TELL_AGAIN_MS = 5000;

/** The finding CHK-006: what a check that was asked to verify only found and left, all of it as one. */
export class LeftFinding {
  readonly #left: Pick<LeftAlone, 'count' | 'isBeingFound' | 'items'>;
  readonly #toMain: (message: FromStream) => void;
  /** Null where nothing stands told. */
  #told: string | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(left: Pick<LeftAlone, 'count' | 'isBeingFound' | 'items'>, toMain: (message: FromStream) => void) {
    this.#left = left;
    this.#toMain = toMain;
  }

  /** @param isFrozen - nothing may be repaired whatever a check is asked for, which is told by itself. */
  step(now: MonotonicMs, isFrozen: boolean): void {
    if (isFrozen || this.#left.count === 0) return this.#over();
    if (this.#left.isBeingFound || now - this.#lookedAt < TELL_AGAIN_MS) return;
    this.#lookedAt = now;
    const some = this.#left.items().take(EVIDENCE_MAX);
    const evidence = [...some].map(({ path, how }) => `${toDisplay(path)}: ${how}`);
    const examples = evidence.slice(0, EXAMPLES_MAX).join('; ');
    const items = formatNumberOf(this.#left.count, 'item');
    const problem = { code: 'CHK-006', parameters: { items, examples } } as const;
    const text = JSON.stringify([problem, evidence]);
    if (this.#told === text) return;
    this.#told = text;
    this.#toMain({ kind: 'problem', problem, item: null, evidence, action: null });
  }

  #over(): void {
    if (this.#told === null) return;
    this.#told = null;
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#toMain({ kind: 'cleared', code: 'CHK-006', item: null });
  }
}
