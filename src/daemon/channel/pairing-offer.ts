import { join as joinPath } from 'node:path';
import type { IdentityFacts } from '../../identity/identity.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import type { JoinedServer } from '../../identity/invitation.ts';
import type { PairOffer } from '../../identity/pairing-messages.ts';
import { type Address, formatAddress } from '../../kernel/sockets.ts';
import { Problem } from '../../problems/problem.ts';
import { fingerprintOf } from '../../system/network/certificates.ts';
import { systemSecrets } from '../../system/machine/secrets.ts';
import { ownAddresses } from '../../system/network/own-addresses.ts';

const PAIR_ID_BYTES = 16;

/** What the inviting server hands over. Its pair gets an id where it has none yet. */
export function offerOf(options: {
  facts: IdentityFacts;
  listen: readonly Address[];
  pair: { readonly name: string; readonly version: number; readonly text: string };
}): PairOffer {
  const { facts, pair } = options;
  return {
    pairId: facts.pairId ?? Buffer.from(systemSecrets.randomBytes(PAIR_ID_BYTES)).toString('hex'),
    pairName: pair.name,
    serverId: facts.serverId,
    identity: facts.identity,
    certificate: facts.certificate,
    addresses: reachable(options.listen),
    epoch: facts.epoch,
    settingsVersion: pair.version,
    pairSettings: pair.text,
  };
}

/** Keeps the server that joined, durably. */
export function keepJoined(store: IdentityStore, offer: PairOffer, server: JoinedServer): void {
  const { serverId, certificate, fingerprint, addresses } = server;
  const peer = { serverId, certificate, fingerprint, addresses };
  store.change((facts) => {
    if (facts === null) throw new Error('a server without facts invited nobody');
    return { ...facts, pairId: offer.pairId, pairName: offer.pairName, peer };
  });
}

/**
 * Keeps the server that invited, durably.
 * @param own - what this server showed itself by; a daemon may have gone on with it since.
 * @throws Problem IDN-005 where it has become another server since.
 */
export function keepOffered(store: IdentityStore, offer: PairOffer, own: IdentityFacts): void {
  const { pairId, pairName, serverId, certificate, addresses } = offer;
  const peer = { serverId, certificate, fingerprint: fingerprintOf(certificate), addresses };
  store.change((current) => {
    const facts = current ?? own;
    if (facts.serverId !== own.serverId) {
      const reason = 'this server was set up meanwhile; join again';
      throw new Problem('IDN-005', { address: addresses.join(', '), reason });
    }
    const isOther = facts.pairId !== null && facts.pairId !== pairId;
    const epoch = isOther ? offer.epoch : Math.max(offer.epoch, facts.epoch);
    const lastRole = isOther ? null : facts.lastRole;
    return { ...facts, identity: own.identity, pairId, pairName, peer, lastRole, epoch };
  });
}

/** `0.0.0.0` means every address of this machine; the other server needs to be told real ones. */
function reachable(listen: readonly Address[]): string[] {
  const addresses = listen.flatMap((address) => {
    if (address.host !== '0.0.0.0' && address.host !== '::' && address.host !== '[::]') return [formatAddress(address)];
    return ownAddresses().map((host) => formatAddress({ host, port: address.port }));
  });
  return addresses.slice(0, 16);
}

/** Where the pair settings stand: beside the server file. */
export function pairFileOf(configFile: string): string {
  return joinPath(configFile, '..', 'pair.yaml');
}
