import type { AnswerOf } from '../../api/requests.ts';
import type { Role } from '../../api/status.ts';
import type { RegistryLook, RegistryQuery } from './registry-messages.ts';

const DIFFERENCES_MAX = 100;

/** How a registry key differs between the two servers. @throws Problem REG-013, DMN-001 */
export async function diffOfKey(
  path: string,
  daemon: {
    readonly role: Role;
    query(query: RegistryQuery): Promise<unknown>;
    callPeer(name: string, body: unknown): Promise<unknown>;
  },
): Promise<AnswerOf<'diff'>> {
  const query = { name: 'registryLook', path } as const;
  const own = (await daemon.query(query)) as RegistryLook;
  const peer = (await daemon.callPeer('query', query)) as RegistryLook;
  const [active, passive] = daemon.role === 'active' ? [own.values, peer.values] : [peer.values, own.values];
  const differences =
    active === null || passive === null ? differencesOfPresence(active, passive) : differencesOf(active, passive);
  return { path, status: differences.length === 0 ? 'Synchronized' : 'Out of sync', differences };
}

type Values = Readonly<Record<string, string>>;

function differencesOfPresence(active: Values | null, passive: Values | null): AnswerOf<'diff'>['differences'] {
  const said = (values: Values | null): string => (values === null ? 'missing' : 'present');
  if (active === null && passive === null) return [];
  return [{ what: 'existence', active: said(active), passive: said(passive) }];
}

function differencesOf(active: Values, passive: Values): AnswerOf<'diff'>['differences'] {
  const names = [...new Set([...Object.keys(active), ...Object.keys(passive)])].sort();
  return names
    .filter((name) => active[name] !== passive[name])
    .slice(0, DIFFERENCES_MAX)
    .map((what) => ({ what, active: active[what] ?? null, passive: passive[what] ?? null }));
}
