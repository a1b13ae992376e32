import type { AnswerOf } from '../../api/requests.ts';
import type { Role } from '../../api/status.ts';
import { Problem } from '../../problems/problem.ts';
import type { RegistryLook, RegistryQuery } from './registry-messages.ts';

const DIFFERENCES_MAX = 100;

/** How a registry key differs between the two servers. @throws Problem REG-013, CLI-018, DMN-001 */
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
  const [active, passive] = daemon.role === 'active' ? [own, peer] : [peer, own];
  if (active.values === null && passive.values === null) throw new Problem('CLI-018', { path });
  const differences = differencesOf(active, passive);
  return { path, status: differences.length === 0 ? 'Synchronized' : 'Out of sync', differences };
}

type Differences = AnswerOf<'diff'>['differences'];

function differencesOf(active: RegistryLook, passive: RegistryLook): Differences {
  const { values: here } = active;
  const { values: there } = passive;
  if (here === null || there === null) {
    const said = (values: RegistryLook['values']): string => (values === null ? 'missing' : 'present');
    return [{ what: 'existence', active: said(here), passive: said(there) }];
  }
  const names = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort();
  return names
    .map((what) => ({ what, active: saidOf(what, active, passive), passive: saidOf(what, passive, active) }))
    .filter((one) => one.active !== one.passive)
    .slice(0, DIFFERENCES_MAX);
}

/** What one server has, told apart from what the other one has where both are long and begin alike. */
function saidOf(name: string, own: RegistryLook, other: RegistryLook): string | null {
  const said = own.values?.[name] ?? null;
  const hash = own.hashes?.[name];
  const others = other.hashes?.[name];
  if (said !== other.values?.[name] || hash === undefined || others === undefined || hash === others) return said;
  return `${said}, SHA-256 ${hash}…`;
}
