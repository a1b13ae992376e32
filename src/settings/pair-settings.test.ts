import { describe, expect, it } from 'vitest';
import { GIB } from '../kernel/units.ts';
import { describe as tell } from '../problems/problem.ts';
import type { ServerFolders } from './forbidden-folders.ts';
import { parsePairSettings } from './pair-settings.ts';
import type { PairSettings } from './settings.ts';

function good(text: string, server?: ServerFolders): PairSettings {
  const parsed = parsePairSettings(text, 'pair.yaml', server);
  if (parsed.kind === 'problems') throw new Error(parsed.problems.map((one) => one.message).join('\n'));
  return parsed.settings;
}

function bad(text: string, server?: ServerFolders): string {
  const parsed = parsePairSettings(text, '/etc/understudy/pair.yaml', server);
  const problems = parsed.kind === 'settings' ? parsed.warnings : parsed.problems;
  return problems.map((one) => `[${one.code}] ${tell(one).message} ${tell(one).resolution}`).join('\n');
}

function including(...include: string[]): string {
  return `pair: shop\nprotect:\n  files:\n    include: ${JSON.stringify(include)}`;
}

describe('pair.yaml', () => {
  it('needs only the name; everything else has a default', () => {
    expect(good('pair: shop')).toEqual({
      pair: 'shop',
      active: 'primary',
      protect: { files: { include: [], exclude: [], refused: [] }, registry: [], services: [], programs: [] },
      services: { checkIntervalMs: 1000 },
      health: { probes: [], rules: [] },
      hooks: [],
      snapshots: { schedule: [], command: null, timeoutMs: 60_000 },
      capture: 'auto',
      replication: { mode: 'asynchronous', onPeerLoss: 'degrade', holdMsMax: null, answerMsMax: 10_000 },
      check: { onStart: 'full', schedule: '02:00', bytesPerSecondMax: 0 },
      apply: { readers: 'ignore' },
      orphans: 'quarantine',
      quarantine: { sizeBytesMax: 10 * GIB },
      massLoss: { itemsMin: 50 },
      preset: 'default',
      channel: {
        waitMs: 5000,
        heartbeatMs: 1000,
        lostAfterMs: 5000,
        connectTimeoutMs: 10_000,
        reconnectDelayMsMin: 200,
        reconnectDelayMsMax: 5000,
        timeDifferenceMaxMs: 5000,
        bytesPerSecondMax: 0,
      },
      queues: { ageMsMax: 60_000 },
    });
  });

  it('takes the whole of the product as far as this release has it', () => {
    const settings = good(`
pair: shop
active: secondary
protect:
  files:    { include: [ "/srv/shop/**", "/etc/shop.conf" ], exclude: [ "/srv/shop/cache/**", "/srv/*/tmp/*.bak" ] }
  registry: []
  services: []
capture: watch
replication: { mode: asynchronous, onPeerLoss: degrade }
check: { onStart: fast, schedule: null }
orphans: log
`);
    expect(settings.protect.files.include).toEqual(['/srv/shop/**', '/etc/shop.conf']);
    expect(settings.check).toEqual({ onStart: 'fast', schedule: null, bytesPerSecondMax: 0 });
    expect(Object.isFrozen(settings.protect.files.include)).toBe(true);
  });

  it('reads a time without quotes as a time', () => {
    expect(good('pair: shop\ncheck: { schedule: 23:59 }').check.schedule).toBe('23:59');
  });

  it.each([
    ['lan', 500, 2000],
    ['default', 1000, 5000],
    ['cloud', 5000, 30_000],
  ])('the preset %s gives its own heartbeat, unless it is given', (preset, heartbeatMs, lostAfterMs) => {
    expect(good(`pair: shop\npreset: ${preset}`).channel).toMatchObject({ heartbeatMs, lostAfterMs });
    expect(good(`pair: shop\npreset: ${preset}\nchannel: { heartbeatMs: 100 }`).channel).toMatchObject({
      heartbeatMs: 100,
      lostAfterMs,
    });
  });

  it.each([
    ['pair: "a b"', ':1: pair: must be a name of letters', 'Possible is a name'],
    ['active: primary', ':1: pair: is missing', 'Possible is a name'],
    ['pair: shop\nchanel: {}', ':2: chanel: there is no such', 'Did you mean channel?'],
    ['pair: shop\nheartbeatMs: 5', ':2: heartbeatMs: there is no such', 'Did you mean channel.heartbeatMs?'],
    ['pair: shop\nchannel:\n  hartbeatMs: 5', ':3: channel.hartbeatMs:', 'Did you mean channel.heartbeatMs?'],
    ['pair: shop\nprotect:\n  file: {}', ':3: protect.file:', 'Did you mean protect.files?'],
    ['pair: shop\nprotect: { files: { includes: [] } }', ':2: protect.files.includes:', 'protect.files.include?'],
    ['pair: shop\ncheck: { schedule: "24:00" }', ':2: check.schedule: must be a time `HH:MM`', 'or null'],
    ['pair: shop\norphans: remove', ':2: orphans: must be one of quarantine, log, delete', 'Possible is one of'],
    ['pair: shop\ncapture: wach', ':2: capture: must be one of', 'Did you mean watch?'],
    ['pair: shop\nchannel: { waitMs: -1 }', ':2: channel.waitMs: must be a whole number from 0 to 60000, not -1', ''],
    ['pair: shop\nchannel: { waitMs: 1.5 }', ':2: channel.waitMs: must be a whole number', ''],
    [
      'pair: shop\nchannel:\n  heartbeatMs: 1000\n  lostAfterMs: 2999',
      ':4: channel.lostAfterMs: channel.lostAfterMs (2999) must be at least three times',
      'Set channel.lostAfterMs to 3000 or more.',
    ],
    [
      'pair: shop\nchannel:\n  heartbeatMs: 2000',
      ':3: channel.heartbeatMs: channel.lostAfterMs (5000) must be at least three times',
      'Set channel.lostAfterMs to 6000 or more.',
    ],
    [
      'pair: shop\nchannel: { reconnectDelayMsMin: 300, reconnectDelayMsMax: 200 }',
      ':2: channel.reconnectDelayMsMin:',
      'Set channel.reconnectDelayMsMax to 300 or more.',
    ],
  ])('refuses %j', (text, message, hint) => {
    const told = bad(text);
    expect(told).toContain(`[CFG-002] /etc/understudy/pair.yaml${message}`);
    expect(told).toContain(hint);
  });

  it.each([
    ['protect:\n  services: [ { name: shop } ]', ':3: protect.services[0].name: shop must be the whole name of a unit'],
    ['protect:\n  services: [ { name: understudyd.service } ]', 'is Understudy itself'],
    ['protect:\n  services: [ { name: a.service }, { name: a.service } ]', 'the service a.service is listed twice'],
    ['protect:\n  services: [ { name: a, manager: command, start: [x] } ]', 'the commands stop, status are missing'],
    ['protect:\n  services: [ { name: shop/x, manager: runit } ]', "shop/x can't be a service of runit"],
    ['protect:\n  services: [ { name: -c, manager: supervisord } ]', "-c can't be a service of supervisord"],
    ['protect:\n  services: [ { name: a.service, start: [x] } ]', 'goes only with manager: command'],
    ['protect:\n  services: [ { name: a.service, onFailure: [switchover] } ]', 'protect.services[0].onFailure[0]'],
  ])('refuses the service in %j', (text, message) => {
    expect(bad(`pair: shop\n${text}`)).toContain(message);
  });

  it('knows services with all that may be said of them', () => {
    const command =
      '{ name: old, manager: command, start: [a, b], stop: [c], status: [d], onFailure: [warn, { command: [e] }] }';
    const { services } = good(`pair: shop\nprotect:\n  services: [ { name: shop.service }, ${command} ]`).protect;
    const usual = { manage: true, monitor: true, startTimeoutMs: 60_000, stopTimeoutMs: 60_000 };
    const onFailure = ['recover', 'recover', 'restart'];
    const commands = { start: ['a', 'b'], stop: ['c'], status: ['d'] };
    expect(services).toEqual([
      { name: 'shop.service', manager: 'systemd', commands: null, ...usual, onFailure },
      { name: 'old', manager: 'command', commands, ...usual, onFailure: ['warn', { command: ['e'] }] },
    ]);
  });

  it.each([['witness: { etcd: [] }', ':2: witness: this setting']])(
    'says that %j is not yet supported',
    (text, message) => {
      const told = bad(`pair: shop\n${text}`);
      expect(told).toContain(`[CFG-004] /etc/understudy/pair.yaml${message} is not yet supported in this release.`);
    },
  );
});

