import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { IdentityFacts } from '../../identity/identity.ts';
import type { IdentityStore } from '../../identity/identity-store.ts';
import { createCertificate } from '../../system/network/certificates.ts';
import { loadOrCreateFacts, openIdentityStore } from '../settings/pair-facts.ts';
import { keepOffered, offerOf } from './pairing-offer.ts';

let folder: string;
let store: IdentityStore;
let own: IdentityFacts;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offer-'));
  store = openIdentityStore(folder);
  own = await loadOrCreateFacts(store, { identity: 'secondary', pair: 'shop' });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function offered(): Promise<ReturnType<typeof offerOf>> {
  const facts = { ...own, serverId: 'inviting', ...(await createCertificate('shop primary')) };
  return offerOf({ facts, listen: [], pair: { name: 'shop', version: 1, text: '' } });
}

it('a server that joins its pair again keeps the epoch that its daemon went on to meanwhile', async () => {
  const offer = await offered();
  keepOffered(store, offer, own);
  const before = store.load() ?? own;
  store.change((facts) => ({ ...(facts ?? own), epoch: 5 }));
  keepOffered(store, offer, before);
  expect(store.load()).toMatchObject({ epoch: 5, pairId: offer.pairId, peer: { serverId: 'inviting' } });
});

it('a server that became another one while it joined is not paired as the one it showed', async () => {
  const offer = await offered();
  expect(() => keepOffered(store, offer, { ...own, serverId: 'of before' })).toThrow(
    expect.objectContaining({ code: 'IDN-005' }),
  );
  expect(store.load()).toEqual(own);
});
