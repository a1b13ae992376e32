import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNEL_DEFAULTS } from './channel-settings.ts';
import { IDLE, retryDelayMs, stepRoute } from './route-machine.ts';
import type { RouteEffect, RouteEvent, RouteState } from './route-machine.ts';

const RANDOM_MAX = 0.9999;

function run(events: readonly RouteEvent[], start: RouteState = IDLE): { state: RouteState; effects: RouteEffect[] } {
  let state = start;
  const all: RouteEffect[] = [];
  for (const event of events) {
    const [next, effects] = stepRoute(state, event, CHANNEL_DEFAULTS);
    state = next;
    all.push(...effects);
  }
  return { state, effects: all };
}

function ended(kind: 'failed' | 'refused' | 'lost', nowMs = 0): RouteEvent {
  return { kind: 'ended', end: { kind, reason: 'why' }, nowMs, random: RANDOM_MAX };
}

function delays(effects: readonly RouteEffect[]): number[] {
  return effects.flatMap((effect) => (effect.kind === 'retryAfter' ? [Math.round(effect.delayMs)] : []));
}

describe('a route', () => {
  it('is dialed, greeted and up', () => {
    const { state, effects } = run([{ kind: 'start' }, { kind: 'connected' }, { kind: 'accepted', nowMs: 5 }]);
    expect(state).toEqual({ kind: 'up', failures: 0, sinceMs: 5 });
    expect(effects).toEqual([{ kind: 'dial' }]);
  });

  it('waits twice as long after each failure, up to the limit', () => {
    const rounds = Array.from({ length: 7 }, (): RouteEvent[] => [ended('failed'), { kind: 'retryDue' }]).flat();
    expect(delays(run([{ kind: 'start' }, ...rounds]).effects)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('is tried again sooner after a refusal, so that a correction takes effect soon', () => {
    const rounds = Array.from({ length: 9 }, (): RouteEvent[] => [ended('refused'), { kind: 'retryDue' }]).flat();
    expect(Math.max(...delays(run([{ kind: 'start' }, ...rounds]).effects))).toBeLessThanOrEqual(2000);
  });

  it('starts again at the shortest wait only when it was up for long', () => {
    const before: RouteEvent[] = [{ kind: 'start' }, ended('failed'), { kind: 'retryDue' }, { kind: 'connected' }];
    const flapped = run([...before, { kind: 'accepted', nowMs: 0 }, ended('lost', 1000)]);
    expect(flapped.state).toMatchObject({ kind: 'waiting', failures: 2 });
    const stable = run([...before, { kind: 'accepted', nowMs: 0 }, ended('lost', 20_000)]);
    expect(stable.state).toMatchObject({ kind: 'waiting', failures: 1 });
  });

  it('stays idle once stopped, whatever comes late', () => {
    const late: RouteEvent[] = [
      { kind: 'connected' },
      { kind: 'accepted', nowMs: 1 },
      ended('lost'),
      { kind: 'retryDue' },
    ];
    expect(run([{ kind: 'start' }, { kind: 'stop' }, ...late])).toEqual({
      state: IDLE,
      effects: [{ kind: 'dial' }, { kind: 'hangUp' }],
    });
  });

  it('waits at least half of its wait and never longer than the limit', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: RANDOM_MAX, noNaN: true }), (failures, random) => {
        const delay = retryDelayMs(failures, 5000, random, CHANNEL_DEFAULTS);
        expect(delay).toBeGreaterThanOrEqual(125);
        expect(delay).toBeLessThanOrEqual(5000);
      }),
    );
  });
});
