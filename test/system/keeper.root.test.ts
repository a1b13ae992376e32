/*
 * What it proves: the daemon of the active server is killed, or replaced, again and again while programs work in an
 * intercepted folder. They see pauses and no error, files that are open and have no name stay, and afterwards both servers
 * hold the same. So it is where another build replaces it. A keeper that is killed is followed by another one.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { COMMITS_BUFFER_BYTES, Postgres } from '../support/databases/postgres.ts';
import { SqliteLedgers } from '../support/databases/sqlite.ts';
import { endKeeper, heldBy, keepersOf } from '../support/kept-folder.ts';
import { makeOtherBuild } from '../support/other-build.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS } from '../support/random-operations.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';

const LOAD = new URL('../support/steady_load.py', import.meta.url).pathname;
const ENDS = proofRuns({ short: 3, full: 50 });
const REPLACEMENTS = proofRuns({ short: 2, full: 20 });
/** One of so many is a replacement, the others are crashes. */
const REPLACED_EVERY = 3;
const LONG_MS = proofRuns({ short: 240_000, full: 3_600_000 });
const WAIT_MS = 120_000;
const PAUSE_MS_MAX = proofRuns({ short: Number.POSITIVE_INFINITY, full: 500 });
const SEED = 4_300;
const FIO = [
  '--name=verified --rw=randwrite --bs=4k --size=8M --ioengine=psync --fdatasync=64',
  '--verify=crc32c --verify_fatal=1 --do_verify=1 --verify_state_save=0 --output-format=terse --thread',
].join(' ');

/** A program that works until it is told to end. @returns what it says then. */
async function working(command: string, parameters: readonly string[]): Promise<() => Promise<string>> {
  const program = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  program.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = once(program, 'exit');
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return async () => {
    program.stdin.end('\n');
    const said = await lines.next();
    const [status] = await ended;
    expect({ command, status, errors }).toEqual({ command, status: 0, errors: '' });
    return String(said.value);
  };
}

/** So many daemons went on with what one before them had left, and run. */
function hasGoneOn(log: string, count: number): boolean {
  const runs = log.match(/Understudy runs/g)?.length;
  return log.match(/CAP-047/g)?.length === count && runs === count + 1;
}

/** Of the passive server's files: to open a database is to write, which nobody may do there. */
function copyOf(pair: Pair): string {
  const aside = join(pair.top, 'aside');
  execFileSync('cp', ['--archive', pair.passive.data, aside]);
  return aside;
}

it(
  'programs in an intercepted folder go on when its daemon is killed, or replaced by another one',
  async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
    await pair.synchronized();
    const { active } = pair;
    const random = new SeededRandom(SEED);
    const folder = join(active.data, 'fio');
    fs.mkdirSync(folder);
    await using ledgers = new SqliteLedgers(active.data);
    await ledgers.create();
    ledgers.work();
    const endLoad = await working('python3', [LOAD, join(active.data, 'names')]);
    const verified = `echo ready; n=0; while ! read -t 0 line; do fio ${FIO} --directory=${folder} > ${pair.top}/fio.log 2>&1 || { cat ${pair.top}/fio.log >&2; exit 1; }; n=$((n+1)); done; echo $n`;
    const endFio = await working('bash', ['-c', verified]);
    for (let end = 1; end <= ENDS; end++) {
      await pause(random.integer(200, 2_000));
      if (end % REPLACED_EVERY === 0) expect(await active.leave()).toBe(0);
      else await active.crash();
      await active.start();
      await until('the next daemon to go on', WAIT_MS, () => (hasGoneOn(active.log(), end) ? true : null));
    }
    await pause(1_000);
    const [rounds = 0, longestMs = 0] = (await endLoad()).split(' ').map(Number);
    const verifiedRuns = Number(await endFio());
    await ledgers.stop();
    process.stdout.write(
      `keeper: ${ENDS} ends under load: ${rounds} rounds of names, ${verifiedRuns} runs of fio, the longest step took ${longestMs} ms\n`,
    );
    expect(rounds).toBeGreaterThan(ENDS);
    expect(longestMs).toBeLessThanOrEqual(PAUSE_MS_MAX);
    expect(active.log()).not.toMatch(/CAP-034|CAP-035|CAP-040|CAP-045|CAP-048/);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await ledgers.look(copyOf(pair))).toBe(await ledgers.look(active.data));
  },
  LONG_MS,
);

it(
  'PostgreSQL goes on when the daemon is replaced by another build, and back',
  async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
    await pair.synchronized();
    const { active } = pair;
    const root = join(pair.top, 'newer');
    makeOtherBuild(root, '999.0.0');
    const random = new SeededRandom(SEED);
    await using postgres = new Postgres(active.data);
    await postgres.create();
    postgres.work();
    for (let time = 1; time <= REPLACEMENTS; time++) {
      await pause(random.integer(500, 3_000));
      expect(await active.leave()).toBe(0);
      await active.start(time % 2 === 1 ? { root } : {});
      await until('the other build to go on', WAIT_MS, () => (hasGoneOn(active.log(), time) ? true : null));
    }
    const bytes = postgres.commitBytes() + 2 * COMMITS_BUFFER_BYTES;
    await until('all commits so far to be written of', WAIT_MS, () => (postgres.commitBytes() > bytes ? true : null));
    // It throws where a client met an error.
    await postgres.stop();
    const longestMs = postgres.longestCommitMs();
    process.stdout.write(
      `keeper: replaced ${REPLACEMENTS} times under PostgreSQL, the longest commit took ${longestMs} ms\n`,
    );
    expect(longestMs).toBeLessThanOrEqual(PAUSE_MS_MAX);
    expect(active.log()).not.toMatch(/CAP-034|CAP-035|CAP-040|CAP-045|CAP-048/);
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await postgres.look(copyOf(pair))).toBeGreaterThan(0);
  },
  LONG_MS,
);

it(
  'a keeper that is killed is followed by another one, and ends with the daemon that it is for',
  async () => {
    await using pair = await runningPair({ pairSettings: { ...ANY_LOSS, capture: 'intercept' } });
    await pair.synchronized();
    const { active } = pair;
    const endLoad = await working('python3', [LOAD, join(active.data, 'names')]);
    const [before = 0] = keepersOf(active.stateDirectory);
    const held = heldBy(before).join('\n');
    expect(held).toContain('/names/nameless');
    endKeeper(active.stateDirectory);
    // It is given one thing after the other.
    await until('another keeper to hold the same', WAIT_MS, (seen) => {
      const [now = 0] = keepersOf(active.stateDirectory);
      const holds = heldBy(now).join('\n');
      seen(`${holds}, which was: ${held}`);
      return holds === held ? true : null;
    });
    await active.crash();
    await active.start();
    await endLoad();
    await pair.settled();
    expect(pair.differences()).toEqual([]);
    expect(await active.stop()).toBe(0);
    await until('the keeper to end', WAIT_MS, () => (keepersOf(active.stateDirectory).length === 0 ? true : null));
    expect(fs.readdirSync(active.data)).toContain('names');
  },
  LONG_MS,
);
