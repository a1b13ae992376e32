import type { HealthStatus } from '../../api/services.ts';
import type { Identity } from '../../api/status.ts';
import type { HealthRule, Question } from '../../health/rule.ts';
import { HealthWatch, type HealthWatchOptions } from '../../health/watch.ts';
import type { Cancel } from '../../kernel/clock.ts';
import type { PairSettings, ProbeSettings, ResourceRuleSettings } from '../../settings/settings.ts';
import type { FindingBoard } from '../status/finding-board.ts';

/** So long a measure of the machine may take before it counts as none. */
const MEASURE_MS = 5_000;

type HealthOptions = Omit<HealthWatchOptions, 'rules' | 'findings'> & {
  readonly identity: Identity;
  readonly settings: () => PairSettings['health'];
  readonly findings: FindingBoard;
};

/** What the settings ask of the protected application and of this server. */
export class Health {
  readonly #identity: Identity;
  readonly #watch: HealthWatch;

  constructor(options: HealthOptions) {
    const { identity, settings, findings } = options;
    this.#identity = identity;
    this.#watch = new HealthWatch({
      ...options,
      rules: () => rulesOf(settings()),
      findings: {
        raise: (problem, about) => findings.raise(problem, about),
        clearAll: (code, but) => findings.clearAll(code, but),
      },
    });
  }

  start(): Cancel {
    return this.#watch.start();
  }

  /** Of this server. */
  status(): HealthStatus[] {
    return this.#watch.rows().map((row) => ({ ...row, server: this.#identity }));
  }

  /** Ends a finding that is latched. @returns false where there is none. */
  rearm(name: string): boolean {
    return this.#watch.rearm(name);
  }
}

function rulesOf({ probes, rules }: PairSettings['health']): HealthRule[] {
  return [...probes.map(probeOf), ...rules.map(ruleOf)];
}

function probeOf(probe: ProbeSettings): HealthRule {
  const { name, service, intervalMs, timeoutMs, failures, latched } = probe;
  return {
    name,
    question: questionOf(probe),
    service: service ?? null,
    intervalMs,
    timeoutMs,
    times: failures,
    forMs: 0,
    isLatched: latched,
  };
}

function questionOf({ http, tcp, command }: ProbeSettings): Question {
  if (http !== undefined) return { kind: 'http', url: http };
  return tcp === undefined ? { kind: 'command', command: command ?? [] } : { kind: 'tcp', ...tcp };
}

function ruleOf({ name, of, path, max, forMs, intervalMs, service, latched }: ResourceRuleSettings): HealthRule {
  const question: Question = of === 'disk' ? { kind: of, path: path ?? '/', max } : { kind: of, max };
  return {
    name,
    question,
    service: service ?? null,
    intervalMs,
    timeoutMs: MEASURE_MS,
    times: 1,
    forMs,
    isLatched: latched,
  };
}
