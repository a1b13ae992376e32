import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { systemClock } from '../machine/clock.ts';
import { openInotify } from '../notices/inotify.ts';
import { openPoller } from './poller.ts';
import { startThread } from '../processes/threads.ts';
import { closeWake, openWake, wake } from './wake.ts';

let wakeDescriptor: number;

beforeEach(() => {
  wakeDescriptor = openWake();
});

afterEach(() => {
  closeWake(wakeDescriptor);
});

function msOf(action: () => void): number {
  const before = systemClock.monotonicMs();
  action();
  return systemClock.monotonicMs() - before;
}

describe('a poller', () => {
  it('sleeps for the time asked when nothing happens', () => {
    const poller = openPoller(wakeDescriptor);
    expect(msOf(() => expect(poller.wait(5)).toBe(false))).toBeGreaterThanOrEqual(5);
    expect(poller.wait(-1)).toBe(false);
  });

  it('never sleeps longer than a second', () => {
    const poller = openPoller(wakeDescriptor);
    expect(msOf(() => poller.wait(Number.POSITIVE_INFINITY))).toBeLessThan(60_000);
  });

  it('does not sleep when it was woken before, however often, and then sleeps again', () => {
    const poller = openPoller(wakeDescriptor);
    wake(wakeDescriptor);
    wake(wakeDescriptor);
    expect(poller.wait(1_000)).toBe(true);
    expect(poller.wait(0)).toBe(false);
  });

  it('is woken by another thread', async () => {
    const poller = openPoller(wakeDescriptor);
    const thread = startThread(new URL('./wake.testing.ts', import.meta.url), wakeDescriptor);
    let woken = false;
    for (let tries = 0; tries < 15 && !woken; tries++) woken = poller.wait(1_000);
    expect(woken).toBe(true);
    await new Promise<void>((done) => {
      thread.onEnd(() => done());
    });
  });

  it('says which descriptor is readable', () => {
    const quiet = openInotify();
    const other = openWake();
    const poller = openPoller(wakeDescriptor, quiet.descriptor, null, other);
    wake(other);
    expect(poller.wait(1_000)).toBe(true);
    expect(poller.isReadable(other)).toBe(true);
    expect(poller.isReadable(quiet.descriptor)).toBe(false);
    quiet.close();
    closeWake(other);
  });
});

it('a wake that comes after its descriptor was given back disturbs nobody but the next poller', () => {
  const first = openWake();
  closeWake(first);
  wake(first);
  const next = openWake();
  expect(next).toBe(first);
  expect(openPoller(next).wait(0)).toBe(false);
  closeWake(next);
});
