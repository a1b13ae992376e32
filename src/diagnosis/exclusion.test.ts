import { expect, it } from 'vitest';
import { type Exclusion, exclusionOf, exclusionWords } from './exclusion.ts';

const WAY = { usualFiles: ['/etc/a.conf', '/etc/b.conf'], keyword: 'Exclude', overruledBy: 'Everything' };
const SCANNER = { processId: 7, name: 'scan', commandLine: '/usr/sbin/scan --foreground', unit: 'scan.service' };
const FOLDERS = ['/srv/a', '/srv/b c'];

function excluded(
  texts: Readonly<Record<string, string>>,
  { folders = FOLDERS, ...process }: Partial<typeof SCANNER> & { folders?: string[] } = {},
): Exclusion | null {
  const read = (path: string): string | null => texts[path] ?? null;
  return exclusionOf({ ...SCANNER, ...process }, { way: WAY, folders }, { read, linkTarget: () => null });
}

it('puts into the settings what they do not say yet, and has them read', () => {
  const exclusion = excluded({ '/etc/b.conf': '# Exclude /srv/b c\n  Exclude /srv/a\n' });
  expect(exclusion).toEqual({
    file: '/etc/b.conf',
    lines: expect.stringMatching(/^# .*`understudy services release`.*\nExclude \/srv\/b c\n$/),
    unit: 'scan.service',
  });
  expect(exclusionWords(exclusion as Exclusion).plan).toBe(
    'put `Exclude /srv/b c` into /etc/b.conf and restart scan.service',
  );
});

it('only restarts a scanner whose settings say it all', () => {
  const exclusion = excluded({ '/etc/a.conf': 'Exclude /srv/a\nExclude /srv/b c' });
  expect(exclusion?.lines).toBe('');
  expect(exclusionWords(exclusion as Exclusion).plan).toBe('restart scan.service');
});

it.each(['--config-file=/my.conf', '--config-file /my.conf', '-c /my.conf', '-c/my.conf'])(
  'finds the settings that the command line names: %s',
  (argument) => {
    const commandLine = `/usr/sbin/scan ${argument} -F`;
    expect(excluded({ '/etc/a.conf': '', '/my.conf': '' }, { commandLine })?.file).toBe('/my.conf');
    expect(excluded({ '/etc/a.conf': '' }, { commandLine })).toBeNull();
  },
);

it('offers nothing where it would do no good, or harm', () => {
  const texts = { '/etc/a.conf': 'User scan\n' };
  expect(excluded(texts)).not.toBeNull();
  expect(excluded({})).toBeNull();
  expect(excluded({ '/etc/a.conf': 'Everything /\n' })).toBeNull();
  expect(excluded(texts, { unit: 'session-1.scope' })).toBeNull();
  for (const folder of ['/srv/a\nUser root', '/srv/a ', '/srv/"a', '/srv/a\r']) {
    expect(excluded(texts, { folders: [folder] })).toBeNull();
  }
  const files = { read: () => '', linkTarget: () => '/shared/a.conf' };
  expect(exclusionOf(SCANNER, { way: WAY, folders: FOLDERS }, files)).toBeNull();
});
