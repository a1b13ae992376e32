import { expect, it } from 'vitest';
import type { ConfigFiles } from '../kernel/config-files.ts';
import { dropInOf, type GuardedUnit, permitOf } from './guard.ts';
import { propertiesOf } from './systemctl.ts';
import { pathOf } from './systemd-bus.ts';
import { SystemdManager, unitsToGuard } from './systemd.ts';
import { groupOf, type UnitControl, type UnitProperties, type UnitStates } from './unit.ts';

const STOPPED: UnitProperties = {
  ...propertiesOf(() => ''),
  loadState: 'loaded',
  activeState: 'inactive',
  subState: 'dead',
  fileState: 'disabled',
  restart: 'no',
};
const UNITS: readonly GuardedUnit[] = [
  { name: 'shop.service', kind: 'service', isWanted: true },
  { name: 'shop.socket', kind: 'trigger', isWanted: true },
  { name: 'till.service', kind: 'dependent', isWanted: false },
];

/** A systemd that does nothing but answer and remember. */
class Trial {
  readonly units = new Map<string, UnitProperties>();
  readonly files = new Map<string, string>();
  readonly done: string[] = [];
  refused: string | null = null;
  readonly groups = new Map<string, readonly number[]>();
  commands: readonly string[] = [];
  readonly manager: SystemdManager;
  readonly control: UnitControl;

  constructor(adopted: readonly GuardedUnit[] = UNITS) {
    const one = (what: string) => async (unit: string) => {
      this.done.push(`${what} ${unit}`);
      if (`${what} ${unit}` === this.refused) throw new Error('refused');
    };
    this.control = {
      states: async (names) => new Map(names.map((name): [string, UnitStates] => [name, this.unit(name)])),
      properties: async (name) => {
        this.done.push(`ask ${name}`);
        return this.unit(name);
      },
      start: one('start'),
      stop: one('stop'),
      kill: one('kill'),
      restart: async () => {},
      resetFailed: async () => {},
      reload: async () => {},
      watch: async () => {},
      close: () => {},
    };
    const files = {
      read: (path: string) => this.files.get(path) ?? null,
      write: (path: string, text: string) => void this.files.set(path, text),
      remove: (path: string) => void this.files.delete(path),
      makeFolder: () => {},
    } as unknown as ConfigFiles;
    const lineage = (id: number): string => `${id} shopd (user 0)`;
    const traces = {
      lineage,
      commandsAbout: () => this.commands,
      startedAtUs: () => 1_000_000,
      inGroup: (group: string) => this.groups.get(group) ?? [],
      endGroup: (group: string, how: string) => void this.done.push(`${how} ${group}`),
    };
    this.manager = new SystemdManager({ control: this.control, files, traces, unitsOf: () => adopted });
  }

  unit(name: string): UnitProperties {
    return this.units.get(name) ?? STOPPED;
  }

  set(name: string, more: Partial<UnitProperties>): void {
    this.units.set(name, { ...this.unit(name), ...more });
  }
}

it('tells how a service and what goes along with it are, asking for everything only where it may have changed', async () => {
  const trial = new Trial();
  const guard = dropInOf('shop.service');
  trial.set('shop.service', { activeState: 'active', subState: 'running', run: 'a1', dropIns: [guard] });
  const look = async () => (await trial.manager.look(['shop.service'])).get('shop.service');
  expect(await look()).toMatchObject({
    state: 'Running',
    run: 'a1',
    start: 'Manual',
    recovery: 'Take No Action',
    isGuarded: true,
    attached: [
      { name: 'shop.socket', kind: 'trigger', state: 'Stopped' },
      { name: 'till.service', kind: 'dependent', state: 'Stopped' },
    ],
  });
  const asked = trial.done.length;
  await look();
  expect(trial.done.length).toBe(asked);
  // Its state is another one; systemd said so; so many looks have gone by.
  trial.set('shop.service', { activeState: 'failed', subState: 'failed', result: 'exit-code' });
  expect(await look()).toMatchObject({ state: 'Failed', detail: 'systemd says exit-code' });
  trial.set('shop.service', { restart: 'always' });
  trial.manager.forget('shop.service');
  expect((await look())?.recovery).toBe('Restart (always)');
  trial.set('shop.socket', { fileState: 'enabled' });
  for (let looks = 0; looks < 10; looks += 1) await look();
  expect((await look())?.start).toBe('Automatic');
  trial.set('shop.service', { loadState: 'not-found' });
  expect((await look())?.state).toBe('Missing');
});

