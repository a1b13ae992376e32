import fs from 'node:fs';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { HealthStatus } from '../../src/api/services.ts';
import { type NodePair, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 120_000;
const SHOP = 'shop.service';
const ANSWERS = 'the shop answers';
const DISK = 'the disk of the shop';

/** A web server that finds what it serves only when it is started. */
function furnish({ node }: NodeServer): void {
  node.writeUnit(SHOP, [
    '[Service]',
    'ExecStartPre=/bin/sh -c "mkdir -p /run/shop; echo well >/run/shop/health"',
    'ExecStart=/usr/bin/python3 -m http.server 8080 --bind 127.0.0.1 --directory /run/shop',
    // It runs once it can be asked, however long Python takes to start.
    `ExecStartPost=/bin/bash -c 'until (: </dev/tcp/127.0.0.1/8080) 2>/dev/null; do sleep 0.05; done'`,
  ]);
}

const HEALTH = {
  probes: [
    { name: ANSWERS, http: 'http://127.0.0.1:8080/health', service: SHOP, intervalMs: 500, failures: 2 },
    { name: 'its port', tcp: '127.0.0.1:8080', service: SHOP, intervalMs: 500 },
    { name: 'its own word', command: ['sh', '-c', 'cat /run/shop/word; test ! -e /run/shop/word'], intervalMs: 500 },
  ],
  rules: [{ name: DISK, of: 'disk' as const, path: '/srv', max: 50, forMs: 500, intervalMs: 500, latched: true }],
};

async function stands(server: NodeServer, expected: Readonly<Record<string, HealthStatus['state']>>): Promise<void> {
  await until(`the health to be ${JSON.stringify(expected)}`, REACHED_MS, async (seen) => {
    const { health = [], findings } = await server.status();
    seen(JSON.stringify({ health, findings: findings.map(({ code, cause }) => `${code} ${cause}`) }));
    const states = new Map(health.map((one) => [`${one.name} on ${one.server}`, one.state]));
    return Object.entries(expected).every(([name, state]) => states.get(name) === state) ? true : null;
  });
}

it('asks the application, restarts what does not answer, and holds the bounds of both servers', async () => {
  const protect = { services: [{ name: SHOP, onFailure: ['recover' as const, 'warn' as const] }] };
  await using pair = await startNodePair({ pairSettings: { preset: 'lan', protect, health: HEALTH }, furnish });
  const { active, passive } = pair;
  await pair.adopted();
  const good = { [`${ANSWERS} on primary`]: 'Good', [`${DISK} on secondary`]: 'Good' } as const;
  await stands(active, { ...good, [`${ANSWERS} on secondary`]: 'Suspended', 'its port on primary': 'Good' });

  const before = await runOf(active);
  fs.rmSync(onNode(active, '/run/shop/health'));
  await until('the service to be started anew', REACHED_MS, async () =>
    (await runOf(active)) === before ? null : true,
  );
  // It runs again. The other server may not have heard yet that it ever failed.
  await stands(active, good);
  await stands(passive, good);
  expect((await active.events('SVC-030'))[0]?.item).toBe(ANSWERS);
  expect((await active.finding('SVC-006')).cause).toContain(`once, ${ANSWERS}: the status 404`);

  // The second failure is only told, and is over once it answers again.
  fs.rmSync(onNode(active, '/run/shop/health'));
  expect((await passive.finding('SVC-030')).cause).toContain('the status 404');
  await active.node.ask('sh', '-c', 'echo well >/run/shop/health');
  await stands(active, good);

  await active.node.ask('sh', '-c', 'echo out of paper >/run/shop/word');
  expect((await active.finding('SVC-030')).cause).toContain('its own word fails: out of paper');
  await isLatched(pair);

  await active.run('pause', '--reason', 'a new disk', '--for', '10m');
  await stands(active, { [`${ANSWERS} on primary`]: 'Suspended', 'its own word on primary': 'Suspended' });
  expect(await active.findings('SVC-030')).toEqual([]);
  await active.run('resume');
  await stands(active, { 'its own word on primary': 'Bad' });
  // Other settings are in force at once.
  const settings = { pair: 'nodes', capture: 'watch', preset: 'lan', protect: pairProtect(protect.services) };
  fs.writeFileSync(active.pairFile, stringify(settings));
  await until('no more to be asked', REACHED_MS, async () =>
    (await passive.status()).health?.length === 0 ? true : null,
  );
  expect(await active.findings('SVC-030')).toEqual([]);
});

/** It is over, and stays to be seen until somebody says so. */
async function isLatched({ active, passive }: NodePair): Promise<void> {
  await passive.node.ask('fallocate', '--length', '300M', '/srv/filler');
  const found = await active.finding('SVC-032');
  expect([found.item, found.server, found.action]).toEqual([DISK, 'secondary', 'arm it again']);
  await passive.node.ask('rm', '/srv/filler');
  await until('the disk to be looked at again', REACHED_MS, async () => {
    const { stdout } = await passive.node.run('df', '--output=pcent', '/srv');
    return Number.parseInt(stdout.split('\n')[1] ?? '', 10) < 50 ? true : null;
  });
  expect((await passive.findings('SVC-032')).length).toBe(1);
  const fixed = await active.run('fix', found.id);
  expect([fixed.status, fixed.stderr]).toEqual([0, '']);
  await stands(active, { [`${DISK} on secondary`]: 'Good' });
  expect(await passive.findings('SVC-032')).toEqual([]);
}

async function runOf({ node }: NodeServer): Promise<string> {
  return await node.ask('systemctl', 'show', '--property=InvocationID', '--value', SHOP);
}

/** Where a path of the node's own file systems is seen from here. */
function onNode({ node }: NodeServer, path: string): string {
  return `/proc/${node.leader}/root${path}`;
}

function pairProtect(services: readonly object[]): object {
  return { files: { include: ['/srv/data/**'] }, services };
}
