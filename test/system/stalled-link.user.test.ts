/**
 * What it proves: a link on which nothing passes in one direction is lost in its time and comes back by
 * itself; one that lets small packets through only, so that heartbeats are answered and data is not, is told
 * as what it is, another route takes over where there is one, and all is well again when it is over.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { over } from '../support/after-fault.ts';
import { brief } from '../support/asked-server.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ThinPair } from '../support/thin-pair.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const WITHIN_MS = 120_000;
const LOST_AFTER_MS = 2_000;
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 300, lostAfterMs: LOST_AFTER_MS };
const LINK = { bytesPerSecond: 12_500_000, delayMs: 1 };
const HOLDS_TIMES = proofRuns({ short: 0, full: 1 }) === 1;
const ALL = { toPassive: 'all', toActive: 'all' } as const;
const SMALL_TO_PASSIVE = { toPassive: 'small', toActive: 'all' } as const;

it('small packets only, on every route: told with route and bytes, and over when it is over', async () => {
  await using thin = await ThinPair.start(LINK, { pairSettings: { channel: QUICK_CHANNEL } });
  const { pair } = thin;
  await pair.synchronized();
  thin.pass(SMALL_TO_PASSIVE, 'both');
  const start = performance.now();
  write(thin, 'large');
  // Whoever passes the packets on may stand still for longer than the two allow each other: then both are lost for a while.
  const { finding, fileSystem } = await until(
    'the stall to be told of a channel that stands',
    WITHIN_MS,
    async (seen) => {
      const status = await pair.active.status();
      seen(JSON.stringify(brief(status)));
      const found = status.findings.find(({ code }) => code === 'CHN-020');
      if (found === undefined || status.channel.status !== 'Connected') return null;
      return { finding: found, fileSystem: status.fileSystem };
    },
  );
  const ms = performance.now() - start;
  process.stdout.write(`Told after ${ms.toFixed(0)} ms: ${finding.cause} (${finding.evidence.join('; ')})\n`);
  expect(finding.severity).toBe('error');
  expect(finding.item).toMatch(/^route 127\.0\.0\.1/);
  expect(finding.evidence.join()).toMatch(/heartbeat was answered within \d+ ms/);
  if (HOLDS_TIMES) expect(ms).toBeLessThan(LOST_AFTER_MS + 1_500);
  expect(fileSystem.status).not.toBe('Synchronized');
  // The other server tells it, too.
  await pair.passive.finding('CHN-020', WITHIN_MS);
  thin.pass(ALL, 'both');
  await pair.settled({ timeoutMs: WITHIN_MS });
  await over(pair.active, 'CHN-020');
  expect(pair.differences()).toEqual([]);
});

it('small packets only, on the route in use: another one takes over, and that is told', async () => {
  await using thin = await ThinPair.start(LINK, { pairSettings: { channel: QUICK_CHANNEL } });
  const { pair } = thin;
  await pair.synchronized();
  // Which of the two is in use is not known here: one after the other, each of them once.
  for (const route of ['dialedByActive', 'dialedByPassive'] as const) {
    thin.pass(SMALL_TO_PASSIVE, route);
    write(thin, `large-${route}`);
    await arrived(thin, `large-${route}`);
    thin.pass(ALL, route);
  }
  const finding = await pair.active.finding('CHN-021', WITHIN_MS);
  process.stdout.write(`${finding.cause}\n`);
  expect(finding.severity).toBe('warning');
  await pair.settled({ timeoutMs: WITHIN_MS });
  await over(pair.active, 'CHN-020');
  expect(pair.differences()).toEqual([]);
});

it('nothing in one direction: the channel is lost in its time, and comes back by itself', async () => {
  await using thin = await ThinPair.start(LINK, { pairSettings: { channel: QUICK_CHANNEL } });
  const { pair } = thin;
  await pair.synchronized();
  for (const [direction, deaf] of [
    ['toPassive', pair.passive],
    ['toActive', pair.active],
  ] as const) {
    const start = performance.now();
    thin.pass({ ...ALL, [direction]: 'nothing' }, 'both');
    write(thin, `large-${direction}`);
    await until('the channel to be lost', WITHIN_MS, async (seen) => {
      const { channel } = await deaf.status();
      seen(JSON.stringify(channel));
      return channel.status === 'Connected' ? null : true;
    });
    const ms = performance.now() - start;
    process.stdout.write(`Nothing passed ${direction}: lost after ${ms.toFixed(0)} ms\n`);
    if (HOLDS_TIMES) expect(ms).toBeLessThan(LOST_AFTER_MS + 1_500);
    expect(await pair.active.findings('CHN-020')).toEqual([]);
    thin.pass(ALL, 'both');
    await arrived(thin, `large-${direction}`);
    await pair.settled({ timeoutMs: WITHIN_MS });
  }
  for (const route of thin.routes) route.reset();
  write(thin, 'after-a-loss');
  await arrived(thin, 'after-a-loss');
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
});

function write(thin: ThinPair, name: string): void {
  fs.writeFileSync(join(thin.pair.active.data, name), randomBytes(MIB));
}

function arrived(thin: ThinPair, name: string): Promise<true> {
  const path = (folder: string): string => join(folder, name);
  return until(`${name} to arrive`, WITHIN_MS, () => {
    const there = path(thin.pair.passive.data);
    return fs.existsSync(there) && fs.readFileSync(there).equals(fs.readFileSync(path(thin.pair.active.data)))
      ? true
      : null;
  });
}
