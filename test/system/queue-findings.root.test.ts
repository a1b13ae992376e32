/**
 * What it proves: each server tells of its own queue before it meets a bound (80 % of its size, little
 * space beside it) and when it has met one ([L9], [M4]), with what to do, within 5 s; and that each of
 * them is over by itself once it is mended. [L20] is in full-disks.root.test.ts.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/api/status.ts';
import { over } from '../support/after-fault.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import type { TrialServer } from '../support/server.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { TemporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** In the proof, on a machine that does nothing else, as soon as was promised. */
const TOLD_WITHIN_MS = proofRuns({ short: 120_000, full: 5_000 });
const WITHIN_MS = 120_000;
const QUEUE_BYTES_MAX = 64 * MIB;
const FREE_BYTES_MIN = 40 * MIB;
const FILE_BYTES = 240 * KIB;
/** The channel counts as lost soon, so that the test is short. */
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 200, lostAfterMs: 1_000 };

describe.each(['active', 'passive'] as const)('the %s server', (role) => {
  it('tells that little space is left beside its queue, then that the queue may not grow', async () => {
    using disk = new SmallDisk(96);
    const identity = role === 'active' ? 'primary' : 'secondary';
    const serverSettings = (of: Identity) => ({
      queues: {
        sizeBytesMax: QUEUE_BYTES_MAX,
        freeBytesMin: of === identity ? FREE_BYTES_MIN : 0,
        ...(of === identity ? { directory: join(disk.folder, 'queues') } : {}),
      },
    });
    await using pair = await runningPair({ serverSettings });
    await pair.synchronized();
    const server = pair[role];
    disk.fill(45 * MIB);
    const warning = await server.finding('JRN-007', TOLD_WITHIN_MS);
    expect(warning).toMatchObject({ server: identity, severity: 'warning' });
    disk.fill(30 * MIB);
    const met = await server.finding('M4', TOLD_WITHIN_MS);
    expect(met).toMatchObject({ server: identity, severity: 'error' });
    expect(met.resolution).toContain('queues.freeBytesMin');
    await over(server, 'JRN-007');
    // It works all the same, as long as the other server takes what it holds.
    fs.writeFileSync(join(pair.active.data, 'file'), 'still');
    await pair.settled();
    disk.empty();
    await over(server, 'M4');
    // As much space comes back little by little, it may be told for a moment.
    await over(server, 'JRN-007');
  });
});

it('the active server tells that its queue fills, then that it met its bound, until what it left is checked', async () => {
  await using relayed = await RelayedPair.start({
    pairSettings: { channel: QUICK_CHANNEL },
    serverSettings: () => ({ queues: { sizeBytesMax: QUEUE_BYTES_MAX, freeBytesMin: 0 } }),
  });
  const { pair } = relayed;
  await pair.settled();
  relayed.cut();
  await until('the channel to be lost', WITHIN_MS, async () =>
    (await pair.active.status()).channel.status === 'Not connected' ? true : null,
  );
  writeFiles(pair.active, 'some', Math.ceil((0.9 * QUEUE_BYTES_MAX) / FILE_BYTES));
  expect(await pair.active.finding('JRN-006', WITHIN_MS)).toMatchObject({ server: 'primary', severity: 'warning' });
  expect(await pair.active.findings('L9')).toEqual([]);
  writeFiles(pair.active, 'more', Math.ceil((0.2 * QUEUE_BYTES_MAX) / FILE_BYTES));
  expect(await pair.active.finding('L9', WITHIN_MS)).toMatchObject({ server: 'primary', severity: 'warning' });
  await over(pair.active, 'JRN-006');
  relayed.restore();
  await pair.settled({ timeoutMs: WITHIN_MS });
  await over(pair.active, 'L9');
  expect(pair.differences()).toEqual([]);
});

it('the passive server tells that its queue fills, then that it met its bound; changes wait on the active server and nothing is lost', async () => {
  using home = new TemporaryHome();
  using disk = new SmallDisk(32, join(home.folder, 'state'));
  await using pair = await runningPair({
    homes: { secondary: home.folder },
    serverSettings: (of) => ({
      queues: { sizeBytesMax: QUEUE_BYTES_MAX, freeBytesMin: 0, directory: join(home.folder, `queues-${of}`) },
    }),
  });
  await pair.synchronized();
  // What is applied can't be noted, so that the queue must keep it.
  disk.fill();
  writeFiles(pair.active, 'some', Math.ceil((0.9 * QUEUE_BYTES_MAX) / FILE_BYTES));
  expect(await pair.passive.finding('JRN-006', WITHIN_MS)).toMatchObject({ server: 'secondary', severity: 'warning' });
  expect(await pair.passive.findings('L9')).toEqual([]);
  writeFiles(pair.active, 'more', Math.ceil((0.2 * QUEUE_BYTES_MAX) / FILE_BYTES));
  expect(await pair.passive.finding('L9', WITHIN_MS)).toMatchObject({ server: 'secondary' });
  disk.empty();
  await pair.settled({ timeoutMs: WITHIN_MS });
  await over(pair.passive, 'L9');
  expect(pair.differences()).toEqual([]);
});

function writeFiles(server: TrialServer, name: string, count: number): void {
  for (let number = 0; number < count; number++) {
    fs.writeFileSync(
      join(server.data, `${name}-${String(number)}`),
      Buffer.alloc(FILE_BYTES, `${name} ${String(number)}`),
    );
  }
}
