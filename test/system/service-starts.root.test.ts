/*
 * What it proves: once a service is adopted, nothing starts it on the passive server: no command, no D-Bus activation, no
 * socket, timer or path unit of its own, and nobody at boot, before the daemon is there. Each starts it beforehand.
 */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { type NodePair, ON_ONE_NETWORK, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 120_000;
const SHOP = 'shop.service';
const STARTS = '/var/starts';
const EARLY = '/var/early';
const BUS_NAME = 'org.example.Shop';
const ASK_BUS = 'busctl --timeout=5 call org.freedesktop.DBus / org.freedesktop.DBus';
const PORT = 9_000;
const WANTED = '/run/shop-wanted';
const UNITS: Readonly<Record<string, readonly string[]>> = {
  [SHOP]: [
    '[Service]',
    `ExecStart=/bin/sh -c 'echo started >>${STARTS}; exec sleep infinity'`,
    '[Install]',
    'WantedBy=multi-user.target',
  ],
  'shop.socket': ['[Socket]', `ListenStream=127.0.0.1:${PORT}`, '[Install]', 'WantedBy=sockets.target'],
  // Once a second, for as long as the service does not run.
  'shop.timer': ['[Timer]', 'OnActiveSec=1s', 'OnUnitInactiveSec=1s', 'AccuracySec=100ms'],
  'shop.path': ['[Path]', `PathExists=${WANTED}`],
  // Somebody who asks before the daemon is there, and writes down what came of it.
  'early.service': [
    '[Unit]',
    'Before=understudy.service',
    '[Service]',
    'Type=oneshot',
    `ExecStart=/bin/sh -c 'systemctl start ${SHOP}; echo $$? $$(systemctl is-active understudy.service) >>${EARLY}'`,
  ],
};

const TRIGGERS = ['shop.socket', 'shop.timer', 'shop.path'] as const;

function furnish({ node }: NodeServer): void {
  for (const [name, lines] of Object.entries(UNITS)) node.writeUnit(name, lines);
  fs.mkdirSync(node.file('/usr/share/dbus-1/system-services'), { recursive: true });
  fs.writeFileSync(
    node.file(`/usr/share/dbus-1/system-services/${BUS_NAME}.service`),
    ['[D-BUS Service]', `Name=${BUS_NAME}`, 'Exec=/bin/false', 'User=root', `SystemdService=${SHOP}`, ''].join('\n'),
  );
  fs.writeFileSync(node.file(STARTS), '');
  fs.writeFileSync(node.file(EARLY), '');
}

/** Each way in which it may be started without anybody asking for it by name, and how it is ended again. */
const WAYS: Readonly<Record<string, readonly [begin: string, end: string]>> = {
  command: [`systemctl start ${SHOP}`, 'true'],
  'D-Bus activation': [`${ASK_BUS} StartServiceByName su ${BUS_NAME} 0`, 'true'],
  socket: [`systemctl start shop.socket; bash -c ': </dev/tcp/127.0.0.1/${PORT}'`, 'systemctl stop shop.socket'],
  timer: ['systemctl start shop.timer', 'systemctl stop shop.timer'],
  path: [`systemctl start shop.path; touch ${WANTED}`, `rm ${WANTED}; systemctl stop shop.path`],
};

function starts({ node }: NodeServer): number {
  return fs.readFileSync(node.file(STARTS), 'utf8').split('\n').length - 1;
}

it('is started by nobody on the passive server, in whatever way, also before the daemon is there', async () => {
  await using pair = await startNodePair({
    pairSettings: { preset: ON_ONE_NETWORK, protect: { services: [{ name: SHOP }] } },
    furnish,
  });
  const { passive } = pair;
  for (const [way, [begin, end]] of Object.entries(WAYS)) {
    const before = starts(passive);
    await passive.node.run('sh', '-c', begin);
    await until(`the service to be started by a ${way}`, REACHED_MS, () => (starts(passive) > before ? true : null));
    await passive.node.run('sh', '-c', `${end}; systemctl stop ${SHOP}; systemctl reset-failed`);
  }
  for (const unit of TRIGGERS) await passive.node.ask('systemctl', 'start', unit);

  await pair.adopted();
  await stoppedThere(pair);
  // The triggers were stopped with it. Whoever starts them, or asks in any other way, starts nothing.
  const before = starts(passive);
  for (const [begin] of Object.values(WAYS)) await passive.node.run('sh', '-c', begin);
  for (const unit of TRIGGERS) expect([unit, await passive.node.activeState(unit)]).not.toEqual([unit, 'active']);

  // By itself at boot, and by somebody at boot.
  for (const { node } of pair.servers)
    fs.symlinkSync('../early.service', node.file('/etc/systemd/system/multi-user.target.wants/early.service'));
  await passive.node.reboot();
  await passive.answers();
  expect(fs.readFileSync(passive.node.file(EARLY), 'utf8')).toBe('1 inactive\n');
  await stoppedThere(pair);
  expect(starts(passive)).toBe(before);
});

async function stoppedThere({ active, passive }: NodePair): Promise<void> {
  await until('the service to run on the active server alone', REACHED_MS, async (seen) => {
    const { services = [] } = await active.status();
    // What the passive server told last may be of the moment before one of these started it.
    const states = await Promise.all([SHOP, ...TRIGGERS].map((unit) => passive.node.activeState(unit)));
    seen(JSON.stringify({ services, states }));
    const [here, there] = ['primary', 'secondary'].map((name) => services.find(({ server }) => server === name));
    const isStopped = there?.actual !== 'Running' && !states.includes('active');
    return here?.actual === 'Running' && isStopped ? true : null;
  });
}
