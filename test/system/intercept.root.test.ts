/*
 * What it proves: with `capture: intercept` every change of a protected folder reaches the passive server in its
 * order. Whatever a program does, both hold the same afterwards; and while it works, the passive server's files are
 * at every moment a state that the program could have left: databases open there, and no effect is there without
 * its cause.
 */
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFailed } from 'vitest';
import { mounts } from '../../src/system/mounts/mounts.ts';
import type { Pair } from '../support/pair.ts';
import { endKeeper } from '../support/kept-folder.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ANY_LOSS, RandomOperations } from '../support/random-operations.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const SEEDS = proofRuns({ short: 1, full: 20 });
const OPERATIONS = 2_000;
const FIRST_SEED = 5_200;
const HISTORY_SHOWN = 400;
const LEDGERS = new URL('../support/ledger_writer.py', import.meta.url).pathname;
const EXERCISER = new URL('../support/file_exerciser.py', import.meta.url).pathname;
const ENTRIES = proofRuns({ short: 400, full: 4_000 });
const MOMENTS = proofRuns({ short: 6, full: 200 });
const LONG_MS = proofRuns({ short: 480_000, full: 3_600_000 });
const WAIT_MS = 120_000;
/** The kernel would notice by itself after a while, for reasons of its own. */
const TOLD_MS = 30_000;
/** So long a daemon that stops waits for who uses the folder. */
const RELEASE_MS_MAX = 2_000;
const INTERCEPT = { ...ANY_LOSS, capture: 'intercept' } as const;
const run = promisify(execFile);

async function interceptedPair(): Promise<Pair> {
  const serverSettings = () => ({ interception: { releaseMsMax: RELEASE_MS_MAX } });
  const pair = await runningPair({ pairSettings: INTERCEPT, serverSettings });
  try {
    await pair.synchronized();
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
  return pair;
}

/** Waits until both say that the copy is one moment of the active server's. */
async function consistent(pair: Pair): Promise<void> {
  await until('a consistent copy', WAIT_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    seen(JSON.stringify(statuses.map(({ fileSystem, capture }) => ({ fileSystem, capture }))));
    return statuses.every(({ fileSystem }) => fileSystem.consistent) ? true : null;
  });
}

/** Whether the kernel tells of the dead connection at a close, too, depends on what was closed before. */
function closeDead(file: number): void {
  try {
    fs.closeSync(file);
  } catch (error) {
    expect(String(error)).toMatch(/ENOTCONN|EIO|ECONNABORTED/);
  }
}

function isMounted(folder: string): boolean {
  return mounts().some(({ path }) => path === folder);
}

describe('a folder that is intercepted', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    'is the same on the passive server, whatever was done in it (seed %i)',
    async (seed) => {
      await using pair = await interceptedPair();
      expect((await pair.active.status()).capture).toEqual([{ folder: '/data', kind: 'intercept' }]);
      const program = new RandomOperations(pair.active.data, seed);
      onTestFailed(() => void process.stderr.write(`${program.history.slice(-HISTORY_SHOWN).join('\n')}\n`));
      await program.run({ count: OPERATIONS });
      await pair.settled();
      expect(pair.differences()).toEqual([]);
      await consistent(pair);
    },
    LONG_MS,
  );

  it(
    'holds sound databases at every moment, no effect without its cause, and files mapped, punched, copied and cut',
    async () => {
      await using pair = await interceptedPair();
      await consistent(pair);
      const random = new SeededRandom(FIRST_SEED);
      // It goes on for as long as anybody looks, however long that takes.
      const end = join(pair.top, 'end');
      const writer = run('python3', [LEDGERS, 'write', pair.active.data, String(ENTRIES), end]);
      // Who fails is met below.
      writer.catch(() => undefined);
      // However long Python takes to start.
      await until('the ledgers on the passive server', WAIT_MS, () =>
        fs.existsSync(join(pair.passive.data, 'second.db')) ? true : null,
      );
      const seen = new Set<string>();
      for (let moment = 0; moment < MOMENTS; moment++) {
        await pause(random.integer(50, 400));
        const found = await lookAtCopy(pair, moment);
        expect({ moment, found }).toEqual({ moment, found: expect.stringMatching(/^\d+ \d+\n$/) });
        seen.add(found);
      }
      expect(seen.size).toBeGreaterThan(1);
      // Also while it is written to.
      await consistent(pair);
      fs.writeFileSync(end, '');
      await writer;
      await pair.settled();
      // Aside, for to open a write-ahead log is to write its index.
      const [, entries] = /^(\d+) \1\n$/.exec(await lookAtCopy(pair, MOMENTS)) ?? [];
      expect(Number(entries)).toBeGreaterThanOrEqual(ENTRIES);
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { stdout } = await run('python3', [EXERCISER, pair.active.data, '1000', String(seed)]);
        expect(stdout).toBe('0 differences\n');
      }
      await pair.settled();
      // Where space is only reserved, the file system gives and takes it by itself, which nobody is told.
      expect(pair.differences().filter((difference) => !difference.includes(': holes '))).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'is whole when the daemon was killed, intercepted again by the next one, and let go of at a stop',
    async () => {
      await using pair = await interceptedPair();
      fs.writeFileSync(join(pair.active.data, 'before'), 'kept');
      await pair.active.crash();
      endKeeper(pair.active.stateDirectory);
      expect(() => fs.readdirSync(pair.active.data)).toThrow(/ENOTCONN|ECONNABORTED/);
      await pair.active.start();
      await pair.synchronized();
      expect(fs.readFileSync(join(pair.active.data, 'before'), 'utf8')).toBe('kept');
      expect(mounts().filter(({ path }) => path === pair.active.data)).toHaveLength(1);
      fs.writeFileSync(join(pair.active.data, 'after'), 'seen');
      await pair.settled();
      expect(pair.differences()).toEqual([]);
      const file = fs.openSync(join(pair.active.data, 'after'), 'a');
      const beganMs = performance.now();
      expect(await pair.active.stop()).toBe(0);
      expect(performance.now() - beganMs).toBeGreaterThanOrEqual(RELEASE_MS_MAX);
      expect(isMounted(pair.active.data)).toBe(false);
      expect(pair.active.log()).toMatch(/CAP-033[^]*CAP-042/);
      expect(() => fs.writeSync(file, 'more')).toThrow(/ENOTCONN|EIO|ECONNABORTED/);
      closeDead(file);
      expect(fs.readdirSync(pair.active.data).sort()).toEqual(['after', 'before']);
    },
    LONG_MS,
  );
});

