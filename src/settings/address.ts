import type { Address } from '../kernel/sockets.ts';

const FORM = /^(\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/;

/** Reads `host:port`, an IPv6 address in brackets; null where it is not that. */
export function parseAddress(text: string): Address | null {
  const match = FORM.exec(text);
  if (match?.[1] === undefined || text.length > 300) return null;
  const port = Number(match[2]);
  return port >= 1 && port <= 65535 ? { host: match[1], port } : null;
}