it('takes what a generator enables at each boot for Manual where the guard refuses it, and what somebody enabled not', async () => {
  const trial = new Trial([{ name: 'shop.service', kind: 'service', isWanted: true }]);
  const start = async (): Promise<string | null | undefined> => {
    trial.manager.forgetAll();
    return (await trial.manager.look(['shop.service'])).get('shop.service')?.start;
  };
  trial.set('shop.service', { fileState: 'enabled-runtime' });
  expect(await start()).toBe('Automatic');
  trial.set('shop.service', { dropIns: [dropInOf('shop.service')] });
  expect(await start()).toBe('Manual');
  trial.set('shop.service', { fileState: 'enabled' });
  expect(await start()).toBe('Automatic');
});

it('does not keep what it asked for before files of units were changed', async () => {
  const trial = new Trial([{ name: 'shop.service', kind: 'service', isWanted: true }]);
  const ask = trial.control.properties;
  trial.control.properties = async (unit) => {
    const before = await ask(unit);
    trial.control.properties = ask;
    trial.set('shop.service', { dropIns: [dropInOf('shop.service')] });
    trial.manager.forgetAll();
    return before;
  };
  const look = async () => (await trial.manager.look(['shop.service'])).get('shop.service')?.isGuarded;
  expect([await look(), await look()]).toEqual([false, true]);
});

it('starts what was wanted with it and stops all of it, whatever one of them says', async () => {
  const trial = new Trial();
  trial.refused = 'start shop.socket';
  await expect(trial.manager.start('shop.service')).rejects.toThrow('refused');
  trial.refused = 'stop shop.socket';
  await expect(trial.manager.stop('shop.service')).rejects.toThrow('refused');
  expect(trial.done).toEqual([
    ...['start shop.socket', 'start shop.service'],
    ...['stop shop.socket', 'stop till.service', 'stop shop.service'],
  ]);
  trial.manager.permit('shop.service', true);
  expect([...trial.files.keys()]).toEqual([permitOf('shop.service')]);
  trial.manager.permit('shop.service', false);
  expect(trial.files.size).toBe(0);
});

it('starts what ran with it again that it stopped itself, though it was not wanted before', async () => {
  const trial = new Trial();
  trial.set('till.service', { activeState: 'active', subState: 'running' });
  await trial.manager.stop('shop.service');
  trial.set('till.service', { activeState: 'inactive', subState: 'dead' });
  await trial.manager.stop('shop.service');
  trial.done.length = 0;
  await trial.manager.start('shop.service');
  await trial.manager.start('shop.service');
  expect(trial.done.filter((one) => one.startsWith('start'))).toEqual([
    ...['start shop.socket', 'start shop.service', 'start till.service'],
    ...['start shop.socket', 'start shop.service'],
  ]);
});

it('ends what is left of a service that systemd gave up, and not what its unit leaves', async () => {
  const trial = new Trial([]);
  const look = async () => (await trial.manager.look(['shop.service'])).get('shop.service')?.remains;
  const given = { activeState: 'failed', subState: 'failed', result: 'start-limit-hit', slice: 'a-b.slice' };
  trial.set('shop.service', { ...given, killMode: 'mixed' });
  expect(await look()).toBeNull();
  trial.groups.set('/a.slice/a-b.slice/shop.service', [7, 8]);
  const evidence = ['7 shopd (user 0).', '8 shopd (user 0).'];
  expect(await look()).toEqual({ processes: [7, 8], evidence, meant: null });
  trial.done.splice(0);
  await trial.manager.stop('shop.service');
  await trial.manager.kill('shop.service');
  const group = '/a.slice/a-b.slice/shop.service';
  expect(trial.done).toEqual(['stop shop.service', `SIGTERM ${group}`, `SIGKILL ${group}`]);
  trial.set('shop.service', { ...given, killMode: 'process', subState: 'dead' });
  expect(await look()).toEqual({ processes: [7, 8], evidence, meant: 'KillMode=process' });
  trial.done.splice(0);
  await trial.manager.stop('shop.service');
  await trial.manager.kill('shop.service');
  expect(trial.done).toEqual(['stop shop.service', 'kill shop.service']);
  // What runs has its processes.
  trial.set('shop.service', { activeState: 'active', subState: 'running' });
  expect(await look()).toBeNull();
});

