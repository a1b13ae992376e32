import type { Cancel, Timers } from '../kernel/clock.ts';
import { entryOf } from '../problems/problem.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { ChannelEvent } from './channel-event.ts';

/** Passing problems kept at one time: strangers must not fill the memory. */
const PASSING_MAX = 16;

/** The problems the channel sees now; says what was raised and what is over, each once. */
export class ProblemBoard {
  readonly #timers: Timers;
  readonly #emit: (event: ChannelEvent) => void;
  readonly #raised = new Map<string, { problem: ProblemData; expiry: Cancel | null }>();

  constructor(options: { timers: Timers; emit: (event: ChannelEvent) => void }) {
    this.#timers = options.timers;
    this.#emit = options.emit;
  }

  /** Raises it, or tells its new values; says nothing where nothing is new. */
  raise(key: string, problem: ProblemData, evidence: readonly string[] = []): void {
    const before = this.#raised.get(key);
    before?.expiry?.();
    this.#raised.set(key, { problem, expiry: null });
    if (before === undefined || !isSame(before.problem, problem))
      this.#emit({ kind: 'problem', key, problem, evidence });
  }

  /** Raises what is an event rather than a state: it clears by itself when it has not come again for `lifeMs`. */
  raisePassing(key: string, problem: ProblemData, lifeMs: number): void {
    let passing = 0;
    for (const entry of this.#raised.values()) if (entry.expiry !== null) passing += 1;
    if (passing >= PASSING_MAX && !this.#raised.has(key)) return;
    this.raise(key, problem);
    const entry = this.#raised.get(key);
    if (entry !== undefined) entry.expiry = this.#timers.after(lifeMs, () => this.clear(key));
  }

  has(key: string): boolean {
    return this.#raised.has(key);
  }

  get(key: string): ProblemData | null {
    return this.#raised.get(key)?.problem ?? null;
  }

  clear(key: string): void {
    const entry = this.#raised.get(key);
    if (entry === undefined) return;
    entry.expiry?.();
    this.#raised.delete(key);
    this.#emit({ kind: 'cleared', key, code: entry.problem.code });
  }

  clearAll(): void {
    for (const key of this.#raised.keys()) this.clear(key);
  }
}

export function isSame(a: ProblemData, b: ProblemData): boolean {
  return a.code === b.code && JSON.stringify(a.parameters) === JSON.stringify(b.parameters);
}

const CODE_CHARACTERS_MAX = 16;
const PARAMETERS_MAX = 16;
const TEXT_CHARACTERS_MAX = 512;

/** A problem told by the peer; null where it is none that this release knows. */
export function readProblem(code: unknown, parameters: unknown): ProblemData | null {
  if (typeof code !== 'string' || code.length > CODE_CHARACTERS_MAX || !isKnownCode(code)) return null;
  if (typeof parameters !== 'object' || parameters === null) return null;
  const entries = Object.entries(parameters);
  if (entries.length > PARAMETERS_MAX) return null;
  const values: Record<string, string | number> = {};
  for (const [name, value] of entries) {
    if (typeof value === 'string') values[name] = value.slice(0, TEXT_CHARACTERS_MAX);
    else if (typeof value === 'number') values[name] = value;
    else return null;
  }
  return { code, parameters: values };
}

function isKnownCode(code: string): code is ProblemCode {
  return (entryOf(code as ProblemCode) as unknown) !== undefined && /^[A-Z]+-\d+$/.test(code);
}
