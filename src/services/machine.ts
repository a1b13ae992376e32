import type { FailureAction, ServiceRule, ServiceState, TargetState } from './service.ts';

/** How long a service that was asked to start may still look as before. */
const NOT_BEGUN_MS = 500;
/** How long one that nobody asked for here may take to stop before its processes are ended. */
const STRAY_STOP_MS = 1_000;
const KILL_AGAIN_MS = 1_000;
/** After so many starts within such a time they are this far apart: what ends as soon as it has started would keep the machine busy. */
const STARTS_MAX = 30;
const STARTS_WITHIN_MS = 10_000;
const STARTS_APART_MS = 1_000;
/** A failure of a service that has run so long since the last one is a first failure again. */
export const STABLE_MS = 600_000;

/** What is remembered of a service between two looks at it. */
export interface ServiceMemory {
  /** What was begun here and has not been seen done. */
  readonly phase: 'settled' | 'starting' | 'stopping';
  /** Of the phase. */
  readonly sinceMs: number;
  /** It runs, or ran last, because it is to run here. */
  readonly isOurs: boolean;
  /** Within {@link STABLE_MS} of each other. */
  readonly failures: number;
  /** Running without a break since then; null while it does not run. */
  readonly runningSinceMs: number | null;
  /** It is to run, and has not run at any look since then; null while it does, or is not to. */
  readonly downSinceMs: number | null;
  readonly run: string | null;
  /** Its last failure was only to be told. */
  readonly isGivenUp: boolean;
  /** It took too long, which has been told. */
  readonly isLate: boolean;
  readonly killedAtMs: number | null;
  /** When it was started here lately. */
  readonly starts: readonly number[];
  /** An action that waits until there are fewer of them. */
  readonly owes: boolean;
  /** It runs and does not work, and is stopped to be started again. */
  readonly isRestarting: boolean;
  /** What was wrong with it when it failed last, where its manager saw nothing. */
  readonly illness: string | null;
}

export const NOTHING_KNOWN: ServiceMemory = {
  phase: 'settled',
  sinceMs: 0,
  isOurs: false,
  failures: 0,
  runningSinceMs: null,
  downSinceMs: null,
  run: null,
  isGivenUp: false,
  isLate: false,
  killedAtMs: null,
  starts: [],
  owes: false,
  isRestarting: false,
  illness: null,
};

/** What is the case when a service is looked at. */
export interface Sight {
  readonly state: ServiceState;
  readonly run: string | null;
  readonly target: TargetState;
  /** May anything be done about it that concerns others: have those that come before it in the order been dealt with? */
  readonly isItsTurn: boolean;
  /** Why it does not work although it runs, where somebody has found that since the last look. */
  readonly illness: string | null;
  readonly nowMs: number;
}

export type ServiceAction =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'restartAll' }
  | { readonly kind: 'command'; readonly command: readonly string[] };

/** What has happened, for the history and the findings. */
export type ServiceNews =
  | { readonly kind: 'started' }
  | { readonly kind: 'stopped' }
  /** It runs where it must not, and nobody here started it. */
  | { readonly kind: 'stray' }
  | { readonly kind: 'failed'; readonly count: number; readonly action: FailureAction['kind'] | 'none' }
  | { readonly kind: 'startLate' }
  | { readonly kind: 'stopLate' }
  /** It has run long enough that its failures count no more. */
  | { readonly kind: 'healed' };

export interface Decision {
  readonly memory: ServiceMemory;
  readonly action: ServiceAction | null;
  readonly news: readonly ServiceNews[];
}

/** What is to be done about a service that is in our hands, from what was seen of it now and before. Pure. */
export function decide(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  const decision = decided(memory, rule, sight);
  const isDown = sight.target === 'Running' && sight.state !== 'Running' && sight.state !== 'Missing';
  const downSinceMs = isDown ? (memory.downSinceMs ?? sight.nowMs) : null;
  return { ...decision, memory: { ...decision.memory, downSinceMs } };
}

