import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { CommandManager } from '../../src/services/commands.ts';
import type { ServiceFacts, ServiceState } from '../../src/services/service.ts';
import { systemPrograms } from '../../src/system/processes/programs.ts';
import { ON_ONE_NETWORK, startNodePair } from '../support/nodes/node-pair.ts';
import type { NodeServer } from '../support/nodes/node-server.ts';
import { RunningSupervisor } from '../support/supervisors.ts';
import { until } from '../support/until.ts';

const REACHED_MS = 120_000;
const TIMES = { startTimeoutMs: 20_000, stopTimeoutMs: 20_000 };
const STARTS = '/var/starts';
/** The usual folder is a link, which leads elsewhere as this machine sees it. */
const SERVICE = '/var/services/shop';

it.each(['runit', 's6', 'supervisord'] as const)('%s starts, stops, kills and tells how a service is', async (kind) => {
  const managerOf = ({ supervisor }: RunningSupervisor): CommandManager =>
    new CommandManager({
      title: kind,
      programs: systemPrograms,
      changed: () => {},
      commandsOf: (service) => supervisor.commandsOf(service, TIMES),
    });
  await using running = await RunningSupervisor.start(kind, async (one) => {
    // It can't be asked before it is there.
    const seen = await managerOf(one)
      .look([one.service])
      .catch(() => null);
    return seen?.get(one.service)?.state === 'Stopped';
  });
  const { service } = running;
  const manager = managerOf(running);
  const reached = (state: ServiceState): Promise<ServiceFacts> =>
    until(`the service to be ${state}`, REACHED_MS, async (seen) => {
      const facts = (await manager.look([service])).get(service);
      seen(JSON.stringify(facts));
      return facts?.state === state ? facts : null;
    });
  await manager.start(service);
  const facts = await reached('Running');
  if (kind !== 'supervisord') expect(facts).toMatchObject({ start: 'Manual', recovery: 'Take No Action' });
  await manager.stop(service);
  expect(await reached('Stopped')).toMatchObject({ detail: null });
  await manager.start(service);
  await reached('Running');
  // Nobody starts it again.
  await manager.kill(service);
  await reached('Stopped');
  const none = kind === 'supervisord' ? 'none' : `${service}-none`;
  // s6 tells no folder that is not there from one that nobody looks after.
  if (kind === 's6') await expect(manager.look([none])).rejects.toThrow('s6-supervise not running');
  else expect((await manager.look([none])).get(none)?.state).toBe('Missing');
});

function furnish({ node }: NodeServer): void {
  fs.mkdirSync(node.file(SERVICE), { recursive: true });
  const lines = ['#!/bin/sh', `echo started >>${STARTS}`, 'exec sleep infinity', ''];
  fs.writeFileSync(node.file(join(SERVICE, 'run')), lines.join('\n'), { mode: 0o755 });
  fs.writeFileSync(node.file(STARTS), '');
  node.writeUnit('services.service', ['[Service]', `ExecStart=/usr/bin/runsvdir -P ${dirname(SERVICE)}`]);
  fs.symlinkSync('../services.service', node.file('/etc/systemd/system/multi-user.target.wants/services.service'));
}

function starts({ node }: NodeServer): number {
  return fs.readFileSync(node.file(STARTS), 'utf8').split('\n').length - 1;
}

it('holds a service of runit where it is to be, also across a boot, and gives it back', async () => {
  const services = [{ name: SERVICE, manager: 'runit' as const, onFailure: ['recover' as const] }];
  await using pair = await startNodePair({ pairSettings: { preset: ON_ONE_NETWORK, protect: { services } }, furnish });
  const { active, passive } = pair;
  const down = pair.servers.map(({ node }) => node.file(join(SERVICE, 'down')));
  const reached = (): Promise<true> =>
    until('the service to run on the active server alone', REACHED_MS, async (seen) => {
      const { services: seenServices = [] } = await active.status();
      seen(JSON.stringify(seenServices));
      return seenServices.map(({ actual }) => actual).join() === 'Running,Stopped' ? true : null;
    });
  await pair.adopted();
  await reached();
  expect(down.map((file) => fs.existsSync(file))).toEqual([true, true]);
  // On the passive server it is stopped again; on the active one it is started again.
  await passive.node.ask('sv', 'up', SERVICE);
  expect((await passive.finding('SVC-010')).item).toBe(SERVICE);
  await reached();
  const before = starts(active);
  await active.node.ask('sv', 'kill', SERVICE);
  await until('it to be started again', REACHED_MS, () => (starts(active) > before ? true : null));
  await reached();

  // runit would start it again by itself from here on.
  await active.node.ask('sv', 'up', SERVICE);
  expect((await active.finding('SVC-017')).item).toBe(SERVICE);
  await active.node.ask('sv', 'once', SERVICE);
  await until('that to be over', REACHED_MS, async () =>
    (await active.status()).findings.every(({ code }) => code !== 'SVC-017') ? true : null,
  );

  const count = starts(passive);
  await passive.node.reboot();
  await passive.answers();
  // Until then the active server shows what the passive one told before its boot, and can't ask it anything.
  await pair.synchronized({ after: Date.now() });
  await reached();
  expect(starts(passive)).toBe(count);
  const released = await active.run('services', 'release');
  expect([released.status, released.stderr]).toEqual([0, '']);
  expect(down.map((file) => fs.existsSync(file))).toEqual([false, false]);
});
