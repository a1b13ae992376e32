import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Addresses by which other machines may reach this one, IPv4 first; the loopback one where there are no others. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter((address) => !address.internal && !address.address.startsWith('fe80'));
  const sorted = [...outside.filter((a) => a.family === 'IPv4'), ...outside.filter((a) => a.family !== 'IPv4')];
  return sorted.length === 0 ? ['127.0.0.1'] : sorted.map((a) => (a.family === 'IPv4' ? a.address : `[${a.address}]`));
}

/** May this machine listen there? Of a name, and of an address that stands for all, nothing is said against it. */
export function isOwnAddress(host: string): boolean {
  if (isIP(host) === 0 || host === '0.0.0.0' || host === '::' || host.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host) === true);
}