function decided(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  if (sight.state === 'Missing') return { memory: NOTHING_KNOWN, action: null, news: [] };
  if (sight.target === 'Stopped') return toBeStopped({ ...memory, isRestarting: false }, rule, sight);
  if (!memory.isRestarting) return toRun(memory, rule, sight);
  const isDown = sight.state === 'Stopped' || sight.state === 'Failed';
  return isDown ? toRun({ ...memory, isRestarting: false }, rule, sight) : toBeRestarted(memory, rule, sight);
}

function toRun(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  switch (sight.state) {
    case 'Running':
      return running(memory, rule, sight);
    case 'Starting':
      return underWay(memory, 'starting', sight, { limitMs: rule.startTimeoutMs, news: { kind: 'startLate' } });
    case 'Stopping':
      // Somebody else stops it. Once it has stopped, it has failed.
      return nothing({ ...memory, phase: 'settled', sinceMs: sight.nowMs, runningSinceMs: null });
    default:
      return down(memory, rule, sight);
  }
}

function running(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  const { run, nowMs } = sight;
  const wasStarted = memory.phase === 'starting';
  const settled: ServiceMemory = {
    ...memory,
    phase: 'settled',
    isOurs: true,
    run,
    isGivenUp: false,
    isLate: false,
    owes: false,
    killedAtMs: null,
    runningSinceMs: memory.runningSinceMs ?? nowMs,
  };
  if (wasStarted) return { memory: { ...settled, runningSinceMs: nowMs }, action: null, news: [{ kind: 'started' }] };
  if (sight.illness !== null && rule.isMonitored) return ill(settled, rule, { ...sight, illness: sight.illness });
  // It ended and was started by somebody else between two looks.
  const isAnother = memory.isOurs && memory.run !== null && run !== null && run !== memory.run;
  if (isAnother && rule.isMonitored) {
    const failures = memory.failures + 1;
    const news = { kind: 'failed', count: failures, action: 'none' } as const;
    const memoryNow = { ...settled, failures, illness: null, runningSinceMs: nowMs };
    return { memory: memoryNow, action: null, news: [news] };
  }
  if (settled.failures > 0 && nowMs - (settled.runningSinceMs ?? nowMs) >= STABLE_MS) {
    return { memory: { ...settled, failures: 0, illness: null }, action: null, news: [{ kind: 'healed' }] };
  }
  return nothing(settled);
}

/** It runs, and does not work. Where it is to be started again, it has to be stopped first. */
function ill(memory: ServiceMemory, rule: ServiceRule, sight: Sight & { readonly illness: string }): Decision {
  const { action, news, failures } = nextFailure(memory, rule);
  const failed = { ...memory, failures, illness: sight.illness, runningSinceMs: sight.nowMs };
  switch (action.kind) {
    case 'warn':
      return { memory: failed, action: null, news: [news] };
    case 'restart':
      return { memory: failed, action: { kind: 'restartAll' }, news: [news] };
    case 'command':
      return { memory: { ...failed, isRestarting: true }, action, news: [news] };
    case 'recover': {
      const begun = toBeRestarted({ ...failed, isRestarting: true }, rule, sight);
      return { ...begun, news: [news, ...begun.news] };
    }
  }
}

/** Nobody waits for another one with it: that it does not work can't wait. */
function toBeRestarted(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  return toBeStopped(memory, rule, { ...sight, isItsTurn: true });
}

/** It is to run and does not. */
function down(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  const { nowMs, isItsTurn } = sight;
  const stopped = { ...memory, runningSinceMs: null };
  if (memory.isGivenUp) return nothing(stopped);
  if (memory.phase === 'starting') {
    if (nowMs - memory.sinceMs < NOT_BEGUN_MS) return nothing(stopped);
    return failure({ ...stopped, phase: 'settled' }, rule, sight);
  }
  // What it does after it was stopped here, or before it was ever seen running, is no failure.
  const hasFailed = memory.isOurs && memory.phase === 'settled' && !memory.owes;
  if (hasFailed && rule.isMonitored) return failure(stopped, rule, sight);
  // What was stopped here to be started again is owed a start: that it is down until its turn comes is no failure.
  if (!isItsTurn) return nothing({ ...stopped, phase: 'settled', owes: memory.owes || memory.phase === 'stopping' });
  return started(stopped, nowMs, []);
}

