/**
 * What it proves: a disk without space, be it that of a queue, of a state folder, or of the passive's
 * data, stops what must stop and nothing else. It is told within 5 s as what it is, the daemons keep
 * running, the application on the active server never waits, and once there is room both servers come
 * to be Synchronized and equal without a command.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/api/status.ts';
import { converges, over } from '../support/after-fault.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import type { TrialServer } from '../support/server.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { TemporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
/** In the proof, on a machine that does nothing else, as soon as was promised. */
const TOLD_WITHIN_MS = proofRuns({ short: 120_000, full: 5_000 });
const CONVERGES_WITHIN_MS = 120_000;
const DISK_MIB = 96;
const FILE_BYTES = 200 * 1024;
/**
 * An application writes a file of that size in a few milliseconds, where nobody else keeps the machine busy; one that waits
 * for Understudy would wait until there is room, for which this test would wait behind it.
 */
const WRITE_MS_MAX = proofRuns({ short: 30_000, full: 500 });

/** The channel counts as lost soon, so that the test is short. */
const QUICK_CHANNEL = { waitMs: 500, heartbeatMs: 200, lostAfterMs: 1_000 };

describe('the disk of the send queue', () => {
  it('is left with the free space that it is to keep while the passive server is away', async () => {
    using disk = new SmallDisk(DISK_MIB);
    const freeBytesMin = 40 * MIB;
    await using relayed = await withQueuesOn(disk, 'primary', freeBytesMin);
    const { pair } = relayed;
    await pair.synchronized();
    relayed.cut();
    await lost(pair.active);
    let leastFree = disk.freeBytes;
    for (let number = 0; number < 400; number++) {
      write(pair, `file-${String(number)}`);
      leastFree = Math.min(leastFree, disk.freeBytes);
      if (number % 20 === 0) await captured(pair);
    }
    await captured(pair);
    expect(leastFree).toBeGreaterThan(freeBytesMin - 2 * MIB);
    await until('the queue to have given back what it took', CONVERGES_WITHIN_MS, (seen) => {
      seen(String(disk.freeBytes));
      return disk.freeBytes > freeBytesMin ? true : null;
    });
    relayed.restore();
    await converges(pair);
  });

  it('is full while the passive server is away: told as L20, and the application never waits', async () => {
    using disk = new SmallDisk(DISK_MIB);
    await using relayed = await withQueuesOn(disk, 'primary', 0);
    const { pair } = relayed;
    await pair.synchronized();
    relayed.cut();
    await lost(pair.active);
    disk.fill();
    write(pair, 'first');
    await told(pair.active, 'L20');
    for (let number = 0; number < 100; number++) write(pair, `file-${String(number)}`);
    expect((await pair.active.status()).fileSystem.itemsOutOfSync).toBeGreaterThan(0);
    disk.empty();
    relayed.restore();
    await converges(pair);
    await over(pair.active, 'L20');
  });
});

it('the disk of a queue is full while the two are connected: the stream waits, and goes on by itself', async () => {
  using disks = new QueueDisks();
  await using pair = await runningPair({ serverSettings: disks.settings });
  await pair.synchronized();
  for (const role of ['active', 'passive'] as const) {
    const disk = disks.of(pair[role].place.identity);
    disk.fill();
    // More than fits into what the queue has already.
    for (let number = 0; number < 150; number++) write(pair, `${role}-${String(number)}`);
    await told(pair[role], 'L20');
    await notSynchronized(pair.active);
    disk.empty();
    await converges(pair);
    await over(pair[role], 'L20');
    expect((await pair[role].events('DMN-003')).length).toBe(0);
  }
  await hasToBeBegunAnew(pair, disks.of('secondary'));
});

/** It is told as that, and the server works once there is room. */
async function hasToBeBegunAnew(pair: Pair, disk: SmallDisk): Promise<void> {
  await pair.passive.stop();
  fs.rmSync(join(disk.folder, 'queues'), { recursive: true });
  disk.fill();
  write(pair, 'meanwhile');
  await pair.passive.start();
  await told(pair.passive, 'L20');
  disk.empty();
  await converges(pair);
  await over(pair.passive, 'L20');
  await over(pair.passive, 'DMN-003');
}

describe('the disk of the state folder is full', () => {
  it('on the passive server: what is applied is not noted, and is once there is room', async () => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(32, join(home.folder, 'state'));
    await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings: queuesBeside(home) });
    await pair.synchronized();
    disk.fill();
    // So many that the record of them needs space.
    for (let number = 0; number < 2_000; number++)
      fs.writeFileSync(join(pair.active.data, `file-${String(number)}`), '');
    await told(pair.passive, 'SYS-010');
    await notSynchronized(pair.active);
    disk.empty();
    await converges(pair);
    await over(pair.passive, 'SYS-010');
    expect(await pair.passive.events('DMN-003')).toEqual([]);
  });

  it('on the active server: changes reach the passive all the same', async () => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(32, join(home.folder, 'state'));
    await using pair = await runningPair({ homes: { primary: home.folder }, serverSettings: queuesBeside(home) });
    await pair.synchronized();
    disk.fill();
    // What the passive server has for good need not be written down any more, and nothing is told of it then.
    await whileStandingStill(pair.passive.daemon?.pid ?? 0, async () => {
      for (let number = 0; number < 50; number++) write(pair, `file-${String(number)}`);
      await told(pair.active, 'SYS-010');
    });
    // Nothing stops for it.
    await converges(pair);
    disk.empty();
    write(pair, 'last');
    await over(pair.active, 'SYS-010');
    await converges(pair);
    expect(await pair.active.events('DMN-003')).toEqual([]);
  });

  it.each(['active', 'passive'] as const)('while the %s server starts: it runs once there is room', async (role) => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(32, join(home.folder, 'state'));
    const identity = role === 'active' ? 'primary' : 'secondary';
    await using pair = await runningPair({ homes: { [identity]: home.folder }, serverSettings: queuesBeside(home) });
    await pair.synchronized();
    const server = pair[role];
    await server.kill();
    disk.fill();
    write(pair, 'meanwhile');
    const daemon = server.launch();
    await until('the daemon to meet the full disk', CONVERGES_WITHIN_MS, async (seen) => {
      seen(server.log());
      return daemon.end !== null || (await findingsOf(server)).includes('SYS-010') ? true : null;
    });
    expect(daemon.end).toBeNull();
    disk.empty();
    await converges(pair);
    // It was full, not damaged: what is known of the copy was not thrown away.
    expect(fs.readdirSync(disk.folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });
});

