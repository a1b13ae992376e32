import { expect, it } from 'vitest';
import { addressIn, bytesOf, socketAddress, textOf } from './socket-address.ts';

it.each(['10.0.0.1', '255.1.0.254', '::1', 'fe80::1', '2001:db8::a:b', '1:2:3:4:5:6:7:8', '::'])(
  '%s is the same after a way through bytes',
  (address) => {
    expect(textOf(bytesOf(address))).toBe(address);
    expect(addressIn(socketAddress(address, 80))).toBe(address);
  },
);

it('an IPv4 address within an IPv6 one counts as two groups', () => {
  expect(bytesOf('::ffff:10.0.0.1')).toEqual(bytesOf('::ffff:a00:1'));
});

it('a scope is no part of the address', () => {
  expect(bytesOf('fe80::1%eth0')).toEqual(bytesOf('fe80::1'));
});

it('what is no address is none', () => {
  expect(addressIn(Buffer.alloc(16))).toBeNull();
  expect(addressIn(Buffer.alloc(2))).toBeNull();
});
