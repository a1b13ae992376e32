/*
 * What it proves: the presets with Debian's packages on two machines with systemd, all at once. The units that they name are
 * taken into the pair's hands, their probes tell how each application is, and what they protect is enough for nginx and
 * Samba to serve the same on the passive server. That the databases open there is for `presets.root.test.ts`. Docker
 * Compose is not among them: Debian has only its first version, which is no command of Docker's.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { HealthStatus } from '../../src/api/services.ts';
import { filledPreset, presetNamed } from '../../src/settings/filled-preset.ts';
import type { PairFileValues } from '../../src/settings/pair-schema.ts';
import { type NodePair, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 180_000;
/** The release that Debian's package has here, as its folders name it. */
const RELEASE = fs.readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '';
/** What is protected, and where it lies on the disk of a server: a node's own root is no file system to protect. */
const FOLDERS = {
  '/etc/nginx': 'nginx',
  '/var/www': 'www',
  '/etc/samba': 'samba',
  '/var/lib/samba': 'samba-state',
  '/etc/mysql': 'mysql',
  '/var/lib/mysql': 'mysql-data',
  '/etc/postgresql': 'postgresql',
  '/var/lib/postgresql': 'postgresql-data',
} as const;
const SHARE = '/srv/share';
const SITE = '/etc/nginx/sites-available/default';
const ASKED = 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1/").read().decode(), end="")';
const USER = 'www-data';
const AS_USER = `//127.0.0.1/share --user=${USER}%secret`;
/** Of one that writes where nobody but Understudy may: what it would change is changed in a copy. */
const SHARED_THERE = `cp -a /var/lib/samba /tmp/samba; mount --bind /tmp/samba /var/lib/samba; smbd --daemon
  until (: </dev/tcp/127.0.0.1/445) 2>/dev/null; do sleep 0.05; done
  smbclient ${AS_USER} --command='get note -'; smbcontrol smbd shutdown`;

it('what the presets name is run by the pair, and served by nginx and Samba on the passive server, too', async () => {
  const { services, probes, ...protect } = presets();
  await using pair = await startNodePair({
    pairSettings: { preset: 'lan', capture: 'intercept', protect: { ...protect, services }, health: { probes } },
    furnish,
  });
  const { active, passive } = pair;
  await pair.synchronized();
  await adopted(pair, 'Good');
  expect(await served(active)).toBe('the page of the shop\n');
  // That what lies in /etc is watched. What was told while it all started may be shown for a minute.
  await until('nothing else to be found', REACHED_MS, async (seen) => {
    const others = (await active.status()).findings.filter(({ code }) => code !== 'CAP-062');
    seen(JSON.stringify(others));
    return others.length === 0 ? true : null;
  });

  // A site that is edited while it runs, and a page in a folder of its own.
  await shell(active, 'mkdir /var/www/shop; echo "the new page" >/var/www/shop/index.html');
  await shell(active, `sed -i 's,root /var/www/html;,root /var/www/shop;,' ${SITE}; systemctl reload nginx.service`);
  await shell(active, `printf 'secret\\nsecret\\n' | smbpasswd -a -s ${USER}; echo of the shop >/tmp/note`);
  await shell(active, `smbclient ${AS_USER} --command='put /tmp/note note'`);
  await shell(
    active,
    'mariadb --execute="CREATE DATABASE trial"; runuser -u postgres -- psql -c "CREATE DATABASE trial"',
  );
  // Changes arrive in their order: all of the above is there with the last of it.
  await shell(active, `touch ${SHARE}/last`);
  await until('the last change to arrive', REACHED_MS, () =>
    fs.existsSync(onDisk(passive, 'share/last')) ? true : null,
  );
  await pair.synchronized();
  // A reload returns before whoever serves by the former settings has ended.
  await until('the new page to be served', REACHED_MS, async (seen) => {
    const { stdout, stderr } = await active.node.run('python3', '-c', ASKED);
    seen(stdout + stderr);
    return stdout === 'the new page\n' ? true : null;
  });
  // Not as their services, which the pair keeps from running there.
  await passive.node.ask('nginx');
  expect(await served(passive)).toBe('the new page\n');
  await passive.node.ask('nginx', '-s', 'stop');
  expect(await passive.node.ask('unshare', '--mount', 'bash', '-ec', SHARED_THERE)).toContain('of the shop\n');

  // It runs, and does not answer where the probe asks.
  await shell(active, `sed -i 's,80 default_server,81 default_server,' ${SITE}; systemctl reload nginx.service`);
  await until('nginx to be told not to answer', REACHED_MS, async (seen) => {
    const failing = await active.findings('SVC-030');
    seen(JSON.stringify(failing));
    return failing.some(({ item }) => item === 'nginx answers') ? true : null;
  });
  await shell(active, `sed -i 's,81 default_server,80 default_server,' ${SITE}; systemctl reload nginx.service`);
  await adopted(pair, 'Good');
});

