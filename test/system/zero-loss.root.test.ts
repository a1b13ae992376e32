/*
 * What it proves: with `replication.mode: synchronous` no commit that an application was told of is missing on the
 * passive server, at whatever moment the active one is cut off: when it is killed with all that works on it, when only
 * the channel is cut, and when the passive server loses its power in that moment; also when its daemon alone is killed,
 * whereupon who works there goes on with the next one.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { command, type Running, start } from '../support/databases/database.ts';
import { Postgres } from '../support/databases/postgres.ts';
import { type CuttableDisk, PowerCutRig } from '../support/power-cut.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RelayedPair } from '../support/relayed-pair.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { inForce, synchronousSettings } from '../support/synchronous-pair.ts';
import { until } from '../support/until.ts';

const SEED = 8_100;
/** One of four is of each kind. */
const MOMENTS = proofRuns({ short: 4, full: 100 });
const LONG_MS = proofRuns({ short: 600_000, full: 14_400_000 });
const WITHIN_MS = 120_000;
const KINDS = ['killed', 'channel cut', 'power cut', 'daemon killed'] as const;
const NAMES = ['append', 'wal', 'rollback', 'postgres'] as const;
/** At one moment of so many there is a PostgreSQL besides; of each kind in turn. */
const POSTGRES_EVERY = 5;
const COUNTER = new URL('../support/commit_counter.py', import.meta.url).pathname;

type Commits = Readonly<Record<(typeof NAMES)[number], number>>;

/** The last number of each, in lines of a name and a number; 0 where there is none. What is cut off at the end does not count. */
function commitsIn(lines: string): Commits {
  const found = { append: 0, wal: 0, rollback: 0, postgres: 0 };
  for (const line of lines.slice(0, lines.lastIndexOf('\n') + 1).split('\n')) {
    const [name, number] = line.split(' ');
    for (const known of NAMES) if (name === known) found[known] = Number(number);
  }
  return found;
}

class Trial implements AsyncDisposable {
  readonly relayed: RelayedPair;
  readonly #disk: CuttableDisk;
  #clients: Running[] = [];
  #postgres: Postgres | null = null;

  private constructor(relayed: RelayedPair, disk: CuttableDisk) {
    this.relayed = relayed;
    this.#disk = disk;
  }

  static async start(disk: CuttableDisk): Promise<Trial> {
    const serverSettings = () => ({ queues: { freeBytesMin: 0 } });
    const pairSettings = synchronousSettings({ onPeerLoss: 'hold' });
    return new Trial(
      await RelayedPair.start({ homes: { secondary: disk.folder }, serverSettings, pairSettings }),
      disk,
    );
  }

  /** Commits in a folder of its own, until all have begun to. */
  async work(folder: string, withPostgres: boolean): Promise<void> {
    const path = join(this.relayed.pair.active.data, folder);
    fs.mkdirSync(path);
    this.#clients = [start(null, 'python3', [COUNTER, 'write', path])];
    if (withPostgres) {
      this.#postgres = new Postgres(path);
      await this.#postgres.create();
      this.#clients.push(this.#postgres.tell());
    }
    await until('each to commit', WITHIN_MS, (seen) => {
      seen(this.#output);
      return NAMES.every((name) => this.told[name] > 0 || (name === 'postgres' && !withPostgres)) ? true : null;
    });
  }

  /** Commits that the clients were told of. */
  get told(): Commits {
    return commitsIn(this.#output);
  }

  get #output(): string {
    return this.#clients.map((client) => client.output()).join('');
  }

  async endWork(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.end('SIGKILL');
    await this.#postgres?.[Symbol.asyncDispose]();
    this.#postgres = null;
  }

  /** What is in the copy of a folder, as a check of it finds. */
  async look(copy: string): Promise<Commits> {
    const found = commitsIn(await command(null, 'python3', [COUNTER, 'look', copy]));
    return this.#postgres === null ? found : { ...found, postgres: await this.#postgres.look(copy) };
  }

  /**
   * Cuts the active server off, and has the passive one apply alone what it received.
   * @returns what had been told by then; `aside` has what the passive server holds.
   */
  async cutOff(kind: (typeof KINDS)[number], aside: string): Promise<Commits> {
    const { active } = this.relayed.pair;
    if (kind === 'killed') {
      await active.kill();
      for (const client of this.#clients) await client.end('SIGKILL');
      await this.#copyAlone(aside);
      return this.told;
    }
    if (kind === 'daemon killed') {
      await active.crash();
      await this.#copyAlone(aside);
      const { told } = this;
      // They wait, but not for ever.
      await active.start();
      return told;
    }
    if (kind === 'channel cut') {
      this.relayed.cut();
      await this.#copyAlone(aside);
      return this.told;
    }
    const { told } = this;
    await this.relayed.cutPassivePower(this.#disk);
    await this.#copyAlone(aside);
    return told;
  }

  async goOn(kind: (typeof KINDS)[number]): Promise<void> {
    if (kind === 'killed') await this.relayed.pair.active.start();
    else this.relayed.restore();
    await inForce(this.relayed.pair);
    if (kind === 'daemon killed') await this.#goesOn();
  }

  /** Each commits again, by no other daemon than the one that followed. */
  async #goesOn(): Promise<void> {
    const before = this.told;
    await until('each to commit on', WITHIN_MS, (seen) => {
      const { told } = this;
      seen(`${JSON.stringify(before)} ${this.#output.slice(-1_000)}`);
      return NAMES.every((name) => told[name] > before[name] || before[name] === 0) ? true : null;
    });
  }

  async #copyAlone(aside: string): Promise<void> {
    const { passive } = this.relayed.pair;
    await until('what was received to be applied', WITHIN_MS, async (seen) => {
      const { queues, fileSystem, channel } = await passive.status();
      seen(JSON.stringify({ queues, fileSystem, channel }));
      const isAlone = channel.status === 'Not connected';
      // Before it has opened its queue it knows of no records either.
      return isAlone && fileSystem.position.epoch > 0 && queues.receive.records === 0 ? true : null;
    });
    fs.mkdirSync(aside);
    execFileSync('cp', ['--archive', '--sparse=always', `${passive.underneath}/.`, aside]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.relayed.restore();
    await this.relayed[Symbol.asyncDispose]();
    await this.endWork();
  }
}

it(
  'no commit that was told is missing on the passive server',
  async () => {
    using rig = new PowerCutRig();
    await using trial = await Trial.start(rig.disk());
    const random = new SeededRandom(SEED);
    let commits = 0;
    await inForce(trial.relayed.pair);
    for (let moment = 0; moment < MOMENTS; moment++) {
      const kind = KINDS[moment % KINDS.length] ?? 'killed';
      const folder = `commits-${moment}`;
      await trial.work(folder, moment % POSTGRES_EVERY === 1);
      await pause(random.integer(0, 1_000));
      const aside = join(trial.relayed.pair.top, `aside-${moment}`);
      const told = await trial.cutOff(kind, aside);
      const there = await trial.look(join(aside, folder));
      const missing = NAMES.filter((name) => there[name] < told[name]);
      expect({ moment, kind, told, there, missing }).toEqual({ moment, kind, told, there, missing: [] });
      commits += NAMES.reduce((sum, name) => sum + told[name], 0);
      fs.rmSync(aside, { recursive: true });
      await trial.goOn(kind);
      await trial.endWork();
      fs.rmSync(join(trial.relayed.pair.active.data, folder), { recursive: true });
    }
    process.stdout.write(`${String(commits)} commits told in ${String(MOMENTS)} moments, none missing\n`);
  },
  LONG_MS,
);
