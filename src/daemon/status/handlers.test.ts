import { expect, it } from 'vitest';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { resultOf } from './check-following.ts';
import { type DaemonView, handlersOf } from './handlers.ts';

const OUTCOME: CheckOutcome = {
  check: 1,
  finished: true,
  repair: true,
  complete: true,
  itemsChecked: 9,
  bytesChecked: 90,
  differences: 5,
  left: 2,
  refused: 1,
  examples: [],
};

it.each([
  ['what it left in place or could not write', OUTCOME, { differences: 5, repaired: 2, left: 2 }],
  ['anything where it was not to repair', { ...OUTCOME, repair: false, left: 0, refused: 0 }, { repaired: 0, left: 0 }],
  ['anything where it was given up', { ...OUTCOME, finished: false }, { repaired: 0 }],
])('a check does not say that it repaired %s', (_what, outcome, said) => {
  expect(resultOf(outcome, 0)).toMatchObject(said);
});

it('a check that could not read something does not say that it finished well', () => {
  const said = { finished: true, unreadable: 2, reason: '2 items could not be read on the active server' };
  expect(resultOf(OUTCOME, 2)).toMatchObject(said);
  expect(resultOf({ ...OUTCOME, finished: false }, 1).reason).toBe('1 item could not be read on the active server');
  expect(resultOf(OUTCOME, 0).reason).toBeNull();
});

it('a path that is on neither server is told as that, not as something that was removed', async () => {
  const nothing = { type: null };
  const daemon = {
    role: 'active',
    expectProtected: () => undefined,
    query: async () => nothing,
    callPeer: async () => nothing,
  } as Partial<DaemonView> as DaemonView;
  const nobody = null as never;
  const handlers = handlersOf({ daemon, findings: nobody, history: nobody, timers: nobody, aside: nobody });
  const context = { signal: new AbortController().signal };
  await expect(handlers.diff({ path: '/srv/never' }, context)).rejects.toMatchObject({
    code: 'CLI-018',
    parameters: { path: '/srv/never' },
  });
});