function failure(memory: ServiceMemory, rule: ServiceRule, { nowMs }: Sight): Decision {
  if (!rule.isMonitored) return started(memory, nowMs, []);
  const { action, news, failures } = nextFailure(memory, rule);
  const failed = { ...memory, failures, illness: null, owes: true };
  switch (action.kind) {
    case 'warn':
      return { memory: { ...failed, isGivenUp: true, owes: false, sinceMs: nowMs }, action: null, news: [news] };
    case 'restart':
      return { memory: failed, action: { kind: 'restartAll' }, news: [news] };
    case 'command':
      return { memory: failed, action, news: [news] };
    case 'recover':
      return started(failed, nowMs, [news]);
  }
}

/** What is to be done about the next failure. */
function nextFailure(
  memory: ServiceMemory,
  rule: ServiceRule,
): { readonly failures: number; readonly action: FailureAction; readonly news: ServiceNews } {
  const failures = memory.failures + 1;
  const action = rule.onFailure[Math.min(failures, rule.onFailure.length) - 1] ?? { kind: 'warn' };
  return { failures, action, news: { kind: 'failed', count: failures, action: action.kind } };
}

function started(memory: ServiceMemory, nowMs: number, news: readonly ServiceNews[]): Decision {
  const starts = memory.starts.filter((atMs) => nowMs - atMs < STARTS_WITHIN_MS);
  const isOften = starts.length >= STARTS_MAX && nowMs - (starts.at(-1) ?? 0) < STARTS_APART_MS;
  if (isOften) return { memory: { ...memory, starts, owes: true }, action: null, news };
  const begun: ServiceMemory = {
    ...memory,
    phase: 'starting',
    sinceMs: nowMs,
    isOurs: true,
    isLate: false,
    owes: false,
    starts: [...starts, nowMs],
  };
  return { memory: begun, action: { kind: 'start' }, news };
}

function toBeStopped(memory: ServiceMemory, rule: ServiceRule, sight: Sight): Decision {
  const { state, nowMs } = sight;
  const kept = { ...memory, isGivenUp: false, owes: false, runningSinceMs: null };
  if (state === 'Stopped' || state === 'Failed') {
    const news: ServiceNews[] = memory.phase === 'stopping' ? [{ kind: 'stopped' }] : [];
    const done = { ...kept, phase: 'settled', isOurs: false, isLate: false, run: null, killedAtMs: null } as const;
    return { memory: done, action: null, news };
  }
  if (memory.phase !== 'stopping' && state !== 'Stopping') {
    if (memory.isOurs && !sight.isItsTurn) return nothing(kept);
    const begun = { ...kept, phase: 'stopping', sinceMs: nowMs, isLate: false } as const;
    return { memory: begun, action: { kind: 'stop' }, news: memory.isOurs ? [] : [{ kind: 'stray' }] };
  }
  const limitMs = memory.isOurs ? rule.stopTimeoutMs : STRAY_STOP_MS;
  const { memory: waiting, news } = underWay(kept, 'stopping', sight, { limitMs, news: { kind: 'stopLate' } });
  if (!waiting.isLate || (waiting.killedAtMs !== null && nowMs - waiting.killedAtMs < KILL_AGAIN_MS)) {
    return { memory: waiting, action: null, news: memory.isOurs ? news : [] };
  }
  return { memory: { ...waiting, killedAtMs: nowMs }, action: { kind: 'kill' }, news: memory.isOurs ? news : [] };
}

/** It is on its way, by whoever's doing; too long is told once. */
function underWay(
  memory: ServiceMemory,
  phase: 'starting' | 'stopping',
  { nowMs }: Sight,
  late: { readonly limitMs: number; readonly news: ServiceNews },
): Decision {
  if (memory.phase !== phase) return nothing({ ...memory, phase, sinceMs: nowMs, isLate: false });
  if (memory.isLate || nowMs - memory.sinceMs < late.limitMs) return nothing(memory);
  return { memory: { ...memory, isLate: true }, action: null, news: [late.news] };
}

function nothing(memory: ServiceMemory): Decision {
  return { memory, action: null, news: [] };
}
