import { beforeEach, expect, it } from 'vitest';
import type { Role, Status } from '../../api/status.ts';
import { Problem } from '../../problems/problem.ts';
import { listedItem, listItems } from './files-list.ts';
import type { RegistryQuery } from '../registry/registry-messages.ts';
import type { ItemView, StreamQuery } from '../stream/thread-messages.ts';

let channel: Status['channel']['status'];
let role: Role;
let asked: string[];

beforeEach(() => {
  channel = 'Connected';
  role = 'active';
  asked = [];
});

function item(path: string, status: ItemView['status']): ItemView {
  return { path, exact: null, type: 'file', status, since: null, reason: null };
}

it('lists what the active server alone has while not everything is verified', async () => {
  const query = { outOfSync: false, limit: 2 };
  const status = {
    fileSystem: { status: 'Checking', itemsUnchecked: 3 },
    registry: { status: 'Not protected', itemsUnchecked: 0 },
    channel: { status: 'Connected', routes: [] },
    queues: { send: { records: 0 } },
  } as unknown as Status;
  const answers = (items: readonly ItemView[]) => async (asked: StreamQuery | RegistryQuery) =>
    asked.name === 'items' ? items : { count: 0, items: [] };
  const sources = {
    daemon: { role, protectsRegistry: false, status: () => status, query: answers([]) },
    findings: { all: () => [] },
    ofPassive: answers([item('/b', 'Synchronized')]),
    ofActive: answers([item('/a', 'Unchecked'), item('/b', 'Unchecked')]),
  };
  expect((await listItems(query, sources)).items).toMatchObject([
    { path: '/a', status: 'Unchecked', reason: 'Nothing is known of it on the passive server yet.' },
    { path: '/b', status: 'Synchronized', reason: null },
  ]);
  expect(await listedItem('/a', sources)).toMatchObject({ status: 'Unchecked' });
  expect(await listedItem('/c', sources)).toBeNull();
});

async function listed(more: { unread?: readonly ItemView[]; changed?: readonly ItemView[] } = {}): Promise<unknown> {
  const answer = (server: Role) => async (query: StreamQuery | RegistryQuery) => {
    asked.push(`${server} ${query.name}`);
    if (query.name === 'unread') return { count: 0, items: more.unread ?? [] };
    return server === 'active' ? (more.changed ?? []) : [];
  };
  const away = async (): Promise<never> => {
    throw new Problem('DMN-001', { reason: 'the channel was lost' });
  };
  const peer = (server: Role) => (server === role || channel === 'Connected' ? answer(server) : away);
  const status = {
    fileSystem: { status: channel === 'Connected' ? 'Synchronized' : 'Out of sync', itemsUnchecked: 0 },
    registry: { status: 'Not protected', itemsUnchecked: 0 },
    channel: { status: channel, routes: [] },
    queues: { send: { records: 7 } },
  } as unknown as Status;
  const page = await listItems(
    { outOfSync: true, limit: 9 },
    {
      daemon: { role, protectsRegistry: false, status: () => status, query: answer(role) },
      findings: { all: () => [] },
      ofPassive: peer('passive'),
      ofActive: peer('active'),
    },
  );
  return [page.fileSystem, page.channel, page.changesWaiting, ...page.items.map(({ path }) => path)];
}

it('asks both servers while they are connected, the active one for what it could not read', async () => {
  for (role of ['active', 'passive'] as const) {
    asked = [];
    expect(await listed({ unread: [item('/a', 'Unchecked')] })).toEqual(['Synchronized', 'Connected', 7, '/a']);
    expect(asked).toEqual(['passive items', 'active unread']);
  }
});

it('says what it knows, and how things stand, while the two are apart', async () => {
  channel = 'Not connected';
  const changed = [item('/b', 'Out of sync')];
  expect(await listed({ changed })).toEqual(['Out of sync', 'Not connected', 7, '/b']);
  role = 'passive';
  expect(await listed({ changed })).toEqual(['Out of sync', 'Not connected', 7]);
  expect(asked.at(-1)).toBe('passive items');
});

it('calls nothing out of sync in the short wait after a drop', async () => {
  channel = 'Waiting';
  expect(await listed({ changed: [item('/b', 'Out of sync')] })).toEqual(['Out of sync', 'Waiting', 7]);
});
