import { expect, test } from 'vitest';
import type { FilterStatus } from '../api/status.ts';
import { runCommandLine } from './command-line.ts';
import { FileError } from '../kernel/files.ts';
import { withPlaces } from './commands/filter-places.ts';
import { doubles } from './doubles.testing.ts';

test('settings list shows what the files say beside the defaults, and says where they say nothing', async () => {
  const none = doubles();
  none.files.clear();
  expect(await runCommandLine(['settings', 'list'], none.doors)).toBe(0);
  expect(none.error()).toContain('No values of /etc/understudy/server.yaml');
  const cli = doubles();
  const flags = ['--pair', 'shop', '--identity', 'primary', '--listen', '10.0.0.1:7', '--peer', '10.0.0.2:7'];
  const argv = ['--config', '/new/server.yaml', ...flags, '--include', '/srv/shop/**'];
  expect(await runCommandLine(['init', ...argv], cli.doors)).toBe(0);
  expect(await runCommandLine(['settings', 'list', '--config', '/new/server.yaml'], cli.doors)).toBe(0);
  expect(cli.out()).toMatch(/server\.yaml +identity +primary +\(must be given\)/);
  expect(cli.out()).toMatch(/channel\.listen +\[10\.0\.0\.1:7\]/);
  expect(cli.out()).toMatch(/protect\.files\.include +\["?\/srv\/shop\/\*\*"?\]/);
  expect(cli.error()).toBe('');
});

test('a filter that matches nothing says so, and what it does otherwise', async () => {
  const cli = doubles();
  for (const file of ['/there', '/there/srv', '/there/srv/shop', '/there/srv/shop/a.log']) cli.files.set(file, '');
  const shown = async (pattern: string, state: FilterStatus['state'] = 'Effective'): Promise<string> => {
    const filter = { kind: 'include', pattern, state, detail: 'it is protected' } as const;
    const [found] = await withPlaces([filter], { files: cli.doors.files, base: '/there' });
    expect(found).toMatchObject({ ...filter, detail: expect.any(String) });
    return found?.detail ?? '';
  };
  expect(await shown('/srv/shop/**')).toBe('it is protected');
  expect(await shown('/srv/shop/*.log')).toBe('it is protected');
  expect(await shown('/srv/*/a')).toBe('it is protected');
  expect(await shown('/**')).toBe('it is protected');
  expect(await shown('/srv/shpo/**')).toBe('it matches nothing now: there is no /srv/shpo; otherwise it is protected');
  expect(await shown('/srv/shop/*.tmp')).toContain('nothing in /srv/shop is called *.tmp');
  expect(await shown('/srv/shpo/**', 'Not Effective')).toBe('it is protected');
});

test('collect replaces no file unasked', async () => {
  const cli = doubles();
  cli.files.set('/home/me/mine', 'mine');
  expect(await runCommandLine(['collect', '--output', 'mine'], cli.doors)).toBe(1);
  expect(cli.error()).toContain('[CLI-019] /home/me/mine exists already');
  expect(cli.files.get('/home/me/mine')).toBe('mine');
  expect(await runCommandLine(['collect', '--output', 'mine', '--force'], cli.doors)).toBe(0);
  expect(cli.files.get('/home/me/mine')).not.toBe('mine');
  expect(cli.out()).toContain('Written: /home/me/mine (primary)');
});

test('settings check says of a folder that would not be protected why, and what to do, and fails', async () => {
  const cli = doubles();
  cli.files.set('/etc/understudy/pair.yaml', 'pair: shop\nprotect: { files: { include: [/srv/**, /usr/lib/**] } }\n');
  expect(await runCommandLine(['settings', 'check'], cli.doors)).toBe(1);
  expect(cli.error()).toMatch(
    /^\[CFG-006\] .*pair\.yaml:2: .*It is not protected[^]*\n {2}Why: [^]*\n {2}What to do: /,
  );
  expect(cli.out()).toContain('pair.yaml: can be used, with 1 warning\n');
  const json = doubles();
  json.files.set('/etc/understudy/pair.yaml', cli.files.get('/etc/understudy/pair.yaml') ?? '');
  expect(await runCommandLine(['settings', 'check', '--json'], json.doors)).toBe(1);
  expect(JSON.parse(json.out()).warnings).toMatchObject([
    { code: 'CFG-006', severity: 'error', resolution: expect.any(String) },
  ]);
  // What has no effect is told, and no failure.
  cli.files.set(
    '/etc/understudy/pair.yaml',
    'pair: shop\nprotect: { files: { include: [/srv/**], exclude: [/opt/a] } }\n',
  );
  expect(await runCommandLine(['settings', 'check'], cli.doors)).toBe(0);
  expect(cli.error()).toContain('[CFG-003]');
});

test('a file that may not be written is a problem with a way on, and no fault', async () => {
  const cli = doubles();
  cli.doors.files.write = (path) => Promise.reject(new FileError({ code: 'EACCES', call: 'write', path }));
  expect(await runCommandLine(['collect', '--output', '/srv/mine'], cli.doors)).toBe(1);
  expect(cli.error()).toMatch(/^\[CLI-020\] \/srv\/mine cannot be read or written: permission denied \(EACCES\)\.\n/);
});
