/*
 * What it proves: with `replication.mode: synchronous` whatever flushes a file of an intercepted folder returns only when
 * the passive server has it durably, and keeps nothing else waiting; what fails here is told at once. Where the passive
 * server is lost, applications go on, or wait, as the settings say, and that is told, written down, and over by itself.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReplicationStatus, Status } from '../../src/api/status.ts';
import { over } from '../support/after-fault.ts';
import { command, start } from '../support/databases/database.ts';
import { dropMount } from '../support/mounted-folder.ts';
import { changeSettings, type Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { flushesWaiting, inForce, synchronousSettings, synchronousUntil } from '../support/synchronous-pair.ts';
import { until } from '../support/until.ts';

const LONG_MS = 240_000;
const WITHIN_MS = 60_000;
/** So long a daemon that stops waits for who uses a folder, here who waits for a flush. */
const RELEASE_MS_MAX = 2_000;
const KINDS = ['O_DSYNC', 'O_SYNC', 'allocated', 'asynchronous', 'fdatasync', 'folder', 'fsync', 'msync'];
const LATE_NAME = new URL('../support/late_name.py', import.meta.url).pathname;
const LATE_BYTES = 8 * 1024 * 1024;
const FLUSH_KINDS = new URL('../support/flush_kinds.py', import.meta.url).pathname;

/** A flush that may take long; what became of it. */
class Flush {
  readonly ended: Promise<void>;
  isOver = false;
  error: NodeJS.ErrnoException | null = null;

  private constructor(file: fs.promises.FileHandle) {
    this.ended = file
      .datasync()
      .catch((error: NodeJS.ErrnoException) => void (this.error = error))
      .finally(() => (this.isOver = true))
      .then(() => file.close().catch(() => {}));
  }

  /** Writes to a file of the active server, and flushes it. */
  static async of({ active }: Pair, name: string): Promise<Flush> {
    const file = await fs.promises.open(join(active.data, name), 'a');
    await file.write(name);
    return new Flush(file);
  }
}

function recordOf(server: Pair['active']): unknown {
  return JSON.parse(fs.readFileSync(join(server.stateDirectory, 'replication.json'), 'utf8'));
}

/** The passive server is told a moment after it is so on the active one. */
async function knownThere({ active, passive }: Pair): Promise<ReplicationStatus> {
  return await until('the passive server to know that flushes wait for it', WITHIN_MS, async (seen) => {
    const [here, there] = [(await active.status()).replication, (await passive.status()).replication];
    seen(JSON.stringify([here, there]));
    return there.mode === 'synchronous' && there.inForce === 'synchronous' && there.since === here.since ? there : null;
  });
}

async function arrives(pair: Pair, name: string): Promise<void> {
  const content = fs.readFileSync(join(pair.active.data, name), 'utf8');
  await until(`${name} on the passive server`, WITHIN_MS, () => {
    const path = join(pair.passive.data, name);
    return fs.existsSync(path) && fs.readFileSync(path, 'utf8') === content ? true : null;
  });
}

