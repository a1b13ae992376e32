import { describe, expect, it } from 'vitest';
import { GIB } from '../kernel/units.ts';
import { describe as tell } from '../problems/problem.ts';
import { parseServerSettings } from './server-settings.ts';
import type { ServerSettings } from './settings.ts';

function good(text: string): ServerSettings {
  const parsed = parseServerSettings(text, 'server.yaml');
  if (parsed.kind === 'problems') throw new Error(parsed.problems.map((one) => one.message).join('\n'));
  return parsed.settings;
}

/** Code, message and resolution of each problem, a line each. */
function bad(text: string): string {
  const parsed = parseServerSettings(text, '/etc/understudy/server.yaml');
  if (parsed.kind === 'settings') return 'no problem';
  return parsed.problems.map((one) => `[${one.code}] ${tell(one).message} ${tell(one).resolution}`).join('\n');
}

describe('server.yaml', () => {
  it('needs only the identity; everything else has a default', () => {
    expect(good('identity: secondary')).toEqual({
      identity: 'secondary',
      stateDirectory: '/var/lib/understudy',
      base: '/',
      channel: { listen: [{ host: '0.0.0.0', port: 57348 }], peers: [] },
      api: { listen: { host: '127.0.0.1', port: 52267 } },
      queues: { directory: '/var/lib/understudy/queues', sizeBytesMax: null, freeBytesMin: GIB },
      interception: { releaseMsMax: 30_000 },
      registry: [],
      log: { level: 'info' },
    });
  });

  it('takes every key', () => {
    const settings = good(`
identity: primary
stateDirectory: /state
base: /trial/a
channel: { listen: [ "10.0.0.1:57348", "[fd00::1]:57348" ], peers: [ "b.example:1" ] }
api: { listen: null }
queues: { directory: /fast/queues, sizeBytesMax: 1073741824, freeBytesMin: 0 }
log: { level: debug }
`);
    expect(settings.channel.listen[1]).toEqual({ host: '[fd00::1]', port: 57348 });
    expect(settings.channel.peers).toEqual([{ host: 'b.example', port: 1 }]);
    expect(settings.api.listen).toBeNull();
    expect(settings.queues).toEqual({ directory: '/fast/queues', sizeBytesMax: GIB, freeBytesMin: 0 });
  });

  it('says where this server has its own registries', () => {
    const own = (entry: string): string => `identity: primary\nregistry: [ ${entry} ]\n`;
    expect(good(own('{ name: acme, provider: samba }')).registry).toEqual([
      { name: 'acme', provider: 'samba', path: null, pollMs: 1000 },
    ]);
    expect(bad(own('{ name: acme, provider: wine }'))).toContain('a registry of the provider wine needs a path');
    expect(bad(own('{ name: a, provider: samba }, { name: a, provider: samba }'))).toContain('have the name a');
  });

  it('puts the queues into the state folder', () => {
    expect(good('identity: primary\nstateDirectory: /state').queues.directory).toBe('/state/queues');
  });

  it('takes a group whose keys are all commented out', () => {
    expect(good('identity: primary\nchannel:\n  # peers: []\nlog:\n').log.level).toBe('info');
  });

  it('gives frozen values', () => {
    const settings = good('identity: primary');
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.channel.listen[0])).toBe(true);
  });

  it.each([
    ['identity: primary\nchanel: {}', ':2: chanel: there is no such setting', 'Did you mean channel?'],
    ['identity: primary\nchannel:\n  listen: []\n  peer: []', ':4: channel.peer:', 'Did you mean channel.peers?'],
    ['identity: primary\nlisten: "127.0.0.1:1"', ':2: listen: there is no such', 'Did you mean'],
    ['identity: primary\n\nlevel: info', ':3: level: there is no such', 'Did you mean log.level?'],
    ['identity: primery', ':1: identity: must be one of primary, secondary, not "primery"', 'Did you mean primary?'],
    ['base: /', ':1: identity: is missing', 'Possible is one of primary, secondary.'],
    ['', ':1: identity: is missing', 'Possible is one of primary, secondary.'],
    ['identity: primary\nstateDirectory: state', ':2: stateDirectory: must be absolute', 'an absolute path'],
    ['identity: primary\nstateDirectory: /', ':2: stateDirectory: must not be the root folder', 'a folder of its own'],
    ['identity: primary\nbase: /a/../b', ':2: base: must not hold //, . or ..', 'an absolute path'],
    [
      'identity: primary\nchannel:\n  peers:\n    - "a:1"\n    - "a"',
      ':5: channel.peers[1]: must be an address',
      'host:port',
    ],
    ['identity: primary\nchannel: { peers: [ "a:70000" ] }', ':2: channel.peers[0]: must be an address', 'host:port'],
    [
      'identity: primary\nchannel:\n  listen:\n    - "127.0.0.1.4:57348"',
      ':4: channel.listen[0]: must name an IP address or a host name, unlike "127.0.0.1.4:57348"',
      'host:port',
    ],
    ['identity: primary\nchannel: { listen: [] }', ':2: channel.listen: must be a list of 1 to 8', 'Possible is'],
    ['identity: primary\nchannel: { listen: "a:1" }', ':2: channel.listen: must be a list', 'Possible is'],
    [
      'identity: primary\nqueues: { sizeBytesMax: 10GiB }',
      ':2: queues.sizeBytesMax: must be a whole number',
      'or null',
    ],
    [
      'identity: primary\nqueues:\n  sizeBytesMax: 5',
      ':3: queues.sizeBytesMax: must be a whole number, at least',
      'Possible',
    ],
    ['identity: primary\nlog: { level: inf }', ':2: log.level: must be one of', 'Did you mean info?'],
    ['identity: primary\nlog: 5', ':2: log: must be a group of level, not 5', 'Possible is'],
    ['- 1', ':1: the file: must be a group of', 'Possible is'],
    [
      'identity: primary\nidentity: secondary',
      ':2: text: not valid YAML: this key stands in the file twice',
      'docs/settings.md',
    ],
    ['identity: primary\n  base: /', ':1: text: not valid YAML', 'docs/settings.md'],
    ['identity: primary\nlog: { level: info', ':2: text: not valid YAML', 'docs/settings.md'],
    ['identity: &a primary\nbase: *a', ':1: text: aliases', 'docs/settings.md'],
    ['identity: !x primary', ':1: text: not valid YAML', 'docs/settings.md'],
  ])('refuses %j', (text, message, hint) => {
    const told = bad(text);
    expect(told).toContain(`[CFG-002] /etc/understudy/server.yaml${message}`);
    expect(told).toContain(hint);
  });

  it('tells everything that is wrong, in the order of the lines', () => {
    const lines = bad('identity: x\nfoo: 1\nlog: { level: 1 }\nbase: y').split('\n');
    expect(lines.map((line) => /yaml:(\d)/.exec(line)?.[1])).toEqual(['1', '2', '3', '4']);
  });

  it('refuses a text of absurd length', () => {
    expect(bad(`# ${'x'.repeat(2 ** 20)}`)).toContain('longer than');
  });
});
