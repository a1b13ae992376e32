import fs from 'node:fs';
import { expect, it } from 'vitest';
import type { PairFileValues } from '../../src/settings/pair-schema.ts';
import { startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 120_000;
const SHOP = 'shop.service';
const HISTORY = '/var/hooks';
/** Who it is run by, why, and whether the service runs. */
const NOTE = `echo "$UNDERSTUDY_HOOK $UNDERSTUDY_ROLE $UNDERSTUDY_EPOCH $(id -un) $(systemctl is-active ${SHOP})" >>${HISTORY}`;

function furnish({ node }: NodeServer): void {
  node.writeUnit(SHOP, ['[Service]', 'ExecStart=/bin/sleep infinity']);
  fs.writeFileSync(node.file(HISTORY), '', { mode: 0o666 });
  fs.chmodSync(node.file(HISTORY), 0o666);
}

type Hooks = NonNullable<PairFileValues['hooks']>;

function around(when: Hooks[number]['when']): Hooks[number] {
  return { name: when, when, service: SHOP, command: ['sh', '-c', NOTE] };
}

const HOOKS: Hooks = [
  around('beforeStart'),
  { ...around('afterStart'), user: 'nobody' },
  around('beforeStop'),
  { ...around('afterStop'), on: 'both' },
  { name: 'often', when: 'periodic', everyMs: 1_000, on: 'passive', command: ['sh', '-c', NOTE] },
  {
    name: 'broken',
    when: 'afterStart',
    service: SHOP,
    command: ['sh', '-c', 'echo it begins; echo there is no paper >&2; exit 3'],
  },
];

it('runs commands around the start and the stop of a service, and names those that fail', async () => {
  const probes = [
    { name: 'well', command: ['test', '!', '-e', '/run/ill'], service: SHOP, intervalMs: 500, failures: 1 },
  ];
  const protect = { services: [{ name: SHOP, onFailure: ['recover' as const] }] };
  const pairSettings = { preset: 'lan' as const, protect, hooks: HOOKS, health: { probes } };
  await using pair = await startNodePair({ pairSettings, furnish });
  const { active, passive } = pair;
  await passive.node.ask('systemctl', 'start', SHOP);
  await pair.adopted();
  const { epoch } = await active.status();
  const line = (hook: string, user: string, state: string): string => `${hook} active ${epoch} ${user} ${state}`;
  const begun = [line('beforeStart', 'root', 'inactive'), line('afterStart', 'nobody', 'active')];
  await ran(active, begun);
  // It ran there, and was stopped: its own hook alone is for the passive server.
  await until('the hooks of the passive server', REACHED_MS, (seen) => {
    const said = history(passive).join('\n');
    seen(said);
    return said.includes('afterStop passive') && said.includes('often passive') ? true : null;
  });
  expect(history(passive).join()).not.toContain('Start');

  const broken = await passive.finding('SVC-040');
  expect([broken.item, broken.server, broken.evidence]).toEqual([
    'broken',
    'primary',
    ['it begins', 'there is no paper'],
  ]);
  expect(broken.cause).toContain('The hook broken (afterStart) failed: its exit status is 3.');

  // What is found ill is stopped and started, with all that belongs to it.
  await active.node.ask('sh', '-c', 'touch /run/ill');
  const stopped = [line('beforeStop', 'root', 'active'), line('afterStop', 'root', 'inactive')];
  await ran(active, [...begun, ...stopped]);
  await active.node.ask('rm', '/run/ill');
  await until('the service to run again', REACHED_MS, () =>
    history(active).filter((one) => one === begun[1]).length > 1 ? true : null,
  );
});

function history({ node }: NodeServer): string[] {
  return fs.readFileSync(node.file(HISTORY), 'utf8').split('\n').filter(Boolean);
}

/** In that order, at first. */
async function ran(server: NodeServer, expected: readonly string[]): Promise<void> {
  await until('hooks to have been run', REACHED_MS, (seen) => {
    const lines = history(server);
    seen(lines.join('\n'));
    return lines.length >= expected.length ? true : null;
  });
  expect(history(server).slice(0, expected.length)).toEqual(expected);
}
