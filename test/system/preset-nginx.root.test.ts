/*
 * What it proves: the preset of nginx with Debian's package on two machines with systemd. What it protects is enough for
 * nginx to serve the same on the passive server, its unit is taken into the pair's hands, and its probe tells how it is.
 */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import type { HealthStatus } from '../../src/api/services.ts';
import { filledPreset, presetNamed } from '../../src/settings/filled-preset.ts';
import { type NodePair, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 60_000;
const SITE = '/etc/nginx/sites-available/default';
const PAGE = '/var/www/html/index.html';
const ASKED = 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1/").read().decode(), end="")';

it('nginx is run by the pair and serves the same on the passive server, by what its preset protects', async () => {
  const preset = presetNamed('nginx');
  if (preset === null) throw new Error('there is no preset of nginx');
  const { protect, health } = filledPreset(preset, { folder: null, instances: [] }).values;
  await using pair = await startNodePair({
    pairSettings: { preset: 'lan', protect, health: { probes: health?.probes?.map(quickly) ?? [] } },
    furnish: ({ title, node }) => {
      if (title === 'primary') fs.writeFileSync(node.file(PAGE), 'the page of the shop\n');
    },
  });
  const { active, passive } = pair;
  await pair.synchronized();
  await adopted(pair, 'Good');
  expect(await served(active)).toBe('the page of the shop\n');

  // A site that is edited while it runs, and a page in a folder of its own.
  fs.mkdirSync(active.node.file('/var/www/shop'));
  fs.writeFileSync(active.node.file('/var/www/shop/index.html'), 'the new page\n');
  const text = fs.readFileSync(active.node.file(SITE), 'utf8');
  fs.writeFileSync(active.node.file(SITE), text.replace('root /var/www/html;', 'root /var/www/shop;'));
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  await pair.synchronized({ after: Date.now() });
  expect(await served(active)).toBe('the new page\n');
  // Not as its service, which the pair keeps from running there.
  await passive.node.ask('nginx');
  expect(await served(passive)).toBe('the new page\n');
  await passive.node.ask('nginx', '-s', 'stop');

  // It runs, and does not answer where the probe asks.
  fs.writeFileSync(active.node.file(SITE), text.replaceAll('80 default_server', '81 default_server'));
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  expect((await active.finding('SVC-030')).item).toBe('nginx answers');
  fs.writeFileSync(active.node.file(SITE), text);
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  await adopted(pair, 'Good');
});

function quickly<Probe>(probe: Probe): Probe {
  return { ...probe, intervalMs: 500 };
}

/** Its service runs on the active server alone, and its probe says so. */
async function adopted(pair: NodePair, state: HealthStatus['state']): Promise<void> {
  await pair.adopted();
  await until(`nginx to be ${state}`, REACHED_MS, async (seen) => {
    const { services = [], health = [], findings } = await pair.active.status();
    seen(JSON.stringify({ services, health, findings }));
    const actual = services.map(({ server, actual: one }) => `${server} ${one}`).toSorted();
    const isRun = actual.join() === 'primary Running,secondary Stopped';
    return isRun && health.some((one) => one.name === 'nginx answers' && one.state === state) ? true : null;
  });
}

async function served({ node }: NodeServer): Promise<string> {
  return await node.ask('python3', '-c', ASKED);
}
