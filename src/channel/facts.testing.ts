import type { OwnFacts } from './hello.ts';
import { PROTOCOL } from './hello.ts';

/** Facts of a healthy pair: the Primary active, the Secondary passive. For tests. */
export function factsOf(identity: 'primary' | 'secondary'): OwnFacts {
  const position = { epoch: 1, sequence: 5 };
  return {
    protocol: PROTOCOL,
    release: '0.1.0',
    pairId: 'pair-of-tests',
    pairName: 'shop',
    serverId: `server of the ${identity}`,
    instance: `run of the ${identity}`,
    identity,
    role: identity === 'primary' ? 'active' : 'passive',
    epoch: 1,
    settings: { version: 3, digest: 'aa', agreedVersion: 3, agreedDigest: 'aa' },
    positions: { durable: position, applied: position, captured: position },
  };
}
