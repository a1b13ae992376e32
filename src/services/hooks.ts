import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import { failureOf, lastLinesOf } from '../kernel/program-words.ts';
import type { Programs } from '../kernel/programs.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import type { HookMoment, HookRule } from './hook.ts';

/** How exactly periods are kept. */
const TICK_MS = 500;
const LINES_SHOWN = 10;

export interface HooksOptions {
  readonly role: 'active' | 'passive';
  readonly rules: () => readonly HookRule[];
  /** What every hook finds in its environment, besides what it was run for. */
  readonly environment: () => Readonly<Record<string, string>>;
  /** Periodic ones wait meanwhile. */
  readonly isPaused: () => boolean;
  readonly programs: Programs;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly findings: {
    raise(problem: ProblemData, about: { item: string; evidence: readonly string[] }): void;
    clear(code: ProblemCode, item: string): void;
    clearAll(code: ProblemCode, but: readonly string[]): void;
  };
  readonly tell: (event: { level: 'information'; text: string; item: string }) => void;
}

/** Runs the commands that belong to a moment. One that fails is told, and keeps nothing from going on. */
export class Hooks {
  readonly #options: HooksOptions;
  /** Periodic ones: when the next run is due; those that run are due never. */
  #dueMs = new Map<string, number>();

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** Has the periodic ones run. @returns what ends that; one that runs goes on. */
  start(): Cancel {
    this.look();
    return this.#options.timers.every(TICK_MS, () => this.look());
  }

  has(when: HookMoment, service: string): boolean {
    return this.#of(when, service).length > 0;
  }

  /** One after the other, in the order of the settings. Never fails. */
  async run(when: HookMoment, service: string): Promise<void> {
    for (const rule of this.#of(when, service)) {
      if (await this.#run(rule)) {
        const text = `The hook ${rule.name} was run (${when} of ${service})`;
        this.#options.tell({ level: 'information', text, item: rule.name });
      }
    }
  }

  /** Runs what is due, and forgets what the settings have not, or not on this server, any more. */
  look(): void {
    const { rules, findings, clock, isPaused } = this.#options;
    const all = rules().filter((rule) => this.#isHere(rule));
    const names = all.map(({ name }) => name);
    findings.clearAll('SVC-040', names);
    const nowMs = clock.monotonicMs();
    const before = this.#dueMs;
    this.#dueMs = new Map();
    for (const rule of all) {
      if (rule.everyMs === null) continue;
      const dueMs = before.get(rule.name) ?? nowMs + rule.everyMs;
      const isDue = nowMs >= dueMs && !isPaused();
      this.#dueMs.set(rule.name, isDue ? Number.POSITIVE_INFINITY : dueMs);
      if (isDue) void this.#runPeriodic(rule, rule.everyMs);
    }
  }

  async #runPeriodic(rule: HookRule, everyMs: number): Promise<void> {
    await this.#run(rule);
    if (this.#dueMs.has(rule.name)) this.#dueMs.set(rule.name, this.#options.clock.monotonicMs() + everyMs);
  }

  /** @returns whether it ended as it is to. */
  async #run(rule: HookRule): Promise<boolean> {
    const { programs, findings, environment, role } = this.#options;
    const { name, when, service, command, user, timeoutMs } = rule;
    const own = { UNDERSTUDY_HOOK: name, UNDERSTUDY_WHEN: when, UNDERSTUDY_ROLE: role };
    const end = await programs.run(user === null ? command : ['runuser', '--user', user, '--', ...command], {
      timeoutMs,
      keeps: 'end',
      environment: { ...environment(), ...own, ...(service === null ? {} : { UNDERSTUDY_SERVICE: service }) },
    });
    const reason = failureOf(end);
    if (reason === null) findings.clear('SVC-040', name);
    else {
      const evidence = lastLinesOf(end, LINES_SHOWN);
      findings.raise({ code: 'SVC-040', parameters: { name, when, reason } }, { item: name, evidence });
    }
    return reason === null;
  }

  #of(when: HookMoment, service: string): readonly HookRule[] {
    return this.#options.rules().filter((rule) => rule.when === when && rule.service === service && this.#isHere(rule));
  }

  #isHere({ on }: HookRule): boolean {
    return on === 'both' || on === this.#options.role;
  }
}
