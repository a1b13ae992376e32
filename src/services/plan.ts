import {
  decide,
  type Decision,
  NOTHING_KNOWN,
  type ServiceAction,
  type ServiceMemory,
  type ServiceNews,
} from './machine.ts';
import type { ServiceRule, ServiceState, TargetState } from './service.ts';

/** What is remembered of all services between two looks. */
export interface ServicesMemory {
  readonly services: ReadonlyMap<string, ServiceMemory>;
  /** All are stopped, in the reverse of their order, to be started again. */
  readonly isRestarting: boolean;
  /** When that was begun last; null where it never was. */
  readonly restartedAtMs: number | null;
}

export const NO_MEMORY: ServicesMemory = { services: new Map(), isRestarting: false, restartedAtMs: null };

/** All are restarted no more often than this: what does not help takes those that work down again and again. */
export const RESTART_ALL_EVERY_MS = 60_000;

/** A service as it was seen; the list is in the order of the settings. */
export interface SeenService {
  readonly rule: ServiceRule;
  readonly state: ServiceState;
  readonly run: string | null;
  /** Why it does not work, where somebody has found that since the last look. */
  readonly illness: string | null;
  /** Nothing can be said of it, or done about it, at the moment; it stands in the order as it was seen last. */
  readonly isBusy: boolean;
}

export interface Plan {
  readonly memory: ServicesMemory;
  readonly actions: readonly { readonly name: string; readonly action: ServiceAction }[];
  readonly news: readonly { readonly name: string; readonly news: ServiceNews }[];
}

/**
 * What is to be done about the services that are in our hands. They are started in the order of the list, each once
 * those before it run, and stopped in the reverse of it. Pure.
 */
export function plan(before: ServicesMemory, seen: readonly SeenService[], role: TargetState, nowMs: number): Plan {
  const isRestarting = before.isRestarting && role === 'Running' && seen.some((one) => isUp(one));
  const target = isRestarting ? 'Stopped' : role;
  const memories = new Map<string, ServiceMemory>();
  const actions: { name: string; action: ServiceAction }[] = [];
  const news: { name: string; news: ServiceNews }[] = [];
  const memoryOf = ({ rule }: SeenService): ServiceMemory =>
    memories.get(rule.name) ?? before.services.get(rule.name) ?? NOTHING_KNOWN;
  const { restartedAtMs } = before;
  const mayRestartAll = restartedAtMs === null || nowMs - restartedAtMs >= RESTART_ALL_EVERY_MS;
  let restartsAll = false;
  seen.forEach((service, index) => {
    const { rule, state, run, illness } = service;
    if (service.isBusy) {
      memories.set(rule.name, memoryOf(service));
      return;
    }
    const others = target === 'Running' ? seen.slice(0, index) : seen.slice(index + 1);
    const isItsTurn = others.every((other) => isDealtWith(other, memoryOf(other), { target, nowMs }));
    // Whatever runs while all are restarted ran because it was to run.
    const known = isRestarting ? { ...memoryOf(service), isOurs: true } : memoryOf(service);
    const wanted = decide(known, rule, { state, run, illness, target, isItsTurn, nowMs });
    const decision = wanted.action?.kind === 'restartAll' && !mayRestartAll ? alone(wanted, service) : wanted;
    memories.set(rule.name, decision.memory);
    for (const one of decision.news) news.push({ name: rule.name, news: one });
    if (decision.action?.kind === 'restartAll') restartsAll = true;
    else if (decision.action !== null) actions.push({ name: rule.name, action: decision.action });
  });
  // The last to be stopped, or seen stopped, is told with the others; the next look starts the first.
  const memory: ServicesMemory = {
    services: memories,
    isRestarting: isRestarting || restartsAll,
    restartedAtMs: restartsAll ? nowMs : restartedAtMs,
  };
  return { memory, actions, news };
}

/** It is started again by itself, where that had all services restarted. */
function alone({ memory, news }: Decision, service: SeenService): Decision {
  return {
    // What is down is started at the next look; what runs and does not work has to be stopped first.
    memory: { ...memory, isRestarting: isUp(service) },
    action: null,
    news: news.map((one) => (one.kind === 'failed' ? { ...one, action: 'recover' } : one)),
  };
}

function isUp({ state }: SeenService): boolean {
  return state === 'Running' || state === 'Starting' || state === 'Stopping';
}

/** Need nobody wait for this one? */
function isDealtWith(
  { state, rule }: SeenService,
  memory: ServiceMemory,
  { target, nowMs }: { readonly target: TargetState; readonly nowMs: number },
): boolean {
  if (!rule.isManaged || state === 'Missing') return true;
  if (target === 'Stopped') return !memory.isOurs || state === 'Stopped' || state === 'Failed';
  // One that fails again and again is as late as one that takes too long.
  const hasNotComeUp = memory.downSinceMs !== null && nowMs - memory.downSinceMs >= rule.startTimeoutMs;
  return state === 'Running' || memory.isGivenUp || memory.isLate || hasNotComeUp;
}