it('the disk of the passive data is full: told once, other changes go on, and what is missing is made up for', async () => {
  using home = new TemporaryHome();
  using disk = new SmallDisk(64, join(home.folder, 'base'));
  await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings: queuesBeside(home) });
  for (let number = 0; number < 20; number++) write(pair, `before-${String(number)}`);
  await pair.settled();
  disk.fill();
  for (let number = 0; number < 20; number++) write(pair, `file-${String(number)}`);
  const finding = await pair.passive.finding('APL-030', TOLD_WITHIN_MS);
  expect(finding.item).toBe('/data');
  // It knows of it by what the other server reports next.
  await until('the active server to say so', TOLD_WITHIN_MS, async (seen) => {
    const { fileSystem } = await pair.active.status();
    seen(JSON.stringify(fileSystem));
    return fileSystem.status === 'Out of sync' ? true : null;
  });
  expect(await pair.passive.findings('APL-001')).toEqual([]);
  // What makes room there must not wait behind what needs it.
  fs.rmSync(join(pair.active.data, 'before-0'));
  await until('a file to go on the full disk', TOLD_WITHIN_MS, () =>
    fs.existsSync(join(pair.passive.data, 'before-0')) ? null : true,
  );
  const emptied = performance.now();
  disk.empty();
  await over(pair.passive, 'APL-030');
  expect(performance.now() - emptied).toBeLessThan(4 * TOLD_WITHIN_MS);
  await converges(pair);
  expect(await pair.passive.events('DMN-003')).toEqual([]);
});

/** A small disk for the queues of each server. */
class QueueDisks implements Disposable {
  readonly #disks = { primary: new SmallDisk(DISK_MIB), secondary: new SmallDisk(DISK_MIB) };

  of(identity: Identity): SmallDisk {
    return this.#disks[identity];
  }

  readonly settings = (identity: Identity) => ({
    queues: { sizeBytesMax: 64 * MIB, freeBytesMin: 0, directory: join(this.of(identity).folder, 'queues') },
  });

  [Symbol.dispose](): void {
    for (const disk of Object.values(this.#disks)) disk[Symbol.dispose]();
  }
}

/** None while its daemon does not answer. */
async function findingsOf(server: TrialServer): Promise<string[]> {
  try {
    return (await server.status()).findings.map(({ code }) => code);
  } catch {
    return [];
  }
}

/** Neither on the disk of the state folder nor on that of the data. */
function queuesBeside(home: TemporaryHome) {
  return (identity: Identity) => ({
    queues: { sizeBytesMax: 64 * MIB, freeBytesMin: 0, directory: join(home.folder, `queues-${identity}`) },
  });
}

function queuesOn(disk: SmallDisk, on: Identity, freeBytesMin: number) {
  return (identity: Identity) => ({
    queues: {
      sizeBytesMax: 64 * MIB,
      freeBytesMin: identity === on ? freeBytesMin : 0,
      ...(identity === on ? { directory: join(disk.folder, 'queues') } : {}),
    },
  });
}

function withQueuesOn(disk: SmallDisk, on: Identity, freeBytesMin: number): Promise<RelayedPair> {
  return RelayedPair.start({
    serverSettings: queuesOn(disk, on, freeBytesMin),
    pairSettings: { channel: QUICK_CHANNEL },
  });
}

/** As an application would; it must not be kept waiting. */
function write(pair: Pair, name: string): void {
  const began = performance.now();
  fs.writeFileSync(join(pair.active.data, name), Buffer.alloc(FILE_BYTES, name));
  expect(performance.now() - began).toBeLessThan(WRITE_MS_MAX);
}

async function lost(server: TrialServer): Promise<void> {
  await until('the channel to be lost', CONVERGES_WITHIN_MS, async () =>
    (await server.status()).channel.status === 'Not connected' ? true : null,
  );
}

/** Waits until the active has seen what was written so far. */
async function captured(pair: Pair): Promise<void> {
  const name = `marker-${String(performance.now())}`;
  fs.writeFileSync(join(pair.active.data, name), '');
  await until('a file to be captured', CONVERGES_WITHIN_MS, async () => {
    const { items } = await pair.active.client.call('files', { outOfSync: true, limit: 1000 });
    return items.length > 0 ? true : null;
  });
}

/** The other server may have told its own users a moment before. */
async function notSynchronized(server: TrialServer): Promise<void> {
  await until('a status that is not Synchronized', TOLD_WITHIN_MS, async () => {
    const { status } = (await server.status()).fileSystem;
    return status === 'Synchronized' ? null : status;
  });
}

async function told(server: TrialServer, code: string): Promise<void> {
  await server.finding(code, TOLD_WITHIN_MS);
}
