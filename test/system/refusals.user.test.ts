/**
 * What it proves: two servers that must not work together don't, both say why in one finding, nothing
 * is compared or replicated meanwhile, and once the cause is mended they go on by themselves.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import type { Finding } from '../../src/api/status.ts';
import type { IdentityFacts } from '../../src/identity/identity.ts';
import { createCertificate } from '../../src/system/network/certificates.ts';
import { over } from '../support/after-fault.ts';
import { brief } from '../support/asked-server.ts';
import { FakePeer } from '../support/fake-peer.ts';
import { changeSettings, type Pair, startPair } from '../support/pair.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const REFUSED_WITHIN_MS = 120_000;
const CLOCK_AHEAD = join(import.meta.dirname, '../support/clock-ahead.ts');
/** So quick that a test need not wait for retries. */
const QUICK = { heartbeatMs: 200, lostAfterMs: 1_500, waitMs: 300, reconnectDelayMsMin: 50, reconnectDelayMsMax: 300 };

describe('two servers that must not work together', () => {
  let pair: Pair;
  let since: string;

  beforeAll(async () => {
    pair = await startPair({ plant, pairSettings: { channel: QUICK } });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  beforeEach(async () => {
    onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
    await pair.synchronized();
    await pair.passive.stop();
    // The passive must catch up with something, so that a check or a change that slips through would show.
    fs.appendFileSync(join(pair.active.data, 'file'), 'more');
    since = new Date().toISOString();
  });

  it('say so where one belongs to another pair [CHN-005]', async () => {
    const before = editIdentity(pair.passive, { pairId: 'another-pair' });
    await pair.passive.start();
    await expectRefusal('CHN-005');
    await pair.passive.stop();
    editIdentity(pair.passive, before);
    await pair.passive.start();
    await expectRecovery();
  });

  it('say so where both have the same identity [CHN-006]', async () => {
    changeSettings(pair.passive.serverFile, { identity: 'primary' });
    await pair.passive.start();
    await expectRefusal('CHN-006');
    await pair.passive.stop();
    changeSettings(pair.passive.serverFile, { identity: 'secondary' });
    await pair.passive.start();
    await expectRecovery();
  });

  it('say so where one is a clone of the other [CHN-007]', async () => {
    await pair.active.stop();
    const { stateDirectory } = pair.passive;
    fs.renameSync(stateDirectory, `${stateDirectory}.own`);
    fs.cpSync(pair.active.stateDirectory, stateDirectory, { recursive: true });
    await pair.start();
    await expectRefusal('CHN-007');
    await pair.passive.stop();
    fs.rmSync(stateDirectory, { recursive: true });
    fs.renameSync(`${stateDirectory}.own`, stateDirectory);
    await pair.passive.start();
    await expectRecovery();
  });

  it('say so where both are active [CHN-008]', async () => {
    const before = editIdentity(pair.passive, { lastRole: 'active' });
    await pair.passive.start();
    await expectRefusal('CHN-008');
    await pair.passive.stop();
    editIdentity(pair.passive, { lastRole: before.lastRole });
    await pair.passive.start();
    await expectRecovery();
  });

  it('say so where they have no common protocol version [CHN-009]', async () => {
    {
      await using far = await FakePeer.listen(pair.passive, { protocol: { min: 700, max: 701 } });
      await expectRefusal('CHN-009', [pair.active]);
      await until('the far one to be told', REFUSED_WITHIN_MS, () => (far.refusals.includes('CHN-009') ? true : null));
    }
    await pair.passive.start();
    await expectRecovery();
  });

  it('say so where the pair settings were edited on both while they were apart [CHN-010]', async () => {
    changeSettings(pair.active.pairFile, { queues: { ageMsMax: 70_000 } });
    changeSettings(pair.passive.pairFile, { queues: { ageMsMax: 80_000 } });
    // pair.yaml is looked at now and then. Until then the two would meet under the older settings, and compare.
    await until('the active server to have seen its pair.yaml', REFUSED_WITHIN_MS, async (seen) => {
      const { text } = await pair.active.client.call('pairSettings', {});
      seen(text);
      return text.includes('70000') ? true : null;
    });
    await pair.passive.start();
    await expectRefusal('CHN-010');
    fs.copyFileSync(pair.active.pairFile, pair.passive.pairFile);
    await expectRecovery();
  });

  it('say so where one shows a certificate that was never exchanged [CHN-004]', async () => {
    const before = editIdentity(pair.passive, await createCertificate('stranger'));
    await pair.passive.start();
    await expectRefusal('CHN-004');
    await pair.passive.stop();
    editIdentity(pair.passive, before);
    await pair.passive.start();
    await expectRecovery();
  });

  /** Each says why, in one finding, and does nothing. */
  async function expectRefusal(code: string, servers: readonly TrialServer[] = pair.servers): Promise<void> {
    for (const server of servers) {
      const { fileSystem, findings } = await until(
        `${code} alone on ${server.place.identity}`,
        REFUSED_WITHIN_MS,
        async (seen) => {
          const status = await server.status();
          seen(JSON.stringify({ ...status.fileSystem, findings: status.findings }, null, 1));
          const errors = rootErrors(status.findings);
          const isTold = errors.length === 1 && errors[0]?.code === code;
          // For channel.waitMs after a drop the word is another one.
          return isTold && status.fileSystem.status === 'Out of sync' ? status : null;
        },
      );
      expect(fileSystem).toMatchObject({ status: 'Out of sync', check: null });
      const [why] = rootErrors(findings);
      expect(why?.cause).toMatch(/\w+ .*\./);
      expect(why?.resolution).toMatch(/\w+ .*\./);
      expect(await checkEvents(server)).toEqual([]);
    }
  }

  async function expectRecovery(): Promise<void> {
    await pair.synchronized({ after: Date.now() });
    expect(pair.differences()).toEqual([]);
    // What the other server told a second ago may still be shown.
    for (const server of pair.servers) {
      await until(`no error on ${server.place.identity}`, REFUSED_WITHIN_MS, async (seen) => {
        const errors = rootErrors((await server.status()).findings);
        seen(JSON.stringify(errors));
        return errors.length === 0 ? true : null;
      });
    }
  }

  async function checkEvents(server: TrialServer): Promise<readonly string[]> {
    const { events } = await server.client.call('events', { since, limit: 1000 });
    return events
      .filter(({ text, code }) => /check/i.test(text) || code?.startsWith('CHK') === true)
      .map(({ text }) => text);
  }
});

describe('two servers that may work together, though something is odd', () => {
  it('connect, replicate nothing and warn where both are passive [CHN-012]', async () => {
    await using pair = await startPair({ plant, pairSettings: { channel: QUICK } });
    await pair.synchronized();
    await pair.active.stop();
    editIdentity(pair.active, { lastRole: 'passive' });
    await pair.active.start();
    for (const server of pair.servers) {
      const { identity } = server.place;
      // The channel is so quick to be lost that it may be for a moment on a machine with much to do.
      const status = await until(`CHN-012 on ${identity}, connected`, REFUSED_WITHIN_MS, async (seen) => {
        const now = await server.status();
        seen(JSON.stringify(brief(now)));
        const isTold = now.findings.some(({ code }) => code === 'CHN-012');
        return isTold && now.channel.status === 'Connected' ? now : null;
      });
      expect(status.findings.find(({ code }) => code === 'CHN-012')).toMatchObject({ severity: 'warning' });
      expect(status.fileSystem.status).not.toContain('Synchronized');
    }
    await pair.active.stop();
    editIdentity(pair.active, { lastRole: 'active' });
    await pair.active.start();
    await pair.settled();
    for (const server of pair.servers) await over(server, 'CHN-012');
  });

  it('replicate and warn where their clocks differ too much [CHN-011]', async () => {
    await using pair = await startPair({ plant, pairSettings: { channel: QUICK } });
    await pair.synchronized();
    await pair.passive.stop();
    await pair.passive.start({ preload: CLOCK_AHEAD });
    for (const server of pair.servers) {
      const finding = await server.finding('CHN-011');
      expect(finding).toMatchObject({ severity: 'warning' });
      expect(finding.cause).toMatch(/differ by \d+ min /);
    }
    fs.writeFileSync(join(pair.active.data, 'later'), 'still replicated');
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    await pair.passive.stop();
    await pair.passive.start();
    await pair.synchronized();
    // What the other server told a second ago may still be shown.
    for (const server of pair.servers) await over(server, 'CHN-011');
  });
});

function plant(data: string): void {
  fs.writeFileSync(join(data, 'file'), 'content');
}

function rootErrors(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity, parent }) => severity === 'error' && parent === null);
}

/** Only while the daemon is stopped. @returns what stood there before. */
function editIdentity(server: TrialServer, changes: Partial<IdentityFacts>): IdentityFacts {
  const file = join(server.stateDirectory, 'identity.json');
  const before = JSON.parse(fs.readFileSync(file, 'utf8')) as IdentityFacts;
  fs.writeFileSync(file, JSON.stringify({ ...before, ...changes }));
  return before;
}
