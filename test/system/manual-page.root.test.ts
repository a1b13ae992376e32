/**
 * What it proves: the stories that the manual tells of a pair in trouble, one after the other on the same two machines
 * with systemd, whose files, registry and service are protected. Each is named, and ends in a pair that is Synchronized.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EventRecord } from '../../src/api/requests.ts';
import type { Finding } from '../../src/api/status.ts';
import { VIRUS } from '../support/antivirus.ts';
import { NodeAntivirus } from '../support/nodes/node-antivirus.ts';
import type { NodePair } from '../support/nodes/node-pair.ts';
import { DAEMON_UNIT, type NodeServer } from '../support/nodes/node-server.ts';
import { adoptBoth, reached, SHOP, shopPair } from '../support/nodes/shop.ts';
import { changeSettings } from '../support/pair.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 120_000;
/** What the manual promises; a machine that has other work to do takes longer. */
const TOLD_MS_MAX = proofRuns({ short: Number.POSITIVE_INFINITY, full: 5_000 });
const LONG = { timeout: 20 * 60_000 };
const NOBODY = '10.213.7.99:57348';
/** systemd refuses what is started five times within ten seconds, and leaves what ran then to itself. */
const START_EVERY_MS = 3_000;
const REGISTRY = { provider: 'file' as const, path: '/srv/settings.reg', include: ['HKLM\\Software\\Shop\\**'] };
const SETTINGS_REG =
  'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Shop]\r\n"Open"="yes"\r\n';

it("the manual's page: four causes of Out of sync", LONG, async () => {
  let antivirus: NodeAntivirus | null = null;
  await using pair = await shopPair({
    isStubborn: true,
    protect: { registry: [REGISTRY], programs: [{ name: 'tail' }, { name: 'reporter', onPassive: 'end' }] },
    furnish: (server) => {
      if (server.title === 'primary') fs.writeFileSync(join(server.data, '../settings.reg'), SETTINGS_REG);
      else antivirus = new NodeAntivirus(server, '/srv');
    },
  });
  await adoptBoth(pair);
  await pair.synchronized({ after: Date.now() });
  await serviceStartedOnPassive(pair);
  await serviceGivenUp(pair.passive);
  await wrongPeerAddress(pair);
  await clientProgramLeftOpen(pair);
  await antivirusHoldsFile(pair, antivirus as unknown as NodeAntivirus);
});

/** By somebody who takes the guard away and starts it again and again, as its manager does, too. */
async function serviceStartedOnPassive(pair: NodePair): Promise<void> {
  const { active, passive } = pair;
  fs.rmSync(passive.node.file('/etc/systemd/system/shop.service.d/90-understudy.conf'));
  await passive.node.ask('systemctl', 'daemon-reload');
  const since = Date.now();
  let startedAt = Number.NEGATIVE_INFINITY;
  await until('the service to hold back a change', REACHED_MS, async () => {
    if (performance.now() - startedAt >= START_EVERY_MS) {
      startedAt = performance.now();
      await passive.node.ask('systemctl', 'start', '--no-block', SHOP);
    }
    fs.appendFileSync(join(active.data, 'ledger'), 'more\n');
    return (await heldSince(passive, since)).some(({ item }) => item === '/srv/data/ledger') ? true : null;
  });
  // What ran there when the service was adopted was stopped, too, and may still be told.
  const stray = await until('it to be told how the service got past the guard', REACHED_MS, async (seen) => {
    const [found] = await passive.findings('SVC-010');
    seen(JSON.stringify(found));
    const evidence = found?.evidence.join(' ') ?? '';
    const isTold = ['90-understudy.conf is gone.', 'Its main process: '].every((words) => evidence.includes(words));
    return isTold ? found : null;
  });
  expect([stray?.item, stray?.server]).toEqual([SHOP, 'secondary']);
  // Nobody gives a command.
  await reached(pair, ['Running', 'Stopped']);
  await until('both copies to be equal', REACHED_MS, (seen) => {
    const [own, copy] = [active, passive].map(({ data }) =>
      ['ledger', 'starts'].map((name) => fs.readFileSync(join(data, name), 'utf8')).join('|'),
    );
    seen(`${own} and ${copy}`);
    return own === copy ? true : null;
  });
  await pair.synchronized();
  await until('the active server to have it in its history', REACHED_MS, async () =>
    (await active.events('SVC-010')).length > 0 ? true : null,
  );
  // The guard is gone: that is told, and mended when it is asked for.
  expect((await passive.finding('SVC-012')).cause).toContain('Restart (always)');
  await pair.adopted();
  await ended(passive, 'SVC-012');
}

