import { isIP } from 'node:net';

export const IPV4 = 2;
export const IPV6 = 10;

/** Address families of socket(2), by the text of an address; null where it is none. */
export function familyOf(address: string): typeof IPV4 | typeof IPV6 | null {
  const version = isIP(address);
  return version === 4 ? IPV4 : version === 6 ? IPV6 : null;
}

/** The bytes of an address: 4 or 16. */
export function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = inHexadecimal(address.replace(/%.*$/, '')).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [before, behind] = [groups(head), groups(tail)];
  const bytes = Buffer.alloc(16);
  before.forEach((group, index) => bytes.writeUInt16BE(group, index * 2));
  behind.forEach((group, index) => bytes.writeUInt16BE(group, 16 - (behind.length - index) * 2));
  return bytes;
}

/** An IPv4 address at the end of an IPv6 one, as two groups. */
function inHexadecimal(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a: string, b: string, c: string, d: string) => {
    const group = (high: string, low: string): string => ((Number(high) << 8) | Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
}

/** The text of an address of 4 or 16 bytes. */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const view = Buffer.from(bytes);
  const groups = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(index * 2).toString(16));
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
}

/** struct sockaddr_in or sockaddr_in6. */
export function socketAddress(address: string, port: number): Buffer {
  const isFour = familyOf(address) === IPV4;
  const structure = Buffer.alloc(isFour ? 16 : 28);
  structure.writeUInt16LE(isFour ? IPV4 : IPV6, 0);
  structure.writeUInt16BE(port, 2);
  bytesOf(address).copy(structure, isFour ? 4 : 8);
  return structure;
}

/** The address in a struct sockaddr_in or sockaddr_in6; null where it is another one. */
export function addressIn(structure: Uint8Array): string | null {
  const view = Buffer.from(structure.buffer, structure.byteOffset, structure.length);
  if (view.length < 8) return null;
  const family = view.readUInt16LE(0);
  if (family === IPV4) return textOf(view.subarray(4, 8));
  return family === IPV6 && view.length >= 24 ? textOf(view.subarray(8, 24)) : null;
}
