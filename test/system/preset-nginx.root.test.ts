/*
 * What it proves: the preset of nginx with Debian's package on two machines with systemd. What it protects is enough for
 * nginx to serve the same on the passive server, its unit is taken into the pair's hands, and its probe tells how it is.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { HealthStatus } from '../../src/api/services.ts';
import { filledPreset, presetNamed } from '../../src/settings/filled-preset.ts';
import { type NodePair, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 60_000;
/** What is protected, and where it lies on the disk of a server: a node's own root is no file system to protect. */
const FOLDERS = { '/etc/nginx': 'nginx', '/var/www': 'www' } as const;
const SITE = 'nginx/sites-available/default';
const ASKED = 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1/").read().decode(), end="")';

it('nginx is run by the pair and serves the same on the passive server, by what its preset protects', async () => {
  const preset = presetNamed('nginx');
  if (preset === null) throw new Error('there is no preset of nginx');
  const { protect, health } = filledPreset(preset, { folder: null, instances: [] }).values;
  await using pair = await startNodePair({
    pairSettings: { preset: 'lan', protect, health: { probes: health?.probes?.map(quickly) ?? [] } },
    furnish,
  });
  const { active, passive } = pair;
  await pair.synchronized();
  await adopted(pair, 'Good');
  expect(await served(active)).toBe('the page of the shop\n');

  // A site that is edited while it runs, and a page in a folder of its own.
  fs.mkdirSync(onDisk(active, 'www/shop'));
  fs.writeFileSync(onDisk(active, 'www/shop/index.html'), 'the new page\n');
  const site = onDisk(active, SITE);
  const text = fs.readFileSync(site, 'utf8');
  fs.writeFileSync(site, text.replace('root /var/www/html;', 'root /var/www/shop;'));
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  await pair.synchronized({ after: Date.now() });
  expect(await served(active)).toBe('the new page\n');
  // Not as its service, which the pair keeps from running there.
  await passive.node.ask('nginx');
  expect(await served(passive)).toBe('the new page\n');
  await passive.node.ask('nginx', '-s', 'stop');

  // It runs, and does not answer where the probe asks.
  fs.writeFileSync(site, text.replaceAll('80 default_server', '81 default_server'));
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  expect((await active.finding('SVC-030')).item).toBe('nginx answers');
  fs.writeFileSync(site, text);
  await active.node.ask('systemctl', 'reload', 'nginx.service');
  await adopted(pair, 'Good');
});

/** Debian's files on the active server; on the passive one the folders are empty. */
function furnish(server: NodeServer): void {
  const wants = server.node.file('/etc/systemd/system/local-fs.target.wants');
  fs.mkdirSync(wants);
  for (const [folder, place] of Object.entries(FOLDERS)) {
    fs.mkdirSync(onDisk(server, place));
    const unit = `${folder.slice(1).replaceAll('/', '-')}.mount`;
    server.node.writeUnit(unit, ['[Mount]', `What=/srv/${place}`, `Where=${folder}`, 'Type=none', 'Options=bind']);
    fs.symlinkSync(`../${unit}`, join(wants, unit));
    if (server.title === 'primary')
      fs.cpSync(folder, onDisk(server, place), { recursive: true, verbatimSymlinks: true });
  }
  if (server.title === 'primary') fs.writeFileSync(onDisk(server, 'www/html/index.html'), 'the page of the shop\n');
}

function onDisk({ data }: NodeServer, path: string): string {
  return join(dirname(data), path);
}

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