/** By somebody who starts it so often that systemd refuses, and lets go of what does not end. */
async function serviceGivenUp(passive: NodeServer): Promise<void> {
  const { node } = passive;
  const guard = node.file('/etc/systemd/system/shop.service.d/90-understudy.conf');
  const text = fs.readFileSync(guard);
  fs.rmSync(guard);
  await node.ask('systemctl', 'daemon-reload');
  const since = Date.now();
  await until('what is left of the service to be told', REACHED_MS, async () => {
    await node.run('sh', '-c', `for start in 1 2 3 4 5 6; do systemctl start --no-block ${SHOP}; done`);
    return (await passive.events('SVC-018')).some(({ at }) => Date.parse(at) >= since) ? true : null;
  });
  fs.writeFileSync(guard, text);
  await node.ask('systemctl', 'daemon-reload');
  await ended(passive, 'SVC-018');
  await until('none of it to run', REACHED_MS, async (seen) => {
    const { stdout } = await node.run('sh', '-c', "grep -l 'srv/data/[l]edger' /proc/[0-9]*/cmdline");
    seen(stdout);
    return stdout === '' ? true : null;
  });
}

async function wrongPeerAddress(pair: NodePair): Promise<void> {
  const right = pair.network.addresses.map((address) => `${address}:57348`).toReversed();
  for (const { serverFile } of pair.servers) changeSettings(serverFile, { channel: { peers: [NOBODY] } });
  await restarted(pair);
  const since = performance.now();
  for (const server of pair.servers) {
    // It may be found before all that the daemon works with has started.
    const found = await until(`the wrong address to be told by ${server.title}`, REACHED_MS, async (seen) => {
      const { findings, fileSystem, registry } = await server.status();
      seen(JSON.stringify({ findings, fileSystem, registry }));
      const areOutOfSync = [fileSystem, registry].every((one) => one.status === 'Out of sync' && one.check === null);
      return areOutOfSync ? (findings.find(({ code }) => code === 'CHN-032') ?? null) : null;
    });
    expect([found.item, found.server]).toEqual([`route ${NOBODY}`, server.title]);
  }
  within('a wrong peer address', since);
  for (const [index, { serverFile }] of pair.servers.entries())
    changeSettings(serverFile, { channel: { peers: [right[index]] } });
  await restarted(pair);
  await pair.synchronized();
  await until('the registry to be Synchronized', REACHED_MS, async (seen) => {
    const { registry } = await pair.passive.status();
    seen(JSON.stringify(registry));
    return registry.status === 'Synchronized' ? true : null;
  });
}

/** One that only is reported, and one that is to be ended. */
async function clientProgramLeftOpen({ active, passive }: NodePair): Promise<void> {
  fs.writeFileSync(join(active.data, 'log'), 'one\n');
  await until('the file to arrive', REACHED_MS, () => (fs.existsSync(join(passive.data, 'log')) ? true : null));
  const left = passive.node.run('tail', '--follow', '/srv/data/log');
  // A program that has just been started may be found before it has opened anything.
  const found = await until('the program to be told with what it holds', REACHED_MS, async (seen) => {
    const programs = await active.findings('SVC-021');
    seen(JSON.stringify(programs));
    return programs.find(({ cause }) => cause.includes('holds /srv/data/log open; it is only reported')) ?? null;
  });
  expect([found.item, found.server]).toEqual(['tail', 'secondary']);
  expect(found.evidence.join()).toMatch(/tail --follow \/srv\/data\/log \(user 0\)/);
  fs.writeFileSync(passive.node.file('/var/reporter'), 'while :; do sleep 1; done\n');
  const reporter = await passive.node.run('sh', '/var/reporter');
  expect(reporter.status).not.toBe(0);
  const fixed = await active.run('fix', found.id);
  expect([fixed.status, fixed.stderr]).toEqual([0, '']);
  await left;
  await ended(active, 'SVC-021');
}