/** All of them as one. */
function presets(): {
  readonly files: { readonly include: string[]; readonly exclude: string[] };
  readonly services: NonNullable<NonNullable<PairFileValues['protect']>['services']>;
  readonly probes: NonNullable<NonNullable<PairFileValues['health']>['probes']>;
} {
  const all = ['mariadb', 'postgresql', 'samba', 'nginx'].map((name) => {
    const preset = presetNamed(name);
    if (preset === null) throw new Error(`there is no preset of ${name}`);
    return filledPreset(preset, { folder: null, instances: [[RELEASE, 'main']] }).values;
  });
  return {
    files: {
      include: [`${SHARE}/**`, ...all.flatMap(({ protect }) => protect.files?.include ?? [])],
      exclude: all.flatMap(({ protect }) => protect.files?.exclude ?? []),
    },
    services: all.flatMap(({ protect }) => protect.services ?? []),
    probes: all.flatMap(({ health }) => health?.probes ?? []).map((probe) => ({ ...probe, intervalMs: 500 })),
  };
}

/** Debian's files on the active server; on the passive one the folders are empty. */
function furnish(server: NodeServer): void {
  const wants = server.node.file('/etc/systemd/system/local-fs.target.wants');
  fs.mkdirSync(wants);
  for (const [folder, place] of Object.entries(FOLDERS)) {
    fs.mkdirSync(onDisk(server, place));
    const unit = `${folder.slice(1).replaceAll('/', '-')}.mount`;
    server.node.writeUnit(unit, ['[Mount]', `What=/srv/${place}`, `Where=${folder}`, 'Type=none', 'Options=bind']);
    fs.symlinkSync(`../${unit}`, join(wants, unit));
    if (server.title === 'primary') execFileSync('cp', ['-a', `${folder}/.`, onDisk(server, place)]);
  }
  fs.mkdirSync(onDisk(server, 'share'), { mode: 0o777 });
  if (server.title === 'secondary') return;
  fs.chmodSync(onDisk(server, 'share'), 0o777);
  fs.appendFileSync(onDisk(server, 'samba/smb.conf'), `[share]\n  path = ${SHARE}\n  read only = no\n`);
  fs.writeFileSync(onDisk(server, 'www/html/index.html'), 'the page of the shop\n');
}

function onDisk({ data }: NodeServer, path: string): string {
  return join(dirname(data), path);
}

async function shell({ node }: NodeServer, script: string): Promise<void> {
  await node.ask('sh', '-ec', script);
}

/** The services run on the active server alone, and each probe says so. */
async function adopted(pair: NodePair, state: HealthStatus['state']): Promise<void> {
  await pair.adopted();
  await until(`all to be ${state}`, REACHED_MS, async (seen) => {
    const { services = [], health = [], findings } = await pair.active.status();
    seen(JSON.stringify({ services, health, findings }));
    const areRun = services.every(({ server, actual }) => actual === (server === 'primary' ? 'Running' : 'Stopped'));
    const answers = health.filter(({ server }) => server === 'primary');
    return areRun && answers.length === 4 && answers.every((one) => one.state === state) ? true : null;
  });
}

async function served({ node }: NodeServer): Promise<string> {
  return await node.ask('python3', '-c', ASKED);
}
