import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { Answer, HealthLooks } from '../kernel/health-looks.ts';
import type { Programs } from '../kernel/programs.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { ask } from './looker.ts';
import { type HealthMemory, judge, NO_ANSWER, stateOf } from './machine.ts';
import { type HealthRule, type HealthState, isProbe } from './rule.ts';

/** How exactly intervals are kept. */
const TICK_MS = 250;

const CODES = ['SVC-030', 'SVC-031', 'SVC-032'] as const satisfies readonly ProblemCode[];

/** One rule as it is shown. */
export interface HealthRow {
  readonly name: string;
  readonly service: string | null;
  readonly state: HealthState;
  /** What was found last, as the end of a sentence; null before the first answer. */
  readonly detail: string | null;
}

export interface HealthWatchOptions {
  readonly role: 'active' | 'passive';
  readonly rules: () => readonly HealthRule[];
  /** Is nothing to be done about services? What an application answers meanwhile says nothing. */
  readonly isPaused: () => boolean;
  /** Which run of it: another one at each start. Null where it does not run. */
  readonly runOf: (service: string) => string | null;
  /** Told when a rule that belongs to a service is bad. */
  readonly failed: (service: string, reason: string) => void;
  readonly looks: HealthLooks;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: {
    raise(problem: ProblemData, about: { item: string; evidence?: readonly string[]; action?: string }): void;
    clearAll(code: ProblemCode, but: readonly string[]): void;
  };
}

/** A rule of the settings, and what is known by its answers. */
interface Watched {
  readonly rule: HealthRule;
  memory: HealthMemory;
  detail: string | null;
  isSuspended: boolean;
  isAsking: boolean;
  dueMs: number;
  /** Of the service, as of the last answer. */
  run: string | null;
}

/** Asks what the settings say, as often as they say, and tells what is bad for too long. */
export class HealthWatch {
  readonly #options: HealthWatchOptions;
  #watched = new Map<string, Watched>();

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  /** @returns what ends it. */
  start(): Cancel {
    this.look();
    return this.#options.timers.every(TICK_MS, () => this.look());
  }

  rows(): HealthRow[] {
    return [...this.#watched.values()].map(({ rule, memory, detail, isSuspended }) => ({
      name: rule.name,
      service: rule.service,
      state: isSuspended && !memory.isBad ? 'Suspended' : stateOf(memory),
      detail,
    }));
  }

  /** One that is latched counts as good again, until it is bad once more. @returns false where there is none. */
  rearm(name: string): boolean {
    const watched = this.#watched.get(name);
    if (watched === undefined || !watched.memory.isBad) return false;
    watched.memory = NO_ANSWER;
    return true;
  }

  /** Asks what is due. */
  look(): void {
    this.#follow(this.#options.rules());
    const nowMs = this.#options.clock.monotonicMs();
    for (const watched of this.#watched.values()) {
      if (watched.isAsking || nowMs < watched.dueMs) continue;
      watched.dueMs = nowMs + watched.rule.intervalMs;
      watched.isSuspended = this.#isSuspended(watched.rule);
      if (watched.isSuspended) this.#forget(watched);
      else void this.#ask(watched);
    }
    this.#showFindings();
  }

  /** One that is said otherwise in the settings is another one. */
  #follow(rules: readonly HealthRule[]): void {
    const watched = rules.map((rule): [string, Watched] => {
      const before = this.#watched.get(rule.name);
      if (before !== undefined && JSON.stringify(before.rule) === JSON.stringify(rule)) return [rule.name, before];
      return [
        rule.name,
        { rule, memory: NO_ANSWER, detail: null, isSuspended: false, isAsking: false, dueMs: 0, run: null },
      ];
    });
    this.#watched = new Map(watched);
  }

  /** An application that does not run here, or is not to, can't answer: that is told by its service. */
  #isSuspended(rule: HealthRule): boolean {
    const { role, isPaused } = this.#options;
    if (!isProbe(rule)) return false;
    return role === 'passive' || isPaused() || (rule.service !== null && this.#runOf(rule) === null);
  }

  #runOf({ service }: HealthRule): string | null {
    return service === null ? null : this.#options.runOf(service);
  }

  #forget(watched: Watched): void {
    if (watched.rule.isLatched && watched.memory.isBad) return;
    watched.memory = NO_ANSWER;
  }

  async #ask(watched: Watched): Promise<void> {
    const { rule } = watched;
    const run = this.#runOf(rule);
    // It was started anew since: what the one before answered says nothing of this one.
    if (run !== watched.run) this.#forget(watched);
    watched.run = run;
    watched.isAsking = true;
    const answer = await ask(rule, this.#options);
    watched.isAsking = false;
    // What was asked of a rule, or of a run of the service, that is gone by now says nothing.
    const isOld = this.#watched.get(rule.name) !== watched || this.#runOf(rule) !== run || this.#isSuspended(rule);
    if (answer !== null && !isOld) this.#take(watched, answer);
  }

  #take(watched: Watched, { isGood, detail }: Answer): void {
    const { clock, failed, role } = this.#options;
    const { rule } = watched;
    const nowMs = clock.monotonicMs();
    const { memory, news } = judge(watched.memory, rule, { isGood, nowMs });
    // What latched it stays to be seen.
    if (!isGood || !memory.isBad) watched.detail = detail;
    watched.memory = memory;
    if (news === 'bad' && rule.service !== null && role === 'active') failed(rule.service, `${rule.name}: ${detail}`);
    if (news !== null) this.#showFindings();
  }

  #showFindings(): void {
    const { findings } = this.#options;
    const shown: Record<(typeof CODES)[number], string[]> = { 'SVC-030': [], 'SVC-031': [], 'SVC-032': [] };
    for (const { rule, memory, detail } of this.#watched.values()) {
      if (!memory.isBad) continue;
      const code = rule.isLatched ? 'SVC-032' : isProbe(rule) ? 'SVC-030' : 'SVC-031';
      shown[code].push(rule.name);
      const parameters = { name: rule.name, reason: detail ?? 'no answer', seconds: rule.forMs / 1000 };
      const action = rule.isLatched ? { action: 'arm it again' } : {};
      findings.raise({ code, parameters }, { item: rule.name, ...action });
    }
    for (const code of CODES) findings.clearAll(code, shown[code]);
  }
}
