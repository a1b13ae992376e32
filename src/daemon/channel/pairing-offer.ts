import { join as joinPath } from 'node:path';
import type { IdentityFacts } from '../../identity/identity.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import type { JoinedServer } from '../../identity/invitation.ts';
import type { PairOffer } from '../../identity/pairing-messages.ts';
import { type Address, formatAddress } from '../../kernel/sockets.ts';
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
  const facts = store.load();
  if (facts === null) throw new Error('a server without facts invited nobody');
  const { serverId, certificate, fingerprint, addresses } = server;
  const peer = { serverId, certificate, fingerprint, addresses };
  store.save({ ...facts, pairId: offer.pairId, pairName: offer.pairName, peer });
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
