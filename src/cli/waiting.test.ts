import { expect, test } from 'vitest';
import type { Status } from '../api/status.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { Problem } from '../problems/problem.ts';
import { isFullySynchronized, statusAmiss, waitForStatus } from './waiting.ts';

/** Time passes only when everybody waits: each timer is due at once, and moves the clock. */
function virtualTime(): { clock: Clock; timers: Timers; nowMs(): number } {
  let now = 0;
  return {
    nowMs: () => now,
    clock: { monotonicMs: () => now as MonotonicMs, wallMs: () => now as WallMs },
    timers: {
      after(delayMs, action) {
        let cancelled = false;
        queueMicrotask(() => {
          if (cancelled) return;
          now += delayMs;
          action();
        });
        return () => {
          cancelled = true;
        };
      },
      every: () => () => undefined,
    },
  };
}

function withStatus(fileSystem: string, registry = 'Not protected'): Status {
  return { fileSystem: { status: fileSystem }, registry: { status: registry } } as unknown as Status;
}

/** Answers in turn; the last for ever. */
function answers(...list: (Status | Problem)[]): () => Promise<Status> {
  return async () => {
    const next = list.length > 1 ? list.shift() : list[0];
    if (next instanceof Problem) throw next;
    return next as Status;
  };
}

const AWAY = new Problem('CLI-001', { socket: '/s', reason: 'nobody listens there' });

test('waiting ends at the first status that is as wanted', async () => {
  const time = virtualTime();
  const ask = answers(
    withStatus('Checking'),
    withStatus('Synchronized and busy processing'),
    withStatus('Synchronized'),
  );
  const result = await waitForStatus({ ask, holds: isFullySynchronized, timeoutMs: 60_000, ...time });
  expect(result.holds).toBe(true);
  expect(time.nowMs()).toBe(500);
});

test('waiting ends at the timeout, to the millisecond, with the last status', async () => {
  const time = virtualTime();
  const ask = answers(withStatus('Checking'));
  const result = await waitForStatus({ ask, holds: isFullySynchronized, timeoutMs: 1_100, ...time });
  expect(result).toMatchObject({ holds: false, status: { fileSystem: { status: 'Checking' } } });
  expect(time.nowMs()).toBe(1_100);
});

test('a daemon that is still starting is waited for', async () => {
  const time = virtualTime();
  const ask = answers(AWAY, AWAY, withStatus('Synchronized'));
  await expect(waitForStatus({ ask, holds: isFullySynchronized, timeoutMs: 60_000, ...time })).resolves.toMatchObject({
    holds: true,
  });
});

test('a daemon that is away at the end is the problem, whatever it said before', async () => {
  const time = virtualTime();
  const ask = answers(withStatus('Checking'), AWAY);
  await expect(waitForStatus({ ask, holds: isFullySynchronized, timeoutMs: 2_000, ...time })).rejects.toMatchObject({
    code: 'CLI-001',
  });
  expect(time.nowMs()).toBe(2_000);
});

test('another problem is not waited out', async () => {
  const time = virtualTime();
  const ask = answers(new Problem('CLI-002', { reason: 'x' }));
  await expect(waitForStatus({ ask, holds: isFullySynchronized, timeoutMs: 2_000, ...time })).rejects.toMatchObject({
    code: 'CLI-002',
  });
  expect(time.nowMs()).toBe(0);
});

test('an interrupted wait ends with what is known', async () => {
  const time = virtualTime();
  const ended = new AbortController();
  const ask = async () => {
    ended.abort();
    return withStatus('Unchecked');
  };
  const result = await waitForStatus({
    ask,
    holds: isFullySynchronized,
    timeoutMs: 60_000,
    signal: ended.signal,
    ...time,
  });
  expect(result.holds).toBe(false);
});

test.each([
  ['Synchronized', 'Not protected', null, true],
  ['Synchronized and busy processing', 'Not protected', null, false],
  ['Synchronized', 'Out of sync', 'Registry', false],
  ['Checking', 'Not protected', 'File System', false],
  ['Not protected', 'Not protected', 'File System', false],
  ['Out of sync', 'Synchronized', 'File System', false],
] as const)('files %s and registry %s: amiss %s, waited for %s', (files, registry, amiss, waited) => {
  const status = withStatus(files, registry);
  expect(statusAmiss(status)?.kind ?? null).toBe(amiss);
  expect(isFullySynchronized(status)).toBe(waited);
});
