import { describe, expect, test } from 'vitest';
import { Problem } from '../problems/problem.ts';
import { runCommandLine, understand } from './command-line.ts';
import { doubles } from './doubles.testing.ts';

describe('what is typed', () => {
  test.each([
    [['status', '--json', '--config', 'x.yaml'], 'status', [], { json: [''], config: ['x.yaml'] }],
    [['status', '--json', '--json'], 'status', [], { json: ['', ''] }],
    [['--config', 'x.yaml', 'status'], 'status', [], { config: ['x.yaml'] }],
    [['--config=x.yaml', '--json', 'status'], 'status', [], { config: ['x.yaml'], json: [''] }],
    [['check', '--fast', 'a', '--verify-only', 'b'], 'check', ['a', 'b'], { fast: [''], 'verify-only': [''] }],
    [['check', '--', '--fast'], 'check', ['--fast'], {}],
    [['init', '--include', 'a', '--include=b'], 'init', [], { include: ['a', 'b'] }],
    [['quarantine', 'purge', '--all'], 'quarantine', ['purge'], { all: [''] }],
    [['events', '--since=-1'], 'events', [], { since: ['-1'] }],
  ] as const)('%j is understood', (argv, name, operands, flags) => {
    const typed = understand(argv);
    expect(typed.kind === 'command' && typed.command.name).toBe(name);
    expect(typed.kind === 'command' && typed.operands).toEqual(operands);
    expect(typed.kind === 'command' && Object.fromEntries(typed.flags)).toEqual(flags);
  });

  test.each([
    [[], 'A command is missing.'],
    [['statsu'], 'There is no command statsu. Did you mean status?'],
    [['xyzzyplugh'], 'There is no command xyzzyplugh.'],
    [['switchover'], 'The command switchover is not in this release.'],
    [['is', 'active'], 'The command is is not in this release.'],
    [['check', '--verify-onyl'], 'The command check has no flag --verify-onyl. Did you mean --verify-only?'],
    [['--fast', 'check'], 'There is no flag --fast before the command.'],
    [['events', '--since'], '--since needs a value: --since WHEN'],
    [['events', '--since', '--json'], '--since needs a value: --since WHEN'],
    [['status', '--json=yes'], '--json takes no value.'],
    [['init', '--for', 'postgresql', '--for=mariadb'], '--for is given twice, and may be given once.'],
    [['diff'], 'Something is missing: understudy diff PATH'],
    [['diff', 'a', 'b'], 'Too much was given: b'],
  ] as const)('%j is wrong usage, with a way on', (argv, message) => {
    expect(() => understand(argv)).toThrow(message);
  });

  test('help and version are found wherever they stand', async () => {
    expect(understand(['--help']).kind).toBe('help');
    expect(understand(['status', '-h'])).toMatchObject({ kind: 'help', command: { name: 'status' } });
    expect(understand(['help', 'check'])).toMatchObject({ kind: 'help', command: { name: 'check' } });
    const cli = doubles();
    const help = doubles();
    expect(await runCommandLine(['services', '--help'], help.doors)).toBe(0);
    // Broken between words, where the screen would break them anywhere.
    expect(help.out().split('\n')).toContain(
      'adopt shows what it would change on both servers and asks: afterwards nobody but',
    );
    expect(await runCommandLine(['--version'], cli.doors)).toBe(0);
    expect(cli.out()).toBe('understudy 1.2.3\n');
  });
});

