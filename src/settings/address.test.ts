import { describe, expect, it } from 'vitest';
import { addressFault, parseAddress } from './address.ts';

describe('an address', () => {
  it.each([
    'localhost:1',
    '10.0.0.1:57348',
    'a-b.example:1',
    'srv_1.4you.example:1',
    '4you:1',
    '[::1]:2',
    '[::ffff:10.0.0.1]:2',
    '[fe80::1%eth0]:65535',
  ])('can be %s', (text) => {
    expect(addressFault(text)).toBeNull();
    expect(parseAddress(text)).not.toBeNull();
  });

  it.each([
    '127.0.0.1.4:57348',
    '127.1:57348',
    '256.0.0.1:1',
    '10.0.0.01:1',
    '5:1',
    'a.b.7:1',
    'a..b:1',
    'a-.b:1',
    `${'x'.repeat(64)}.example:1`,
    '[1.2.3]:1',
    '[:::]:1',
  ])('of no possible host is refused: %s', (text) => {
    expect(addressFault(text)).toBe('must name an IP address or a host name');
    expect(parseAddress(text)).toBeNull();
  });

  it.each(['a', 'a:0', 'a:65536', '::1', ''])('without host or port is refused: %s', (text) => {
    expect(addressFault(text)).toContain('host:port');
  });
});