it(
  'who opened a file before is named, what he writes arrives all the same, and the copy is not called consistent',
  async () => {
    const opened: number[] = [];
    await using pair = await runningPair({
      pairSettings: INTERCEPT,
      plant: (folder) =>
        opened.push(
          ...['early', 'looked-at'].map((name) => fs.openSync(join(folder, name), 'w')),
          fs.openSync(folder, 'r'),
        ),
    });
    const [file = -1, lookedAt = -1, folder = -1] = opened;
    await pair.synchronized();
    expect(await pair.active.finding('CAP-037')).toMatchObject({ item: '/data' });
    // The kernel remembers what it was told through the mount.
    const seen = fs.openSync(join(pair.active.data, 'early'), 'r');
    expect(fs.fstatSync(seen).size).toBe(0);
    const sizeLookedAt = (): number => fs.statSync(join(pair.active.data, 'looked-at')).size;
    expect(sizeLookedAt()).toBe(0);
    const names = (): string[] => fs.readdirSync(pair.active.data).sort();
    expect([names(), fs.existsSync(join(pair.active.data, 'late'))]).toEqual([['early', 'looked-at'], false]);
    fs.writeFileSync(`/proc/self/fd/${folder}/late`, '');
    fs.writeSync(file, 'past the mount');
    fs.writeSync(lookedAt, 'past it, too');
    await until('what was written past the mount', WAIT_MS, () => {
      const there = fs.readFileSync(join(pair.passive.data, 'early'), 'utf8');
      return there === 'past the mount' ? true : null;
    });
    await until('the same through the mount', WAIT_MS, () =>
      fs.fstatSync(seen).size === 14 && fs.readFileSync(join(pair.active.data, 'early'), 'utf8') === 'past the mount'
        ? true
        : null,
    );
    await until('the size of what was never opened', TOLD_MS, () => (sizeLookedAt() === 12 ? true : null));
    await until('a new name through the mount', WAIT_MS, () =>
      fs.existsSync(join(pair.active.data, 'late')) && names().includes('late') ? true : null,
    );
    fs.closeSync(seen);
    fs.closeSync(folder);
    const { consistent: isConsistent } = (await pair.active.status()).fileSystem;
    expect(isConsistent).toBe(false);
    fs.closeSync(file);
    fs.closeSync(lookedAt);
    await consistent(pair);
  },
  LONG_MS,
);

it(
  'a folder that can not be intercepted is watched, and why is told',
  async () => {
    const mounted: string[] = [];
    try {
      const plant = (folder: string): void => {
        execFileSync('mount', ['-t', 'tmpfs', 'understudy-trial', folder]);
        mounted.push(folder);
      };
      await using pair = await runningPair({ pairSettings: INTERCEPT, plant, plantPassive: plant });
      await pair.synchronized();
      expect((await pair.active.status()).capture).toEqual([{ folder: '/data', kind: 'watch' }]);
      await until('why is told of both', WAIT_MS, async (seen) => {
        const found = await pair.active.findings('CAP-030');
        const told = found
          .map(({ server, item }) => `${server} ${item}`)
          .sort()
          .join();
        seen(told);
        return told === 'primary /data,secondary /data' ? true : null;
      });
      for (const folder of mounted.splice(0)) execFileSync('umount', ['--lazy', folder]);
    } finally {
      for (const folder of mounted) execFileSync('umount', ['--lazy', folder]);
    }
  },
  LONG_MS,
);

/** What the ledgers say in a copy of the passive server's files, made while its daemon stands still in the middle of its work. */
async function lookAtCopy(pair: Pair, moment: number): Promise<string> {
  const aside = join(pair.top, `aside-${moment}`);
  const { daemon } = pair.passive;
  if (daemon === null) throw new Error('the passive server runs');
  fs.mkdirSync(aside);
  await whileStandingStill(daemon.pid, () => execFileSync('cp', ['--archive', `${pair.passive.underneath}/.`, aside]));
  const { stdout } = await run('python3', [LEDGERS, 'look', aside]).catch((error: Error) => ({
    stdout: error.message,
  }));
  fs.rmSync(aside, { recursive: true });
  return stdout;
}
