import { expect, it } from 'vitest';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { resultOf } from './check-following.ts';
import type { FindingBoard } from './finding-board.ts';
import { type DaemonView, handlersOf } from './handlers.ts';
import { NOTHING_THERE } from './item-look.ts';

const STATUS = {
  fileSystem: { status: 'Out of sync', itemsUnchecked: 0 },
  registry: { status: 'Not protected', itemsUnchecked: 0 },
  queues: { send: { records: 0 } },
};

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

it('the quarantine is asked for page by page, and an older release gives all of it at once', async () => {
  const all = ['1', '2', '3'].map((id) => ({ id, sizeBytes: 10 }));
  const asked: unknown[] = [];
  const answers = [{ entries: all.slice(1, 2), next: '2', bytesTotal: 30 }, all];
  const callPeer = async (_name: string, query: unknown) => {
    asked.push(query);
    return answers[asked.length - 1];
  };
  const daemon = { role: 'active', callPeer } as Partial<DaemonView> as DaemonView;
  const nobody = null as never;
  const handlers = handlersOf({ daemon, findings: nobody, history: nobody, timers: nobody, aside: nobody });
  for (const _release of answers) {
    const page = await handlers.quarantineList({ after: '1', limit: 1 }, { signal: new AbortController().signal });
    expect(page).toEqual({ entries: [{ id: '2', sizeBytes: 10 }], next: '2', bytesTotal: 30 });
  }
  expect(asked[0]).toEqual({ name: 'quarantineList', after: '1', limit: 1 });
});

it('how an item differs is told with what the list of items says of it', async () => {
  const look = (content: string) => ({ ...NOTHING_THERE, type: 'file', content });
  const known = {
    path: '/srv/a',
    exact: null,
    type: 'file',
    status: 'Out of sync',
    since: null,
    reason: 'It is in use.',
  };
  const answers = (content: string) => async (query: { readonly name: string }) => {
    if (query.name === 'look') return look(content);
    return query.name === 'items' ? [known] : { count: 0, items: [] };
  };
  const daemon = {
    role: 'active',
    protectsRegistry: false,
    expectProtected: () => undefined,
    status: () => ({ ...STATUS, channel: { status: 'Connected' } }),
    query: answers('here'),
    callPeer: async (_name: string, query: unknown) => await answers('there')(query as { name: string }),
  } as unknown as DaemonView;
  const nobody = null as never;
  const findings = { all: () => [] } as unknown as FindingBoard;
  const handlers = handlersOf({ daemon, findings, history: nobody, timers: nobody, aside: nobody });
  expect(await handlers.diff({ path: '/srv/a' }, { signal: new AbortController().signal })).toEqual({
    path: '/srv/a',
    status: 'Out of sync',
    reason: 'It is in use.',
    differences: [{ what: 'content', active: 'here', passive: 'there' }],
  });
});