describe('protected registries', () => {
  const registry = (...all: object[]): string => `pair: shop\nprotect: { registry: ${JSON.stringify(all)} }`;
  const include = ['HKLM\\Software\\Acme\\**'];

  it('have a name and an interval by their provider', () => {
    const settings = good(registry({ provider: 'samba', include }, { provider: 'file', path: '/srv/a.reg', include }));
    expect(settings.protect.registry).toEqual([
      { provider: 'samba', name: 'samba', path: null, pollMs: 1000, include, exclude: [] },
      { provider: 'file', name: 'file', path: '/srv/a.reg', pollMs: 250, include, exclude: [] },
    ]);
  });

  it.each([
    [{ provider: 'file', include }, 'a registry of the provider file needs a path'],
    [{ provider: 'other', include }, 'protect.registry[0].provider'],
    [{ provider: 'samba', include: [] }, 'protect.registry[0].include'],
    [{ provider: 'samba', include: ['Software\\Acme'] }, 'must begin with a hive: HKLM, HKU, HKCU, HKCR, HKCC'],
    [{ provider: 'samba', include: ['HKLM'] }, 'must name a key in the hive'],
    [{ provider: 'samba', include: ['HKLM\\a\\'] }, 'nor end with'],
    [{ provider: 'samba', include: ['HKLM\\a**'] }, 'must have `**` only as a whole name'],
  ])('are refused: %j', (one, message) => {
    expect(bad(registry(one))).toContain(message);
  });

  it('may not have one name', () => {
    expect(bad(registry({ provider: 'samba', include }, { provider: 'samba', include }))).toContain(
      'two registries have the name samba',
    );
  });
});

