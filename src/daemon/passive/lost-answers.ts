import type { NodeId } from '../../changes/change.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { problemEvent } from '../stream/problem-event.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** After the first time the connection is made anew no more often than this, … */
const RENEW_MS_MIN = 60_000;
/** … and ever more rarely: what is on its way is lost with it. */
const RENEW_MS_MAX = 600_000;
/** Without a loss for so long it is over. */
const OVER_MS = 900_000;
/** It is told once it happened so often, … */
const TOLD_TIMES = 2;
/** … or once connections were given up so often, whatever was lost. */
const TOLD_RENEWALS = 3;
/** Told at a time. */
const ITEMS_MAX = 100;

export interface LostAnswersOptions {
  readonly toMain: (message: FromStream) => void;
  /** Gives up the connection for data: on the next one all is asked for again. */
  readonly renew: () => void;
  /** As it is shown; null where the node has no name any more. */
  readonly pathOf: (node: NodeId) => string | null;
  /** Is content of the node still to come? */
  readonly isAwaited: (node: NodeId) => boolean;
}

/** Has content asked for again of which an answer was lost, and tells where that repeats: APL-010. */
export class LostAnswers {
  readonly #options: LostAnswersOptions;
  readonly #times = new Map<NodeId, number>();
  /** Lost on the present connection. */
  readonly #lost = new Set<NodeId>();
  /** Items that are told, by what they are shown as. */
  readonly #told = new Map<string, NodeId>();
  #renewals = 0;
  #renewAt: number | null = null;
  #notBefore = Number.NEGATIVE_INFINITY;
  #lastAt = 0;

  constructor(options: LostAnswersOptions) {
    this.#options = options;
  }

  /** Answers about these are known to be lost. */
  met(nodes: readonly NodeId[], now: MonotonicMs): void {
    for (const node of nodes) {
      if (this.#lost.has(node)) continue;
      this.#lost.add(node);
      this.#lastAt = now;
      this.#renewAt ??= Math.max(now, this.#notBefore);
      const times = (this.#times.get(node) ?? 0) + 1;
      this.#times.set(node, times);
      this.#tell(node, times);
    }
  }

  step(now: MonotonicMs): void {
    for (const [path, node] of this.#told) if (!this.#options.isAwaited(node)) this.#clear(path);
    if (this.#renewAt !== null && now >= this.#renewAt) this.#renew(now);
    if (this.#renewals === 0 || this.#renewAt !== null || now - this.#lastAt < OVER_MS) return;
    this.#renewals = 0;
    this.#times.clear();
    for (const path of this.#told.keys()) this.#clear(path);
  }

  /** The connection ended, for whatever reason. */
  ended(): void {
    this.#lost.clear();
    this.#renewAt = null;
  }

  #renew(now: MonotonicMs): void {
    this.#notBefore = now + Math.min(RENEW_MS_MIN * 2 ** this.#renewals, RENEW_MS_MAX);
    this.#renewals++;
    this.ended();
    this.#options.renew();
  }

  #tell(node: NodeId, times: number): void {
    const { toMain, pathOf } = this.#options;
    const path = pathOf(node);
    if (path === null) return;
    const said = times === 1 ? 'once' : `${String(times)} times`;
    const problem = { code: 'APL-010', parameters: { path, times: said } } as const;
    const isRepeated = times >= TOLD_TIMES || this.#renewals >= TOLD_RENEWALS;
    if (!isRepeated || (this.#told.size >= ITEMS_MAX && !this.#told.has(path)))
      return toMain({ kind: 'event', event: problemEvent(problem, path) });
    this.#told.set(path, node);
    const evidence = [`the connection for data was made anew for it ${String(this.#renewals)} times`];
    toMain({ kind: 'problem', problem, item: path, evidence, action: null });
  }

  #clear(path: string): void {
    this.#told.delete(path);
    this.#options.toMain({ kind: 'cleared', code: 'APL-010', item: path });
  }
}
