import { createHash } from 'node:crypto';
import type { Finding, Identity } from '../api/status.ts';
import type { Severity } from '../problems/entry.ts';
import { describe, entryOf, type ProblemCode, type ProblemData } from '../problems/problem.ts';
import type { WallMs } from '../kernel/units.ts';

/** What makes a finding the same one: raised again with the same key it is renewed, not doubled. */
export interface FindingKey {
  readonly code: ProblemCode;
  readonly server: Identity;
  /** The path, route or setting it is about; null where it is about the whole. */
  readonly item: string | null;
}

/** A problem that lasts. */
export interface ActiveProblem extends FindingKey {
  readonly parameters: ProblemData['parameters'];
  readonly evidence?: readonly string[];
  /** What `fix ID` would do, in words; null where it can't. */
  readonly action?: string | null;
}

/** What the history is told; all but the number it gets there. */
export interface FindingEvent {
  readonly atMs: WallMs;
  readonly server: Identity;
  readonly level: Severity;
  readonly code: ProblemCode;
  readonly text: string;
  readonly item: string | null;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Problems of one code and server kept at most: a hundred thousand items held back are one trouble, and hide no other. */
const KEPT_PER_CODE_MAX = 10_000;
/** Findings of one code on one server that are listed; the last says how many more there are. */
const LISTED_PER_CODE_MAX = 100;
const EVIDENCE_MAX = 20;

interface Entry {
  readonly id: string;
  readonly problem: ActiveProblem;
  readonly sinceMs: WallMs;
}

/**
 * The problems seen now. Decides nothing but what is shown: who raises a problem clears it. Time
 * comes in with each call, so that the same calls give the same findings.
 */
export class FindingBook {
  readonly #entries = new Map<string, Entry>();
  /** How many of each kind there are. */
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Begins or renews a problem. A renewed one keeps its id and its beginning and is no event.
   * @param sinceMs - when it began, where that is earlier than now.
   * @returns what the history is to be told; nothing either where there are too many of its kind.
   */
  raise(problem: ActiveProblem, nowMs: WallMs, sinceMs: WallMs = nowMs): readonly FindingEvent[] {
    const key = keyText(problem);
    const before = this.#entries.get(key);
    if (before !== undefined) {
      this.#entries.set(key, { ...before, problem });
      return [];
    }
    if ((this.#counts.get(kindText(problem)) ?? 0) >= KEPT_PER_CODE_MAX) return [];
    this.#entries.set(key, { id: findingId(problem), problem, sinceMs });
    this.#count(problem, 1);
    const { code, server, item } = problem;
    const text = describe(problem).message;
    return [
      { atMs: nowMs, server, level: entryOf(code).severity, code, text, item, details: { ...problem.parameters } },
    ];
  }

  /**
   * Ends a problem; nothing happens where it does not last.
   * @param text - what the history is told, where there is more to say than that it is over.
   */
  clear(key: FindingKey, nowMs: WallMs, text: string | null = null): readonly FindingEvent[] {
    const entry = this.#entries.get(keyText(key));
    if (entry === undefined) return [];
    this.#entries.delete(keyText(key));
    this.#count(key, -1);
    const event = clearedEvent(entry, nowMs);
    return [text === null ? event : { ...event, text }];
  }

  /** Ends every problem that matches, such as all of one code. */
  clearWhere(matches: (problem: ActiveProblem) => boolean, nowMs: WallMs): readonly FindingEvent[] {
    const events: FindingEvent[] = [];
    for (const [key, entry] of this.#entries) {
      if (!matches(entry.problem)) continue;
      this.#entries.delete(key);
      this.#count(entry.problem, -1);
      events.push(clearedEvent(entry, nowMs));
    }
    return events;
  }

  has(key: FindingKey): boolean {
    return this.#entries.has(keyText(key));
  }

  /** The problems that match, in no order. */
  where(matches: (problem: ActiveProblem) => boolean): ActiveProblem[] {
    return [...this.#entries.values()].map(({ problem }) => problem).filter(matches);
  }

  /** The problem behind a finding's id, for `fix`; null where it does not last (any more). */
  find(id: string): ActiveProblem | null {
    for (const entry of this.#entries.values()) if (entry.id === id) return entry.problem;
    return null;
  }

  /** Worst first, then oldest. What follows from what is told of both servers' findings together ({@link underTheirCauses}). */
  findings(): Finding[] {
    return this.#listed().map((entry) => findingOf(entry, this.#counts));
  }

  #listed(): Entry[] {
    const taken = new Map<string, number>();
    return [...this.#entries.values()].sort(compareEntries).filter(({ problem }) => {
      const kind = kindText(problem);
      const count = (taken.get(kind) ?? 0) + 1;
      taken.set(kind, count);
      return count <= LISTED_PER_CODE_MAX;
    });
  }

  #count(key: FindingKey, change: 1 | -1): void {
    const kind = kindText(key);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + change);
  }
}

/** Ten hexadecimal digits, the same on every start: people type them and scripts remember them. */
export function findingId(key: FindingKey): string {
  return createHash('sha256').update(keyText(key)).digest('hex').slice(0, 10);
}

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, information: 2 };

function compareEntries(a: Entry, b: Entry): number {
  const severity = ORDER[entryOf(a.problem.code).severity] - ORDER[entryOf(b.problem.code).severity];
  if (severity !== 0) return severity;
  if (a.sinceMs !== b.sinceMs) return a.sinceMs - b.sinceMs;
  return keyText(a.problem) < keyText(b.problem) ? -1 : 1;
}

function keyText(key: FindingKey): string {
  return `${key.code}\n${key.server}\n${key.item ?? ''}`;
}

function kindText(key: FindingKey): string {
  return `${key.code}\n${key.server}`;
}

function findingOf(entry: Entry, counts: ReadonlyMap<string, number>): Finding {
  const { problem, id, sinceMs } = entry;
  const texts = describe({ code: problem.code, parameters: { finding: id, ...problem.parameters } });
  const evidence = (problem.evidence ?? []).slice(0, EVIDENCE_MAX);
  const more = (counts.get(kindText(problem)) ?? 0) - LISTED_PER_CODE_MAX;
  return {
    id,
    code: problem.code,
    severity: entryOf(problem.code).severity,
    server: problem.server,
    item: problem.item,
    since: new Date(sinceMs).toISOString(),
    cause: `${texts.message} ${texts.cause}`,
    evidence: more > 0 ? [...evidence, `${more} more problems of this kind are not listed`] : evidence,
    resolution: texts.resolution,
    action: problem.action ?? null,
    parent: null,
  };
}

function clearedEvent({ problem, sinceMs }: Entry, nowMs: WallMs): FindingEvent {
  const { code, server, item } = problem;
  const text = `No more: ${describe(problem).message}`;
  const details = { ...problem.parameters, cleared: true, lastedMs: Math.max(0, nowMs - sinceMs) };
  return { atMs: nowMs, server, level: 'information', code, text, item, details };
}