describe('the exit status', () => {
  test('is 2 for wrong usage and for what is not in this release', async () => {
    for (const argv of [
      ['nothing'],
      ['failover'],
      ['check', '--registry', '--fast'],
      ['settings', 'explain'],
      ['quarantine'],
      ['quarantine', 'restore', 'x', '--to', '/srv/'],
      ['services', '--yes'],
      // Date.parse() would take both for a day in 2001.
      ['events', '--since', 'monday 5'],
      ['events', '--since', '5/6'],
    ]) {
      const cli = doubles();
      expect([argv, await runCommandLine(argv, cli.doors)]).toEqual([argv, 2]);
      expect(cli.out()).toBe('');
      expect(cli.error()).not.toBe('');
    }
  });

  test('is 1 for a problem, with its code, cause and what to do on standard error', async () => {
    const cli = doubles();
    expect(await runCommandLine(['status', '--config', '/none.yaml'], cli.doors)).toBe(1);
    expect(cli.error()).toBe(
      '[CFG-001] Cannot read the settings file /none.yaml: there is no such file.\n' +
        '  Why: The file is missing or this user may not read it.\n' +
        '  What to do: Write it with `understudy init`, or name another one with --config.\n',
    );
  });

  test('is 1 for a fault, whose text does not steer the terminal', async () => {
    const cli = doubles({
      findings: () => {
        throw new Error('no \u001b[2J');
      },
    });
    expect(await runCommandLine(['findings'], cli.doors)).toBe(1);
    expect(cli.error()).toMatch(/^This is a fault in Understudy: Error: no \\x1b\[2J\n +at /);
  });

  test('is told as JSON where JSON was asked for', async () => {
    const cli = doubles();
    expect(await runCommandLine(['fix', 'x', '--json', '--config', '/none.yaml'], cli.doors)).toBe(1);
    expect(JSON.parse(cli.error())).toMatchObject({ problem: { code: 'CFG-001', parameters: { file: '/none.yaml' } } });
  });
});

describe('the daemon', () => {
  test('is found through the state folder of the server file', async () => {
    const cli = doubles({ findings: () => [{ findings: [] }] });
    expect(await runCommandLine(['findings', '--json'], cli.doors)).toBe(0);
    expect(JSON.parse(cli.out())).toEqual({ findings: [] });
    expect(cli.asked).toEqual([['/var/lib/understudy/api.sock', '/v1/findings', {}]]);
  });

  const progress = {
    kind: 'progress',
    progress: {
      kind: 'full',
      itemsDone: 1,
      itemsTotal: 2,
      bytesDone: 0,
      bytesTotal: 0,
      bytesPerSecond: 0,
      remainingMs: null,
    },
  };
  const result = (more: object) => ({
    kind: 'result',
    finished: true,
    reason: null,
    itemsChecked: 2,
    bytesChecked: 10,
    unreadable: 0,
    differences: 0,
    repaired: 0,
    left: 0,
    examples: [],
    ...more,
  });

  test.each([
    [[], {}, 0, null],
    [[], { differences: 2, repaired: 2 }, 0, null],
    [[], { differences: 2, repaired: 1 }, 1, 'CLI-016'],
    [[], { differences: 2, repaired: 1, left: 1 }, 0, null],
    [['--verify-only'], { differences: 2 }, 1, 'CLI-010'],
    [['--verify-only'], {}, 0, null],
    [[], { finished: false, reason: 'the channel was lost' }, 1, 'CLI-009'],
    [['--verify-only'], { unreadable: 1, reason: '1 item could not be read' }, 1, 'CLI-009'],
  ] as const)('that checked with %j and found %j gives exit status %i', async (flags, found, status, code) => {
    const cli = doubles({ check: () => [{ part: progress }, { part: result(found) }, { end: true }] });
    expect(await runCommandLine(['check', ...flags, 'sub', '/srv/b/'], cli.doors)).toBe(status);
    expect(cli.asked[0]?.[2]).toEqual({
      mode: 'full',
      verifyOnly: flags.length > 0,
      paths: ['/home/me/sub', '/srv/b'],
    });
    expect(cli.error()).toContain('1 of 2 items');
    if (code !== null) expect(cli.error()).toContain(`[${code}]`);
  });

  test('that is gone half way through a check is not taken for success', async () => {
    const cli = doubles({ check: () => [{ part: progress }] });
    expect(await runCommandLine(['check'], cli.doors)).toBe(1);
    expect(cli.error()).toContain('[CLI-012]');
  });

  const CALM = {
    items: [],
    next: null,
    fileSystem: 'Synchronized',
    registry: 'Not protected',
    itemsUnchecked: 0,
    channel: 'Connected',
    changesWaiting: 0,
  };

  test.each([
    [{}, 'Every item is Synchronized.'],
    [
      { fileSystem: 'Out of sync', channel: 'Not connected', changesWaiting: 7 },
      'No item is known to be out of sync, but the File System Status is Out of sync: the two servers are not connected, 7 changes not yet confirmed.',
    ],
    [
      { fileSystem: 'Unchecked', itemsUnchecked: 322 },
      'No item is known to be out of sync, but the File System Status is Unchecked: 322 items unchecked.',
    ],
    [{ registry: 'Error' }, 'No item is known to be out of sync, but the Registry Status is Error.'],
  ])('that lists nothing with %j does not say more than it knows', async (more, said) => {
    const cli = doubles({ files: () => [{ ...CALM, ...more }] });
    expect(await runCommandLine(['files', '--out-of-sync'], cli.doors)).toBe(0);
    expect(cli.out()).toBe(`${said}\n`);
    const json = doubles({ files: () => [{ ...CALM, ...more }] });
    await runCommandLine(['files', '--out-of-sync', '--json'], json.doors);
    expect(JSON.parse(json.out())).toEqual({ ...CALM, ...more });
  });

  test('gives long lists page by page', async () => {
    const item = (path: string) => ({
      path,
      type: 'file',
      status: 'Unchecked',
      since: null,
      reason: 'not reached yet',
    });
    const cli = doubles({
      files: (request) =>
        (request as { after?: string }).after === undefined
          ? [{ ...CALM, items: [item('/a'), item('/b\n')], next: '/b' }]
          : [{ ...CALM, items: [item('/c')], next: null }],
    });
    expect(await runCommandLine(['files', '--out-of-sync'], cli.doors)).toBe(0);
    expect(cli.out()).toBe(
      'Unchecked  file  /a      not reached yet\nUnchecked  file  /b\\x0a  not reached yet\nUnchecked  file  /c  not reached yet\n',
    );
  });
});

describe('pairing', () => {
  test('prints the token as the only line on standard output, without a daemon too', async () => {
    const cli = doubles();
    expect(await runCommandLine(['invite'], cli.doors)).toBe(0);
    expect(cli.out()).toBe('TOKEN-1\n');
    expect(cli.error()).toContain('has joined');
  });

  test('asks a running daemon to invite', async () => {
    const token = { kind: 'token', token: 'T2', expiresAt: '2026-01-01T00:15:00Z' };
    const cli = doubles({
      invite: () => [{ part: token }, { part: { kind: 'done', peerAddress: '10.0.0.2:1' } }, { end: true }],
    });
    expect(await runCommandLine(['invite'], cli.doors)).toBe(0);
    expect(cli.out()).toBe('T2\n');
  });

  test('joins with the flags that were given', async () => {
    const cli = doubles();
    const argv = ['join', 'TOKEN', '--listen', '10.0.0.2', '--identity', 'secondary', '--config', 'conf/server.yaml'];
    expect(await runCommandLine(argv, cli.doors)).toBe(0);
    expect(cli.joined).toEqual([
      {
        configFile: '/home/me/conf/server.yaml',
        token: 'TOKEN',
        identity: 'secondary',
        listen: ['10.0.0.2:57348'],
        base: null,
        stateDirectory: null,
        apiListen: null,
        replace: false,
      },
    ]);
    expect(await runCommandLine(['join', 'T', '--identity', 'third'], cli.doors)).toBe(2);
  });

  test('joins with no flag that a server file which is there makes void', async () => {
    const cli = doubles();
    cli.files.set(
      '/etc/understudy/server.yaml',
      'identity: secondary\nchannel:\n  listen: ["10.0.0.2:57348"]\n  peers: ["10.0.0.1:57348"]\n',
    );
    for (const flags of [[], ['--identity', 'secondary', '--listen', '10.0.0.2', '--base', '/']])
      expect(await runCommandLine(['join', 'T', ...flags], cli.doors)).toBe(0);
    for (const flags of [
      ['--identity', 'primary'],
      ['--listen', '10.0.0.9'],
      ['--state-directory', '/srv/state'],
      ['--api-listen', '127.0.0.1:80'],
    ])
      expect([flags, await runCommandLine(['join', 'T', ...flags], cli.doors)]).toEqual([flags, 2]);
    expect(cli.joined).toHaveLength(2);
    expect(cli.error()).toContain(
      '--listen 10.0.0.9:57348 has no effect: /etc/understudy/server.yaml is there, and says 10.0.0.2:57348.',
    );
  });
});

describe('init', () => {
  const FLAGS = ['--pair', 'shop', '--identity', 'primary', '--listen', '10.0.0.1', '--peer', '10.0.0.2:7'];
  const argv = ['init', '--config', '/new/server.yaml', ...FLAGS, '--include', '/srv/shop/**'];

  test('writes both files, which then are in order', async () => {
    const cli = doubles();
    expect(await runCommandLine(argv, cli.doors)).toBe(0);
    expect([...cli.files.keys()].slice(1)).toEqual(['/new/server.yaml', '/new/pair.yaml']);
    expect(cli.out()).toContain('understudy invite');
    expect(cli.out()).toContain('understudy join TOKEN --listen 10.0.0.2:7\n');
    expect(await runCommandLine(['settings', 'check', '--config', '/new/server.yaml'], cli.doors)).toBe(0);
  });

  test('never overwrites without --force', async () => {
    const cli = doubles();
    cli.files.set('/new/pair.yaml', 'mine');
    expect(await runCommandLine(argv, cli.doors)).toBe(1);
    expect(cli.error()).toContain('[CLI-008]');
    expect(cli.files.get('/new/pair.yaml')).toBe('mine');
    expect(await runCommandLine([...argv, '--force'], cli.doors)).toBe(0);
    expect(cli.files.get('/new/pair.yaml')).not.toBe('mine');
  });

  test('writes nothing that could not be used', async () => {
    const cli = doubles();
    expect(
      await runCommandLine(['init', '--config', '/new/s.yaml', ...FLAGS, '--include', 'relative'], cli.doors),
    ).toBe(2);
    expect(cli.error()).toContain('--include relative must be absolute');
    // Each may be a setting, but the two don't go together: still no line of a file that is not there.
    const own = ['--include', '/srv/state/**', '--state-directory', '/srv/state'];
    expect(await runCommandLine(['init', '--config', '/new/s.yaml', ...FLAGS, ...own], cli.doors)).toBe(2);
    expect(cli.error()).toContain('--include: ');
    expect(cli.error()).not.toContain('.yaml:');
    expect(cli.files.has('/new/s.yaml')).toBe(false);
  });

  test('asks for what no flag said, and is wrong usage where nobody can be asked', async () => {
    const short = ['init', '--config', '/new/server.yaml', '--pair', 'shop', '--identity', 'primary'];
    const cli = doubles({}, ['', '', '10.0.0.2', '/srv/a/** /srv/b/**', '']);
    expect(await runCommandLine(short, cli.doors)).toBe(0);
    expect(cli.files.get('/new/server.yaml')).toContain('0.0.0.0:57348');
    expect(cli.files.get('/new/pair.yaml')).toContain('/srv/b/**');
    const silent = doubles();
    expect(await runCommandLine(short, silent.doors)).toBe(2);
    expect(silent.error()).toContain('--listen is missing');
  });
});

test('explain and settings work without a daemon', async () => {
  const cli = doubles();
  expect(await runCommandLine(['explain', 'chn-003'], cli.doors)).toBe(0);
  expect(cli.out()).toContain('[CHN-003] error\n  The other server cannot be reached');
  expect(cli.out()).not.toMatch(/<|by itself/);
  expect(await runCommandLine(['explain', 'N30'], cli.doors)).toBe(1);
  expect(cli.error()).toContain('[CLI-017] There is no problem with the code N30.');
  expect(await runCommandLine(['settings', 'explain', 'channel.waitMs'], cli.doors)).toBe(0);
  expect(await runCommandLine(['settings', 'explain', 'protect.files'], cli.doors)).toBe(0);
  expect(cli.out()).toMatch(/protect\.files\.include[^]*protect\.files\.exclude/);
  expect(await runCommandLine(['settings', 'list'], cli.doors)).toBe(0);
  expect(await runCommandLine(['settings', 'explain', 'channel.waitM'], cli.doors)).toBe(1);
});

test('what is restored is said to be on the passive server, whichever was asked', async () => {
  const cli = doubles({ quarantineRestore: () => [{ path: '/srv/found' }] });
  expect(await runCommandLine(['quarantine', 'restore', 'x', '--to', '/srv/found'], cli.doors)).toBe(0);
  expect(cli.out()).toBe('Restored on the passive server as /srv/found.\n');
});

test('events of a code that does not exist are refused, not said to be none', async () => {
  const cli = doubles({ events: () => [{ events: [] }] });
  expect(await runCommandLine(['events', '--code', 'XYZ-1'], cli.doors)).toBe(1);
  expect(cli.error()).toContain('[CLI-017]');
  expect(await runCommandLine(['events', '--code', '[chn-003]'], cli.doors)).toBe(0);
  expect(cli.asked.map(([, , request]) => request)).toEqual([{ limit: 100, code: 'CHN-003' }]);
});

test('events are followed over a restart of the daemon, until interrupted', async () => {
  const event = (id: number) => ({
    ...{ id, at: '2026-01-01T00:00:00.000Z', server: 'primary', level: 'error', code: 'CHN-003', item: null },
    text: `event ${id}`,
    details: {},
  });
  const answers = [[event(1)], null, null, [event(1), event(2)]];
  const cli = doubles({
    events: () => {
      const events = answers.shift() ?? null;
      if (events === null) throw new Problem('CLI-001', { socket: '/s', reason: 'nobody listens there' });
      return [{ events }];
    },
  });
  let interrupt = (): void => {};
  const terminal = { ...cli.doors.terminal, onInterrupt: (action: () => void) => ((interrupt = action), () => {}) };
  const after = (_delayMs: number, action: () => void) => {
    queueMicrotask(answers.length === 0 ? interrupt : action);
    return () => {};
  };
  const doors = { ...cli.doors, terminal, timers: { ...cli.doors.timers, after } };
  expect(await runCommandLine(['events', '--follow', '--json'], doors)).toBe(0);
  const told = cli.out().trim().split('\n');
  expect(told.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2]);
  expect(cli.error().match(/CLI-001/g)).toHaveLength(1);
});

test.each([
  ['warning', 1],
  ['information', 0],
] as const)('findings --exit-code with one of severity %s ends with %i', async (severity, status) => {
  const finding = {
    ...{ id: 'a', server: 'primary', code: 'CHN-011', severity, item: null, since: '2026-01-01T00:00:00.000Z' },
    ...{ cause: 'c', resolution: 'r', evidence: [], action: null, parent: null },
  };
  const cli = doubles({ findings: () => [{ findings: [finding] }] });
  expect(await runCommandLine(['findings', '--exit-code', '--json'], cli.doors)).toBe(status);
  expect(await runCommandLine(['findings', '--json'], cli.doors)).toBe(0);
});

test('run and demo are handed on', async () => {
  const cli = doubles();
  expect(await runCommandLine(['run', '--config', 'a.yaml'], cli.doors)).toBe(0);
  expect(await runCommandLine(['demo', '--anything', 'goes'], cli.doors)).toBe(0);
  expect(cli.handedOn).toEqual([{ configFile: '/home/me/a.yaml' }, { args: ['--anything', 'goes'] }]);
});
