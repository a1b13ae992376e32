import { describe, expect, it } from 'vitest';
import { systemReason } from './system-folders.ts';

describe('folders that are never mounted over', () => {
  it.each(['/etc', '/etc/nginx', '/usr', '/usr/share/shop', '/var/lib/dpkg/info', '/var', '/var/lib', '/', '/var/log'])(
    '%s: the machine works from it, or from what is in it',
    (folder) => {
      expect(systemReason(folder, [])).toMatch(/^the machine itself works from \//);
    },
  );

  it.each(['/srv/shop', '/home', '/usr/local/shop', '/var/lib/postgresql', '/var/www', '/etcetera'])(
    'not %s',
    (folder) => {
      expect(systemReason(folder, ['/opt/understudy/bin', '/var/lib/understudy'])).toBeNull();
    },
  );

  it('and what Understudy itself works from', () => {
    expect(systemReason('/opt', ['/opt/understudy/bin'])).toBe('Understudy itself works from it (/opt/understudy/bin)');
    expect(systemReason('/opt/understudy/bin', ['/opt/understudy/bin'])).not.toBeNull();
    expect(systemReason('/opt/understudy/binary', ['/opt/understudy/bin'])).toBeNull();
  });
});
