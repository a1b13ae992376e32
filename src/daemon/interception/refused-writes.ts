import type { Attempt, Caller } from '../../intercept/attempts.ts';
import { toDisplay } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** How long after the last attempt a finding stays: whoever tried is likely to try again. */
const LASTS_MS = 30_000;
/** Paths that are told at a time; attempts on further ones are refused all the same. */
const ITEMS_MAX = 256;

type FindingNews = Extract<FromStream, { kind: 'problem' | 'cleared' }>;

interface Refused {
  count: number;
  lastMs: MonotonicMs;
}

/**
 * Findings about attempts to change protected files on the passive server, which were refused: APL-050, one for a path.
 * Repeated ones are counted.
 */
export class RefusedWrites {
  readonly #tell: (message: FindingNews) => void;
  readonly #now: () => MonotonicMs;
  readonly #refused = new Map<string, Refused>();

  constructor(options: { tell: (message: FindingNews) => void; now: () => MonotonicMs }) {
    this.#tell = options.tell;
    this.#now = options.now;
  }

  seen(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) this.#see(attempt);
  }

  /** Ends findings whose time is over. */
  step(): void {
    const now = this.#now();
    for (const [path, { lastMs }] of this.#refused) {
      if (now - lastMs < LASTS_MS) continue;
      this.#refused.delete(path);
      this.#tell({ kind: 'cleared', code: 'APL-050', item: path });
    }
  }

  #see({ caller, deed, path, count }: Attempt): void {
    const item = toDisplay(path);
    const known = this.#refused.get(item) ?? { count: 0, lastMs: this.#now() };
    if (this.#refused.size >= ITEMS_MAX && !this.#refused.has(item)) return;
    known.count += count;
    known.lastMs = this.#now();
    this.#refused.set(item, known);
    const writer = nameOf(caller);
    const times = known.count === 1 ? '' : `; ${String(known.count)} attempts so far`;
    this.#tell({
      kind: 'problem',
      problem: { code: 'APL-050', parameters: { writer, deed, path: item } },
      item,
      evidence: [`${writer} wanted to ${deed} it${times}`, ...commandOf(caller)],
      action: null,
    });
  }
}

function nameOf(caller: Caller | null): string {
  if (caller === null) return 'a process that could not be found';
  const { name, processId, unit } = caller;
  return `${name} (process ${String(processId)}${unit === null ? '' : `, unit ${unit}`})`;
}

function commandOf(caller: Caller | null): string[] {
  if (caller === null || caller.commandLine === '') return [];
  return [`process ${String(caller.processId)}: ${caller.commandLine}`.replaceAll('\n', ' ')];
}