describe('a flush in an intercepted folder', () => {
  it(
    'waits for the passive server, whichever call asks for it, and nothing else does',
    async () => {
      await using pair = await runningPair({
        pairSettings: synchronousSettings({ onPeerLoss: 'hold' }),
        faults: true,
      });
      await inForce(pair);
      await (await Flush.of(pair, 'before')).ended;
      const { addedMs } = await synchronousUntil(pair.active, 'a flush to be counted', (one) => one.addedMs !== null);
      expect(addedMs?.p99).toBeGreaterThanOrEqual(addedMs?.p50 ?? Number.NaN);
      await knownThere(pair);
      const kinds = start(null, 'python3', [FLUSH_KINDS, pair.active.data]);
      try {
        await kinds.ended;
        expect(kinds.output().trim().split('\n').sort()).toEqual(KINDS);
      } finally {
        await kinds.end('SIGKILL');
      }
      await pair.settled();
      for (const name of fs.readdirSync(pair.active.data)) fs.rmSync(join(pair.active.data, name), { recursive: true });
      await whilePassiveStands(pair, async () => {
        await failsHere(pair);
        const again = start(null, 'python3', [FLUSH_KINDS, pair.active.data]);
        await flushesWaiting(pair.active, KINDS.length);
        worksOn(pair);
        expect(again.output()).toBe('');
        return async () => {
          await again.ended;
          expect(again.output().trim().split('\n').sort()).toEqual(KINDS);
        };
      });
      await pair.settled();
      expect(pair.differences()).toEqual([]);
      await restartsStream(pair);
      await fetchesFirst(pair);
    },
    LONG_MS,
  );

  it(
    'is answered without the passive server when that is lost, or after a while, and waits again by itself',
    async () => {
      await using relayed = await RelayedPair.start({
        pairSettings: synchronousSettings({ onPeerLoss: 'degrade' }),
        serverSettings: () => ({ interception: { releaseMsMax: RELEASE_MS_MAX } }),
      });
      const { pair } = relayed;
      await inForce(pair);
      const { since: held } = await knownThere(pair);
      relayed.cut();
      const flush = await Flush.of(pair, 'alone');
      await flush.ended;
      expect(flush.error).toBeNull();
      const { position } = await synchronousUntil(pair.active, 'to be behind', ({ state }) => state === 'behind');
      expect(position?.epoch).toBeGreaterThan(0);
      expect(await pair.active.finding('RPL-001')).toMatchObject({
        cause: expect.stringContaining(`${String(position?.epoch)}:${String(position?.sequence)}`),
      });
      expect(recordOf(pair.active)).toMatchObject({ inForce: 'asynchronous', synchronous: { position } });
      // The passive server knows what it was told last.
      expect((await pair.passive.status()).replication).toMatchObject({ inForce: 'synchronous', since: held });
      expect(recordOf(pair.passive)).toMatchObject({ inForce: 'synchronous', since: held });
      relayed.restore();
      await inForce(pair);
      await over(pair.active, 'RPL-001');
      expect(recordOf(pair.active)).toMatchObject({ inForce: 'synchronous' });
      await arrives(pair, 'alone');
      expect((await pair.active.events('RPL-001')).length).toBeGreaterThanOrEqual(2);
      await goesOnWithTheNextDaemon(relayed);
      await holdsForAWhile(relayed);
      await endsWhileHeld(relayed);
    },
    LONG_MS,
  );

  it(
    'does not wait where nothing is intercepted, which is told',
    async () => {
      await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, replication: { mode: 'synchronous' } } });
      await pair.synchronized();
      expect(await pair.active.finding('RPL-003')).toMatchObject({ cause: expect.stringContaining('/data') });
      expect((await pair.active.status()).replication).toMatchObject({
        mode: 'synchronous',
        inForce: 'asynchronous',
        synchronous: { state: 'unavailable' },
      });
      changeSettings(pair.active.pairFile, { replication: { mode: 'asynchronous' } });
      await until('the finding to end', WITHIN_MS, async () =>
        (await pair.active.findings('RPL-003')).length === 0 ? true : null,
      );
    },
    LONG_MS,
  );
});

/** @param action - returns what is to be done once the passive server goes on. */
async function whilePassiveStands(pair: Pair, action: () => Promise<() => Promise<void>>): Promise<void> {
  const { daemon } = pair.passive;
  if (daemon === null) throw new Error('the passive server runs');
  const then = await whileStandingStill(daemon.pid, action);
  await then();
}

/** An error of the disk here. */
async function failsHere(pair: Pair): Promise<void> {
  const end = pair.active.faults.begin({ call: 'fdatasync', path: '*broken*', error: 'EIO' });
  const flush = await Flush.of(pair, 'broken');
  await flush.ended;
  expect(flush.error).toMatchObject({ code: 'EIO' });
  end();
}

/** All but flushes, also of what is being flushed. */
function worksOn({ active: { data } }: Pair): void {
  expect(fs.readFileSync(join(data, 'fsync'), 'utf8')).toBe('fsync');
  for (let file = 0; file < 20; file += 1) fs.writeFileSync(join(data, `beside-${file}`), 'beside');
  fs.renameSync(join(data, 'beside-0'), join(data, 'beside-renamed'));
  expect(fs.readFileSync(join(data, 'beside-renamed'), 'utf8')).toBe('beside');
  expect(fs.readdirSync(data)).toContain('beside-1');
}