describe('patterns', () => {
  it.each(['srv/**', '/srv/a**', '/srv/**x/y', '/srv/', '/srv//a', '/srv/../etc/**', '/srv/./a'])(
    'refuses %s',
    (one) => {
      expect(bad(including(one))).toMatch(/pair\.yaml:4: protect\.files\.include\[0\]: must/);
    },
  );

  it.each(['/', '/**', '/*', '/*/x', '/**/x', '/fstab'])('refuses %s, which would protect the whole machine', (one) => {
    expect(bad(including(one))).toContain(':4: protect.files.include[0]: would protect the whole machine');
  });

  it.each(['/proc/**', '/sys/kernel/**', '/dev/shm/*', '/run/lock/x'])('refuses %s, where the kernel lives', (one) => {
    expect(bad(including(one))).toContain('would protect /');
  });

  it('refuses them one by one, and protects the others', () => {
    const parsed = parsePairSettings(including('/srv/**', '/proc/**', '/usr/**', '/opt/x'), 'pair.yaml');
    if (parsed.kind === 'problems') throw new Error('refused as a whole');
    const { include, refused } = parsed.settings.protect.files;
    expect(include).toEqual(['/srv/**', '/opt/x']);
    expect(refused.map(({ pattern }) => pattern)).toEqual(['/proc/**', '/usr/**']);
    expect(parsed.warnings.map(({ code }) => code)).toEqual(['CFG-006', 'CFG-006']);
  });

  it.each(['/usr/**', '/usr/share/x', '/boot/*', '/etc/**', '/etc/*', '/etc/passwd', '/var/**', '/var/lib/dpkg/**'])(
    'refuses %s, which would break the other machine',
    (one) => {
      expect(bad(including(one))).toContain('[CFG-006] /etc/understudy/pair.yaml:4: protect.files.include[0]: would');
    },
  );

  it.each(['/etc/nginx/**', '/usr/local/**', '/usr/local/shop/*', '/var/lib/shop/**', '/var/www/**', '/home/**'])(
    'protects %s',
    (one) => {
      expect(good(including(one)).protect.files.include).toEqual([one]);
    },
  );

  it('protects a folder where its excludes leave out what is forbidden', () => {
    const exclude = ['lib/dpkg', 'lib/rpm', 'lib/pacman', 'lib/apt', 'lib/systemd', 'lib/dbus', 'run', 'lock'];
    const text = `${including('/var/**')}\n    exclude: ${JSON.stringify(exclude.map((one) => `/var/${one}/**`))}`;
    expect(good(text).protect.files.refused).toEqual([]);
  });

  it.each(['/srv/**', '/srv/*/x', '/srv/a*b/**/*.db', '/procedures/**', '/srv/a'])('takes %s', (one) => {
    expect(good(including(one)).protect.files.include).toEqual([one]);
  });

  it('warns of an exclude that excludes nothing', () => {
    const text = `${including('/srv/shop/**')}\n    exclude: [ "/srv/shop/tmp/**", "/srv/*/x", "/var/tmp/**" ]`;
    const parsed = parsePairSettings(text, 'pair.yaml');
    const warnings = parsed.kind === 'settings' ? parsed.warnings.map((one) => `${one.code} ${one.message}`) : [];
    expect(warnings).toEqual(['CFG-003 pair.yaml:5: protect.files.exclude[2]: excludes nothing that is included.']);
  });
});

describe("this server's own folders", () => {
  const server = (base: string, stateDirectory: string): ServerFolders => ({
    base,
    stateDirectory,
    queues: { directory: `${stateDirectory}/queues` },
  });

  it.each([
    ['/var/lib/**', '/', '/var/lib/understudy'],
    ['/var/lib/understudy/**', '/', '/var/lib/understudy'],
    ['/var/lib/understudy/queues/x', '/', '/var/lib/understudy'],
    ['/var/*/under*/**', '/', '/var/lib/understudy'],
    ['/srv/**', '/trial/a', '/trial/a/srv/state'],
  ])('refuses %s (base %s, state %s)', (include, base, state) => {
    expect(bad(including(include), server(base, state))).toContain(':4: protect.files.include[0]: would protect ');
  });

  it.each([
    ['/var/lib/shop/**', '/', '/var/lib/understudy'],
    ['/var/lib/*', '/', '/var/lib/understudy/state'],
    ['/srv/**', '/trial/a', '/trial/state'],
    ['/srv/**', '/trial/a', '/srv/state'],
  ])('takes %s (base %s, state %s)', (include, base, state) => {
    expect(good(including(include), server(base, state)).pair).toBe('shop');
  });

  it('takes an include whose exclude leaves them out', () => {
    const text = `${including('/var/lib/**')}\n    exclude: [ "/var/lib/understudy/**" ]`;
    expect(good(text, server('/', '/var/lib/understudy')).pair).toBe('shop');
  });

  it('looks at the folder of the queues too', () => {
    const folders = { base: '/', stateDirectory: '/var/lib/understudy', queues: { directory: '/srv/q' } };
    expect(bad(including('/srv/**'), folders)).toContain("would protect /srv/q, Understudy's own queues.directory");
  });
});

describe('health', () => {
  const health = (text: string): string =>
    `pair: shop\nprotect: { services: [ { name: a.service } ] }\nhealth: ${text}`;

  it('takes probes and rules with all that may be said of them', () => {
    const { probes, rules } = good(
      health(`{ probes: [ { name: web, http: "http://127.0.0.1/x", service: a.service, latched: true }, { name: port, tcp: "127.0.0.1:5432" } ],
                rules: [ { name: disk, of: disk, path: /srv, max: 90 }, { name: load, of: load, max: 2.5, forMs: 0 } ] }`),
    ).health;
    expect(probes[0]).toMatchObject({ intervalMs: 10_000, timeoutMs: 5_000, failures: 3, latched: true });
    expect(probes[1]?.tcp).toEqual({ host: '127.0.0.1', port: 5432 });
    expect(rules.map(({ forMs }) => forMs)).toEqual([60_000, 0]);
  });

  it.each([
    ['{ probes: [ { name: x } ] }', 'health.probes[0].name: must ask one of http, tcp and command'],
    ['{ probes: [ { name: x, http: "http://a", command: [a] } ] }', 'must ask one of http, tcp and command'],
    ['{ probes: [ { name: x, http: "ftp://a" } ] }', 'ftp://a is no address of the web'],
    ['{ probes: [ { name: x, tcp: "a:1", service: b.service } ] }', 'b.service is not listed in protect.services'],
    ['{ rules: [ { name: x, of: disk, max: 90 } ] }', 'health.rules[0].of: needs a path'],
    ['{ rules: [ { name: x, of: memory, path: /srv, max: 90 } ] }', 'goes only with of: disk'],
    ['{ rules: [ { name: x, of: memory, max: 101 } ] }', 'is a percentage'],
    ['{ probes: [ { name: x, command: [a] } ], rules: [ { name: x, of: load, max: 1 } ] }', 'is given twice'],
  ])('%s is refused', (text, reason) => {
    expect(bad(health(text))).toContain(reason);
  });
});

describe('hooks', () => {
  const hooks = (text: string): string => `pair: shop\nprotect: { services: [ { name: a.service } ] }\nhooks: ${text}`;

  it('takes hooks with all that may be said of them', () => {
    const text = '[ { name: warm, when: afterStart, service: a.service, command: [a], user: www-data, on: both } ]';
    expect(good(hooks(text)).hooks).toEqual([
      {
        name: 'warm',
        when: 'afterStart',
        service: 'a.service',
        command: ['a'],
        user: 'www-data',
        on: 'both',
        timeoutMs: 60_000,
      },
    ]);
  });

  it.each([
    ['[ { name: x, when: periodic, command: [a] } ]', 'hooks[0].when: periodic needs everyMs'],
    ['[ { name: x, when: periodic, everyMs: 1000, service: a.service, command: [a] } ]', 'goes not with periodic'],
    ['[ { name: x, when: afterStop, command: [a] } ]', 'afterStop needs a service'],
    ['[ { name: x, when: afterStop, service: b.service, command: [a] } ]', 'b.service is not listed'],
    [
      '[ { name: x, when: afterStop, service: a.service, everyMs: 1000, command: [a] } ]',
      'goes only with when: periodic',
    ],
    ['[ { name: x, when: periodic, everyMs: 1000, command: [a], user: "-x" } ]', 'hooks[0].user'],
    [
      '[ { name: x, when: periodic, everyMs: 1000, command: [a] }, { name: x, when: periodic, everyMs: 1000, command: [a] } ]',
      'given twice',
    ],
  ])('%s is refused', (text, reason) => {
    expect(bad(hooks(text))).toContain(reason);
  });
});
