import { unreachable } from '../kernel/assert.ts';
import type { ConnectFailureKind } from '../kernel/sockets.ts';

/** Why a route has no connection; `reason` ends the sentence "the server at … ". */
export interface RouteEnd {
  /** `refused`: the servers met and may not work together. `lost`: it was up before. */
  readonly kind: 'failed' | 'refused' | 'lost';
  readonly reason: string;
  /** Where no connection came about. */
  readonly failure?: ConnectFailureKind;
}

/** One address of the other server that this one dials. `failures` counts since it was last up for long. */
export type RouteState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly failures: number }
  | { readonly kind: 'greeting'; readonly failures: number }
  | { readonly kind: 'up'; readonly failures: number; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly failures: number; readonly end: RouteEnd };

export type RouteEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'accepted'; readonly nowMs: number }
  /** `random` in [0, 1) spreads the retries. */
  | { readonly kind: 'ended'; readonly end: RouteEnd; readonly nowMs: number; readonly random: number }
  | { readonly kind: 'retryDue' };

export type RouteEffect =
  | { readonly kind: 'dial' }
  | { readonly kind: 'hangUp' }
  | { readonly kind: 'retryAfter'; readonly delayMs: number };

export interface RetrySettings {
  /** First wait after a failure; doubles with each further one. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /** Longest wait after a refusal, shorter so that a correction takes effect soon. */
  readonly refusedRetryMsMax: number;
  /** A route that was up this long starts again at the shortest wait: one that flaps does not. */
  readonly stableMs: number;
}

export const IDLE: RouteState = { kind: 'idle' };

/** Decides what a route does next. Late or repeated events change nothing. */
export function stepRoute(
  state: RouteState,
  event: RouteEvent,
  settings: RetrySettings,
): readonly [RouteState, readonly RouteEffect[]] {
  switch (event.kind) {
    case 'start':
      return state.kind === 'idle' ? dial(0) : [state, []];
    case 'stop':
      return state.kind === 'idle' ? [state, []] : [IDLE, [{ kind: 'hangUp' }]];
    case 'connected':
      return state.kind === 'connecting' ? [{ kind: 'greeting', failures: state.failures }, []] : [state, []];
    case 'accepted':
      return state.kind === 'greeting'
        ? [{ kind: 'up', failures: state.failures, sinceMs: event.nowMs }, []]
        : [state, []];
    case 'ended':
      return state.kind === 'idle' || state.kind === 'waiting' ? [state, []] : wait(state, event, settings);
    case 'retryDue':
      return state.kind === 'waiting' ? dial(state.failures) : [state, []];
    default:
      return unreachable(event);
  }
}

/** Half of the doubled wait is fixed, the other half random, so that two servers don't keep in step. */
export function retryDelayMs(failures: number, maxMs: number, random: number, settings: RetrySettings): number {
  const doubled = Math.min(maxMs, settings.retryMs * 2 ** Math.min(failures, 16));
  return doubled / 2 + (doubled / 2) * random;
}

function dial(failures: number): readonly [RouteState, readonly RouteEffect[]] {
  return [{ kind: 'connecting', failures }, [{ kind: 'dial' }]];
}

function wait(
  state: Exclude<RouteState, { kind: 'idle' | 'waiting' }>,
  event: Extract<RouteEvent, { kind: 'ended' }>,
  settings: RetrySettings,
): readonly [RouteState, readonly RouteEffect[]] {
  const wasStable = state.kind === 'up' && event.nowMs - state.sinceMs >= settings.stableMs;
  const failures = wasStable ? 0 : state.failures;
  const maxMs = event.end.kind === 'refused' ? settings.refusedRetryMsMax : settings.retryMsMax;
  const delayMs = retryDelayMs(failures, maxMs, event.random, settings);
  return [{ kind: 'waiting', failures: failures + 1, end: event.end }, [{ kind: 'retryAfter', delayMs }]];
}
