import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { dropInOf } from './guard.ts';
import { type ServiceMemory, STABLE_MS } from './machine.ts';
import type { ServiceFacts, ServiceRule, TargetState } from './service.ts';

/** What the findings about a service are made from. */
export interface ServiceView {
  readonly rule: ServiceRule;
  readonly managerTitle: string;
  readonly isAdopted: boolean;
  readonly target: TargetState;
  readonly facts: ServiceFacts;
  readonly memory: ServiceMemory;
}

/** A problem of one service that is the case now. */
export interface ServiceFinding {
  readonly problem: ProblemData;
  readonly item: string;
  readonly evidence?: readonly string[];
}

/** All that is raised and cleared by {@link serviceFindings}. */
export const SERVICE_CODES: readonly ProblemCode[] = [
  ...(['SVC-001', 'SVC-002', 'SVC-004', 'SVC-005', 'SVC-006', 'SVC-007', 'SVC-011', 'SVC-012'] as const),
  ...(['SVC-013', 'SVC-017', 'SVC-018'] as const),
];

const NO_ACTION = 'Take No Action';

const ACTION_WORDS = {
  recover: 'it is started again',
  restart: 'all services are stopped and started again, at most once a minute',
  warn: 'nothing is done',
  command: 'a command is run and it is started again',
} as const;

/** What is wrong with a service now. Pure. */
export function serviceFindings(view: ServiceView): ServiceFinding[] {
  const { rule, facts, isAdopted, managerTitle } = view;
  const { name } = rule;
  if (facts.state === 'Missing')
    return [{ problem: { code: 'SVC-002', parameters: { name, manager: managerTitle } }, item: name }];
  if (!isAdopted) return [{ problem: { code: 'SVC-001', parameters: { name } }, item: name }];
  return [...guardFindings(view), ...stateFindings(view), ...remainsFindings(view), ...dependencyFindings(view)];
}

function guardFindings({ rule, facts, target, managerTitle }: ServiceView): ServiceFinding[] {
  const { name } = rule;
  const found: ServiceFinding[] = [];
  if (facts.isGuarded === false) {
    const parameters = { name, recovery: facts.recovery ?? 'something', file: dropInOf(name) };
    found.push({ problem: { code: 'SVC-012', parameters }, item: name });
  }
  // What runs where it should not is stopped, and that ends it as well.
  const isKeptRunning = facts.isGuarded === null && target === 'Running' && facts.state === 'Running';
  if (isKeptRunning && facts.recovery !== null && facts.recovery !== NO_ACTION)
    found.push({ problem: { code: 'SVC-017', parameters: { name, manager: managerTitle } }, item: name });
  if (facts.start === 'Automatic') found.push({ problem: { code: 'SVC-011', parameters: { name } }, item: name });
  return found;
}

function stateFindings({ rule, memory, target, facts }: ServiceView): ServiceFinding[] {
  const { name } = rule;
  const found: ServiceFinding[] = [];
  const seconds = (ms: number): number => Math.round(ms / 1000);
  if (memory.isLate && memory.phase === 'starting')
    found.push({
      problem: { code: 'SVC-004', parameters: { name, seconds: seconds(rule.startTimeoutMs) } },
      item: name,
    });
  if (memory.isLate && memory.phase === 'stopping' && memory.isOurs)
    found.push({
      problem: { code: 'SVC-005', parameters: { name, seconds: seconds(rule.stopTimeoutMs) } },
      item: name,
    });
  if (target !== 'Running' || memory.failures === 0) return found;
  if (memory.isGivenUp) {
    return [...found, { problem: { code: 'SVC-007', parameters: { name, count: memory.failures } }, item: name }];
  }
  const kind = rule.onFailure[Math.min(memory.failures, rule.onFailure.length) - 1]?.kind ?? 'warn';
  const parameters = {
    name,
    count: memory.failures === 1 ? 'once' : `${memory.failures} times`,
    detail: memory.illness ?? facts.detail ?? 'it ended',
    action: ACTION_WORDS[kind],
    stableMinutes: STABLE_MS / 60_000,
  };
  return [...found, { problem: { code: 'SVC-006', parameters }, item: name }];
}

function remainsFindings({ rule: { name }, facts: { remains }, target }: ServiceView): ServiceFinding[] {
  if (target === 'Running' || remains === null) return [];
  const { processes, evidence, meant } = remains;
  const action = meant === null ? 'they are ended' : `they are left to themselves, as ${meant} of its unit says`;
  const parameters = { name, processes: processes.join(', '), action };
  return [{ problem: { code: 'SVC-018', parameters }, item: name, evidence }];
}

function dependencyFindings({ rule, facts, target }: ServiceView): ServiceFinding[] {
  if (target !== 'Running') return [];
  return facts.idleDependencies.map((dependency) => ({
    problem: { code: 'SVC-013', parameters: { name: rule.name, dependency } },
    item: `${rule.name} needs ${dependency}`,
  }));
}
