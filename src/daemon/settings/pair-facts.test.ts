import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { HandTime } from '../hand-time.testing.ts';
import { identityFile, PairFacts } from './pair-facts.ts';
import { PAIR_FILE, protecting } from './pair-settings.testing.ts';

it('facts that are spoilt while the daemon runs say nothing new, and end nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  try {
    const text = `identity: primary\nstateDirectory: ${folder}\nchannel:\n  peers: ["10.0.0.2:57348"]\n`;
    const server = parseServerSettings(text, '/etc/understudy/server.yaml');
    if (server.kind !== 'settings') throw new Error(JSON.stringify(server.problems));
    const timers = new HandTime();
    const facts = await PairFacts.open({
      server: server.settings,
      pairText: protecting('/srv'),
      pairFile: PAIR_FILE,
      timers,
    });
    const before = facts.credentials();
    let pairings = 0;
    facts.watchPairing(() => (pairings += 1));
    writeFileSync(identityFile(folder), '{"format":');
    timers.advance(3000);
    expect([pairings, facts.reload()]).toEqual([0, false]);
    expect(facts.credentials()).toEqual(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
