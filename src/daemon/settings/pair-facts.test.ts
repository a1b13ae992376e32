import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { HandTime } from '../hand-time.testing.ts';
import { startThread } from '../../system/processes/threads.ts';
import { identityFile, loadOrCreateFacts, openIdentityStore, PairFacts } from './pair-facts.ts';
import { PAIR_FILE, protecting } from './pair-settings.testing.ts';

async function opened(folder: string, timers: HandTime): Promise<PairFacts> {
  const text = `identity: primary\nstateDirectory: ${folder}\nchannel:\n  peers: ["10.0.0.2:57348"]\n`;
  const server = parseServerSettings(text, '/etc/understudy/server.yaml');
  if (server.kind !== 'settings') throw new Error(JSON.stringify(server.problems));
  const [pairText, pairFile] = [protecting('/srv'), PAIR_FILE];
  return await PairFacts.open({ server: server.settings, pairText, pairFile, timers });
}

class Told {
  readonly codes: string[] = [];
  raise({ code }: { readonly code: string }): void {
    this.codes.push(code);
  }
  clear(code: string): void {
    this.codes.push(`no ${code}`);
  }
}

it('facts that are spoilt while the daemon runs are told, say nothing new, and end nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const timers = new HandTime();
    const facts = await opened(folder, timers);
    const before = facts.credentials();
    let pairings = 0;
    const told = new Told();
    facts.watch(told, () => (pairings += 1));
    writeFileSync(identityFile(folder), '{"format":');
    timers.advance(100);
    expect(told.codes).toEqual(['IDN-004']);
    expect([pairings, facts.reload()]).toEqual([0, false]);
    expect(facts.credentials()).toEqual(before);
    expect(() => facts.setEpoch(7)).toThrow('not whole');
    expect(facts.epoch).toBe(0);
    // As the remedy says.
    rmSync(identityFile(folder));
    told.codes.length = 0;
    timers.advance(100);
    expect(told.codes).toEqual(['no IDN-004']);
    expect(openIdentityStore(folder).load()).toMatchObject({ key: before.key, certificate: before.certificate });
    facts.setEpoch(7);
    expect(openIdentityStore(folder).load()?.epoch).toBe(7);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a pairing is known a tenth of a second later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const timers = new HandTime();
    const facts = await opened(folder, timers);
    let pairings = 0;
    const cancel = facts.watch(new Told(), () => (pairings += 1));
    const pair = (pairId: string): void =>
      void openIdentityStore(folder).change((known) => {
        if (known === null) throw new Error('there are no facts');
        const { serverId, certificate, fingerprint } = known;
        return { ...known, pairId, peer: { serverId, certificate, fingerprint, addresses: [] } };
      });
    pair('first');
    timers.advance(100);
    expect(pairings).toBe(1);
    pair('second');
    timers.advance(900);
    expect(pairings).toBe(1);
    timers.advance(100);
    expect(pairings).toBe(2);
    cancel();
    pair('third');
    timers.advance(5000);
    expect(pairings).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('facts that two threads change at once lose nothing of either', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const store = openIdentityStore(folder);
    await loadOrCreateFacts(store, { identity: 'primary', pair: 'shop' });
    const times = 40;
    const changed = (what: 'epoch' | 'version'): Promise<unknown> =>
      new Promise((done) => {
        startThread(new URL('./facts-changer.testing.ts', import.meta.url), { folder, what, times }).onEnd(done);
      });
    expect(await Promise.all([changed('epoch'), changed('version')])).toEqual([null, null]);
    expect(store.load()).toMatchObject({ epoch: times, settings: { version: times } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('facts are made once, whoever makes them at the same time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const made = await Promise.all(
      [0, 1].map(async () => await loadOrCreateFacts(openIdentityStore(folder), { identity: 'primary', pair: 'shop' })),
    );
    expect(made[0]).toEqual(made[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