it('knows the control group of a service', () => {
  const group = (slice: string, controlGroup = ''): string | null => groupOf('shop.service', { slice, controlGroup });
  expect(group('system.slice', '/system.slice/other.service')).toBe('/system.slice/other.service');
  expect(group('system.slice')).toBe('/system.slice/shop.service');
  expect(group('-.slice')).toBe('/shop.service');
  expect(group('')).toBeNull();
});

it('says what is known of who started it, and how that got past the guard', async () => {
  const trial = new Trial();
  const origin = async () => (await trial.manager.origin('shop.service')).join(' ');
  trial.set('shop.service', { mainProcess: 9, triggeredBy: ['shop.socket'], requiredBy: ['till.service'] });
  expect(await origin()).toBe(
    `systemd was asked to start it by a command that has ended meanwhile. Its main process: 9 shopd (user 0). The guard ${dropInOf('shop.service')} is gone.`,
  );
  trial.files.set(dropInOf('shop.service'), 'guard');
  trial.commands = ['7 systemctl start shop (user 5)'];
  trial.set('shop.socket', { activeState: 'active' });
  trial.set('shop.service', { restarts: 3, restart: 'always', fileState: 'enabled', startedAtUs: 2_000_000 });
  expect(await origin()).toBe(
    [
      'shop.socket, which starts it when it is asked for, is active.',
      'This command is running: 7 systemctl start shop (user 5).',
      'systemd has restarted it 3 times (Restart=always).',
      'The machine was started with it: the unit is enabled.',
      'Its main process: 9 shopd (user 0).',
      `systemd has not read the guard ${dropInOf('shop.service')}.`,
    ].join(' '),
  );
  const later = '/etc/systemd/system/shop.service.d/99-mine.conf';
  trial.set('shop.service', { dropIns: [dropInOf('shop.service'), later] });
  expect(await origin()).toContain(`The guard is set aside by ${later}.`);
  trial.files.set(permitOf('shop.service'), '');
  expect(await origin()).toContain(`Somebody made ${permitOf('shop.service')}, which permits it.`);
});

it('guards a service with what triggers and what needs it, and knows what of that was wanted', async () => {
  const trial = new Trial();
  trial.set('shop.service', {
    triggeredBy: ['shop.socket', 'shop.timer'],
    requiredBy: ['till.service', 'multi-user.target'],
  });
  trial.set('shop.socket', { fileState: 'enabled' });
  trial.set('till.service', { activeState: 'active' });
  expect(await unitsToGuard(trial.control, 'shop.service')).toEqual([
    { name: 'shop.service', kind: 'service', isWanted: true },
    { name: 'shop.socket', kind: 'trigger', isWanted: true },
    { name: 'shop.timer', kind: 'trigger', isWanted: false },
    { name: 'till.service', kind: 'dependent', isWanted: true },
  ]);
});

it('knows the object of a unit on the bus', () => {
  expect(pathOf('shop@a-1.service')).toBe('/org/freedesktop/systemd1/unit/shop_40a_2d1_2eservice');
});

it('takes a template for no service, and asks systemd nothing about it that it would refuse', async () => {
  const trial = new Trial();
  const found = await trial.manager.look(['shop@.service', 'shop@1.service']);
  expect([found.get('shop@.service')?.state, found.get('shop@1.service')?.state]).toEqual(['Missing', 'Stopped']);
});
