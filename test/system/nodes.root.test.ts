import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startNodePair } from '../support/nodes/node-pair.ts';
import { DAEMON_UNIT, type NodeServer } from '../support/nodes/node-server.ts';
import { until } from '../support/until.ts';

const SEEN_MS = 120_000;
/** With what no server may get from another one, whose paths here are the machine's own. */
const INCLUDE = ['/srv/data/**', '/usr/share/shop/**', '/proc/**'];

/** The machines that tests of services, roles and cables stand on. */
it('keeps two machines with systemd in sync through a power cut, a reboot and cut cables', async () => {
  const beganAt = performance.now();
  await using pair = await startNodePair({ pairSettings: { preset: 'lan', protect: { files: { include: INCLUDE } } } });
  await pair.synchronized();
  process.stdout.write(`two nodes booted, paired and Synchronized in ${Math.round(performance.now() - beganAt)} ms\n`);
  const { active, passive, network } = pair;

  fs.writeFileSync(join(active.data, 'first'), 'one');
  await arrived(join(passive.data, 'first'), 'one');

  // Both ways, and then one: nothing that comes to the passive server is heard there.
  for (const [which, name] of [
    ['both', 'second'],
    ['second', 'third'],
  ] as const) {
    network.cut(which);
    await until('the channel to be lost', SEEN_MS, async () =>
      (await active.status()).channel.status === 'Not connected' ? true : null,
    );
    fs.writeFileSync(join(active.data, name), 'two');
    network.heal();
    await arrived(join(passive.data, name), 'two');
  }

  await passive.node.powerCut();
  expect(await passive.statusOrNull()).toBeNull();
  fs.writeFileSync(join(active.data, 'fourth'), 'four');
  await passive.node.boot();
  await arrived(join(passive.data, 'fourth'), 'four');
  expect(await passive.node.activeState(DAEMON_UNIT)).toBe('active');

  const before = await passive.node.ask('cat', '/proc/sys/kernel/random/boot_id', '/proc/1/stat');
  await passive.node.reboot();
  expect(await passive.node.ask('cat', '/proc/sys/kernel/random/boot_id', '/proc/1/stat')).not.toBe(before);
  await pair.synchronized({ after: Date.now() });

  // A service may do there what a server's may: watch file systems, and mount with FUSE.
  expect((await active.status()).capture).toEqual([{ folder: '/srv/data', kind: 'watch' }]);
  expect((await active.findings('SYS-002')).length).toBe(0);
  expect((await active.node.ask('stat', '--format', '%F', '/dev/fuse')).trim()).toBe('character special file');
  await refusesSystemFolders(active);
  await tellsFullTable(active);
});

/** One by one: the folder beside them is protected, as all of the above shows. */
async function refusesSystemFolders(server: NodeServer): Promise<void> {
  const { filters, findings } = await server.status();
  expect(filters.map(({ pattern, state }) => `${pattern}: ${state}`)).toEqual([
    '/srv/data/**: Effective',
    '/usr/share/shop/**: Not Effective',
    '/proc/**: Not Effective',
  ]);
  const told = findings.filter(({ code }) => code === 'CFG-006').map(({ cause }) => cause);
  for (const folder of ['/usr', '/proc']) {
    expect(told.filter((cause) => cause.includes(`would protect ${folder}, which`)).length).toBeGreaterThan(0);
  }
}

/** The table of open files is one for all that runs on this kernel: the node is told another figure. */
async function tellsFullTable(server: NodeServer): Promise<void> {
  const told = '/var/file-nr';
  fs.writeFileSync(server.node.file(told), '9500\t0\t10000\n');
  await server.node.ask('mount', '--bind', told, '/proc/sys/fs/file-nr');
  await server.node.ask('systemctl', 'restart', DAEMON_UNIT);
  await server.answers();
  expect((await server.finding('SYS-015', SEEN_MS)).cause).toContain('9500 of 10000 are in use');
  fs.writeFileSync(server.node.file(told), '500\t0\t10000\n');
  await until('the finding to end', SEEN_MS, async (seen) => {
    const left = await server.findings('SYS-015');
    seen(JSON.stringify(left));
    return left.length === 0 ? true : null;
  });
}

function arrived(path: string, content: string): Promise<true> {
  return until(`${path} to arrive`, SEEN_MS, (seen) => {
    const found = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null;
    seen(String(found));
    return found === content ? true : null;
  });
}
