import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { HandTime } from '../hand-time.testing.ts';
import { ownerNames, watchOwners } from './owners.ts';

it('users that differ are looked at again every 5 s until they are the same, and every half minute then', async () => {
  const [same] = await ownerNames({ users: [0], groups: [] });
  let told = { ...same, name: 'somebody-else' };
  const callPeer = vi.fn(() => Promise.resolve([told]));
  const findings = { raise: vi.fn(), clear: vi.fn() };
  const time = new HandTime();
  const cancel = watchOwners({ daemon: { role: 'passive', callPeer }, timers: time, findings });
  /** Lets so much time pass, and waits until what was begun has ended. */
  const pass = async (ms: number): Promise<void> => {
    time.advance(ms);
    for (;;) {
      const ended = findings.raise.mock.calls.length + findings.clear.mock.calls.length;
      if (callPeer.mock.calls.length === ended) return;
      await turn();
    }
  };
  await pass(5000);
  await pass(5000);
  expect(findings.raise).toHaveBeenCalledTimes(2);
  told = { ...told, name: same?.name ?? '' };
  await pass(5000);
  expect(findings.clear).toHaveBeenCalledTimes(1);
  for (let seconds = 5; seconds < 30; seconds += 5) await pass(5000);
  expect(callPeer).toHaveBeenCalledTimes(3);
  await pass(5000);
  expect(callPeer).toHaveBeenCalledTimes(4);
  cancel();
});