/** Replies outlive the stream worker that took their records. */
async function restartsStream(pair: Pair): Promise<void> {
  await inForce(pair);
  const { epoch } = await pair.active.status();
  await whilePassiveStands(pair, async () => {
    const flush = await Flush.of(pair, 'over-a-restart');
    await flushesWaiting(pair.active, 1);
    changeSettings(pair.active.pairFile, { check: { onStart: 'fast' } });
    await until('another stream worker', WITHIN_MS, async () =>
      (await pair.active.status()).epoch > epoch ? true : null,
    );
    expect(flush.isOver).toBe(false);
    return async () => {
      await flush.ended;
      expect(flush.error).toBeNull();
      await arrives(pair, 'over-a-restart');
      await inForce(pair);
    };
  });
}

/** A file that gets its first name is told by its hashes, and fetched: its folder is flushed once that is done. */
async function fetchesFirst({ active, passive }: Pair): Promise<void> {
  await command(null, 'python3', [LATE_NAME, active.data, 'late', String(LATE_BYTES)]);
  await active.kill();
  const there = fs.readFileSync(join(passive.data, 'late'));
  dropMount(active.data);
  expect(there.equals(fs.readFileSync(join(active.data, 'late')))).toBe(true);
}

/** A daemon that follows one that was killed knows nothing of the passive server, which may be away for long. */
async function goesOnWithTheNextDaemon(relayed: RelayedPair): Promise<void> {
  const { pair } = relayed;
  await pair.active.crash();
  relayed.cut();
  const flush = Flush.of(pair, 'followed');
  await pair.active.start();
  await until('the flush to be answered', WITHIN_MS, async () => ((await flush).isOver ? true : null));
  expect((await flush).error).toBeNull();
  expect(recordOf(pair.active)).toMatchObject({ inForce: 'asynchronous' });
  relayed.restore();
  await inForce(pair);
  await arrives(pair, 'followed');
}

/** Settings apply while both run. */
async function holdsForAWhile(relayed: RelayedPair): Promise<void> {
  const { pair } = relayed;
  // So long that a machine which is slow sees it in between, too.
  const holdMsMax = 10_000;
  changeSettings(pair.active.pairFile, { replication: { onPeerLoss: 'hold', holdMsMax } });
  await synchronousUntil(pair.active, 'to hold', ({ onPeerLoss }) => onPeerLoss === 'hold');
  const beganMs = performance.now();
  relayed.cut();
  const flush = await Flush.of(pair, 'held');
  const isTold = ({ findings }: Status): boolean => findings.filter(({ code }) => code === 'RPL-002').length === 1;
  await synchronousUntil(pair.active, 'to be holding', ({ state }, status) => {
    if (state !== 'holding') return false;
    expect(flush.isOver).toBe(false);
    return isTold(status);
  });
  await flush.ended;
  expect(flush.error).toBeNull();
  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(holdMsMax);
  await pair.active.finding('RPL-001');
  relayed.restore();
  await inForce(pair);
  await arrives(pair, 'held');
}

/** Whoever waits gets an error: what he flushed is not where it was to be. */
async function endsWhileHeld(relayed: RelayedPair): Promise<void> {
  const { pair } = relayed;
  changeSettings(pair.active.pairFile, { replication: { holdMsMax: null } });
  await until('the settings to be taken', WITHIN_MS, () =>
    fs.readFileSync(pair.passive.pairFile, 'utf8').includes('holdMsMax: null') ? true : null,
  );
  relayed.cut();
  const flush = await Flush.of(pair, 'at-the-end');
  await synchronousUntil(pair.active, 'to be holding', ({ state }) => state === 'holding');
  expect(await pair.active.stop()).toBe(0);
  await flush.ended;
  expect(flush.error?.code).toMatch(/ECONNABORTED|ENOTCONN|EIO/);
}
