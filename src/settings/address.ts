import type { Address } from '../kernel/sockets.ts';

const FORM = /^(\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/;
const NAME_LENGTH_MAX = 253;
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const NUMBER = /^\d+$/;

/** The form of an address, for messages. */
export const ADDRESS_FORM = 'an address `host:port` (IPv6 in brackets; a port from 1 to 65535)';

/** Reads `host:port`, an IPv6 address in brackets; null where it is not that. */
export function parseAddress(text: string): Address | null {
  const address = parts(text);
  return address !== null && isPossibleHost(address.host) ? address : null;
}

/** Why the text can't be an address; null when it can. */
export function addressFault(text: string): string | null {
  const address = parts(text);
  if (address === null) return `must be ${ADDRESS_FORM}`;
  return isPossibleHost(address.host) ? null : 'must name an IP address or a host name';
}

function parts(text: string): Address | null {
  const match = FORM.exec(text);
  if (match?.[1] === undefined || text.length > 300) return null;
  const port = Number(match[2]);
  return port >= 1 && port <= 65535 ? { host: match[1], port } : null;
}

/** No name ends in a number: such a host is an IPv4 address or a typing error. */
function isPossibleHost(host: string): boolean {
  if (host.startsWith('[')) return URL.canParse(`http://${host.replace(/%[^\]]*/, '')}/`);
  const labels = host.split('.');
  if (NUMBER.test(labels.at(-1) ?? '')) return labels.length === 4 && labels.every(isOctet);
  return host.length <= NAME_LENGTH_MAX && labels.every((label) => LABEL.test(label));
}

/** A leading zero is refused: some programs read such a number as octal. */
function isOctet(label: string): boolean {
  return NUMBER.test(label) && String(Number(label)) === label && Number(label) <= 255;
}
