/*
 * What it proves: with `capture: intercept` databases that write all the time are sound on the passive server, at
 * whatever moment one looks: while its daemon stands still in the middle of its work, after the daemon was killed in
 * the middle of a record, and after a power cut once it has applied what it had received, without the active server.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Database } from '../support/databases/database.ts';
import { MariaDb } from '../support/databases/mariadb.ts';
import { Postgres } from '../support/databases/postgres.ts';
import { SqliteLedgers } from '../support/databases/sqlite.ts';
import { type CuttableDisk, PowerCutRig } from '../support/power-cut.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const SEED = 7_400;
/** One of three is of each kind. */
const MOMENTS = proofRuns({ short: 3, full: 200 });
/** With one pair: databases that are written all the time grow. */
const MOMENTS_OF_PAIR_MAX = 40;
const LONG_MS = proofRuns({ short: 600_000, full: 14_400_000 });
const WAIT_MS = 120_000;
const PASSIVE_DISK_MIB = 3_072;
const KINDS = ['stopped', 'killed', 'power cut'] as const;

class Trial implements AsyncDisposable {
  readonly relayed: RelayedPair;
  readonly databases: readonly Database[];
  readonly #disk: CuttableDisk;

  private constructor(relayed: RelayedPair, disk: CuttableDisk) {
    this.relayed = relayed;
    this.#disk = disk;
    const { data } = relayed.pair.active;
    this.databases = [new SqliteLedgers(data), new Postgres(data), new MariaDb(data)];
  }

  static async start(disk: CuttableDisk): Promise<Trial> {
    const serverSettings = () => ({ queues: { freeBytesMin: 0 } });
    const pairSettings = { ...ANY_LOSS, capture: 'intercept' } as const;
    const relayed = await RelayedPair.start({ homes: { secondary: disk.folder }, serverSettings, pairSettings });
    return new Trial(relayed, disk);
  }

  /** Both say that the copy is one moment of the active server's. */
  async consistent(): Promise<void> {
    await until('a consistent copy', WAIT_MS, async (seen) => {
      const statuses = await Promise.all(this.relayed.pair.servers.map((server) => server.status()));
      seen(JSON.stringify(statuses.map(({ fileSystem, capture, findings }) => ({ fileSystem, capture, findings }))));
      return statuses.every(({ fileSystem }) => fileSystem.consistent) ? true : null;
    });
  }

  /** Brings the moment about. @returns a copy of the passive server's files. */
  async copyAt(kind: (typeof KINDS)[number], aside: string): Promise<void> {
    const { passive } = this.relayed.pair;
    if (kind === 'stopped') {
      await whileStandingStill(passive.daemon?.pid ?? 0, () => copy(passive.underneath, aside));
    } else if (kind === 'killed') {
      await passive.kill();
      copy(passive.underneath, aside);
      await passive.start();
    } else {
      await this.relayed.cutPassivePower(this.#disk);
      await until('what was received to be applied', WAIT_MS, async (seen) => {
        const { queues, fileSystem } = await passive.status();
        seen(JSON.stringify({ queues, fileSystem }));
        // Before it has opened its queue it knows of no records either.
        return fileSystem.position.epoch > 0 && queues.receive.records === 0 ? true : null;
      });
      copy(passive.data, aside);
      this.relayed.restore();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const database of this.databases) await database[Symbol.asyncDispose]();
    await this.relayed[Symbol.asyncDispose]();
  }
}

it(
  'databases that write all the time are sound on the passive server at every moment',
  async () => {
    const random = new SeededRandom(SEED);
    for (let done = 0; done < MOMENTS; done += MOMENTS_OF_PAIR_MAX) {
      await areSound(done, Math.min(MOMENTS, done + MOMENTS_OF_PAIR_MAX), random);
      process.stdout.write(`Sound at ${Math.min(MOMENTS, done + MOMENTS_OF_PAIR_MAX)} of ${MOMENTS} moments\n`);
    }
  },
  LONG_MS,
);

/** With a pair and databases of their own, at the moments of these numbers. */
async function areSound(from: number, to: number, random: SeededRandom): Promise<void> {
  using rig = new PowerCutRig();
  await using trial = await Trial.start(rig.disk({ sizeMib: PASSIVE_DISK_MIB }));
  // What works there before the folder is mounted over would work past it.
  await trial.consistent();
  for (const database of trial.databases) await database.create();
  for (const database of trial.databases) database.work();
  const first = random.integer(0, KINDS.length - 1);
  const entries = new Map<string, number[]>(trial.databases.map(({ name }) => [name, []]));
  for (let moment = from; moment < to; moment++) {
    await trial.consistent();
    await pause(random.integer(0, 1_000));
    const kind = KINDS[(first + moment) % KINDS.length] ?? 'stopped';
    const aside = join(trial.relayed.pair.top, `aside-${moment}`);
    await trial.copyAt(kind, aside);
    const looks = await Promise.allSettled(trial.databases.map((database) => database.look(aside)));
    const unsound = looks.filter((look) => look.status === 'rejected').map(({ reason }) => String(reason));
    expect({ moment, kind, unsound }).toEqual({ moment, kind, unsound: [] });
    for (const [index, look] of looks.entries()) {
      if (look.status === 'fulfilled') entries.get(trial.databases[index]?.name ?? '')?.push(look.value);
    }
    fs.rmSync(aside, { recursive: true });
  }
  // All of them went on all the time, and the copies with them.
  for (const [name, counts] of entries) expect({ name, isRising: isRising(counts) }).toEqual({ name, isRising: true });
  for (const database of trial.databases) await database.stop();
  await trial.relayed.pair.settled({ timeoutMs: WAIT_MS });
  expect(trial.relayed.pair.differences()).toEqual([]);
}

function isRising(counts: readonly number[]): boolean {
  return counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0));
}

/** With owners, modes and holes. */
function copy(from: string, to: string): void {
  fs.mkdirSync(to);
  execFileSync('cp', ['--archive', '--sparse=always', `${from}/.`, to]);
}