async function antivirusHoldsFile(pair: NodePair, antivirus: NodeAntivirus): Promise<void> {
  const { active, passive } = pair;
  const settings = antivirus.settings;
  fs.writeFileSync(join(active.data, 'infected'), VIRUS);
  await until('the file to arrive', REACHED_MS, () => (fs.existsSync(join(passive.data, 'infected')) ? true : null));
  await pair.synchronized();
  await antivirus.start('/srv/data/infected');
  fs.writeFileSync(join(active.data, 'infected'), 'healed');
  const since = performance.now();
  const [held, cause] = await until('the file to be told under its cause', REACHED_MS, async (seen) => {
    const { findings, fileSystem } = await active.status();
    seen(JSON.stringify({ findings, fileSystem }));
    return fileSystem.status === 'Out of sync' ? underCause(findings, 'N29', 'DIA-021') : null;
  });
  within('an antivirus that holds a file', since);
  expect([held.item, cause.item]).toEqual(['/srv/data/infected', '/srv/data']);
  expect(held.cause).toContain('the antivirus program clamonacc of ClamAV');
  const plan = 'put `OnAccessExcludePath /srv/data` into /etc/clamav/clamd.conf and restart clamav-clamonacc.service';
  expect(cause.action).toBe(plan);

  const fixed = await active.run('fix', cause.id);
  expect([fixed.status, fixed.stderr]).toEqual([0, '']);
  await ended(active, 'N29');
  await ended(active, 'DIA-021');
  await until('the file to be the same', REACHED_MS, (seen) => {
    const copy = fs.readFileSync(join(passive.data, 'infected'), 'utf8');
    seen(copy);
    return copy === 'healed' ? true : null;
  });
  await pair.synchronized();
  expect(antivirus.settings).toContain('\nOnAccessExcludePath /srv/data\n');
  expect(await passive.node.activeState('clamav-clamonacc.service')).toBe('active');

  const released = await active.run('services', 'release');
  expect(released.stdout).toContain('/etc/clamav/clamd.conf');
  expect(antivirus.settings).toBe(settings);
}

/** Changes that were held back since then (milliseconds since 1970), for a file was in use. */
async function heldSince(server: NodeServer, since: number): Promise<readonly EventRecord[]> {
  const events = await server.events('N29');
  return events.filter(({ at, level }) => Date.parse(at) >= since && level === 'error');
}

function underCause(findings: readonly Finding[], code: string, causeCode: string): [Finding, Finding] | null {
  const finding = findings.find((one) => one.code === code);
  const cause = findings.find(({ id }) => id === finding?.parent);
  return finding === undefined || cause?.code !== causeCode ? null : [finding, cause];
}

async function ended(server: NodeServer, code: string): Promise<void> {
  await until(`no ${code} any more`, REACHED_MS, async (seen) => {
    const found = await server.findings(code);
    seen(JSON.stringify(found));
    return found.length === 0 ? true : null;
  });
}

async function restarted({ servers }: NodePair): Promise<void> {
  await Promise.all(servers.map(({ node }) => node.ask('systemctl', 'restart', DAEMON_UNIT)));
  await Promise.all(servers.map((server) => server.answers()));
}

function within(what: string, since: number): void {
  const tookMs = performance.now() - since;
  process.stdout.write(`${what}: named after ${(tookMs / 1000).toFixed(1)} s\n`);
  expect(tookMs).toBeLessThanOrEqual(TOLD_MS_MAX);
}
