import fs from 'node:fs';
import { join } from 'node:path';
import { changeSettings, makePair, type Pair } from '../test/support/pair.ts';
import { inForce, synchronousSettings } from '../test/support/synchronous-pair.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './benchmark.ts';
import { between, markdownTable, number, paragraphs } from './markdown.ts';
import { takeTurns } from './paired.ts';
import { judge, median, medianInterval, percentile } from './statistics.ts';

const COMMITS = 500;
const COMMIT_BYTES = 8 * 1024;
const WITHIN_MS = 60_000;
/** Beyond the round trip and the passive server's own flush. */
const GOAL_MS = 0.5;
const PLACES = ['native', 'native, passive’s disk', 'asynchronous', 'synchronous'] as const;
type Place = (typeof PLACES)[number];

/** What a flush costs: on the file system itself, in an intercepted folder, and where it waits for the passive server. */
export async function benchFlush(bench: Bench): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('Interception needs root');
  const { workspace, scale, say } = bench;
  const beside = { active: workspace.freshOnActive('native'), passive: workspace.fresh('native') };
  for (const folder of Object.values(beside)) fs.mkdirSync(folder);
  const homes = { primary: workspace.freshOnActive('primary'), secondary: workspace.fresh('secondary') };
  await using pair = await makePair({ homes, pairSettings: synchronousSettings({ onPeerLoss: 'hold' }) });
  await pair.start();
  await inForce(pair);
  const p50: Record<Place, number[]> = {
    native: [],
    'native, passive’s disk': [],
    asynchronous: [],
    synchronous: [],
  };
  const p99: typeof p50 = structuredClone(p50);
  const measure = async (place: Place, folder: string): Promise<void> => {
    const times = commitsIn(folder);
    p50[place].push(percentile(times, 0.5));
    p99[place].push(percentile(times, 0.99));
    say(`flush: ${place}: p50 ${number(percentile(times, 0.5), 2)} ms, p99 ${number(percentile(times, 0.99), 2)} ms`);
  };
  await takeTurns(scale.rounds, [
    () => measure('native', beside.active),
    () => measure('native, passive’s disk', beside.passive),
    async () => {
      await ask(pair, 'asynchronous');
      await measure('asynchronous', pair.active.data);
    },
    async () => {
      await ask(pair, 'synchronous');
      await measure('synchronous', pair.active.data);
    },
  ]);
  const { channel } = await pair.active.status();
  const roundTripMs = Math.min(...channel.routes.map((route) => route.roundTripMs ?? Number.POSITIVE_INFINITY));
  return paragraphs(
    `${COMMITS} times ${COMMIT_BYTES / 1024} KiB appended to a file and flushed with fdatasync(2), which alone is measured, by one program, through Node.`,
    markdownTable(
      ['', 'p50, median of the rounds', 'p99, median of the rounds'],
      PLACES.map((place) => [place, ms(median(p50[place])), ms(median(p99[place]))]),
    ),
    verdict(p50, roundTripMs),
  );
}

function verdict(p50: Readonly<Record<Place, readonly number[]>>, roundTripMs: number): string {
  const added = p50.synchronous.map((time, round) => time - (p50.asynchronous[round] ?? Number.NaN));
  const goalMs = roundTripMs + median(p50['native, passive’s disk']) + GOAL_MS;
  const interval = medianInterval(added);
  return markdownTable(
    ['added by waiting, p50', '90 % interval', 'goal: round trip + passive’s own flush + 0.5 ms', 'verdict'],
    [[ms(median(added)), between(interval, ms), `≤ ${ms(goalMs)}`, judge(interval, goalMs)]],
  );
}

async function ask(pair: Pair, mode: 'asynchronous' | 'synchronous'): Promise<void> {
  changeSettings(pair.active.pairFile, { replication: { mode } });
  if (mode === 'synchronous') return await inForce(pair);
  await until('asynchronous replication', WITHIN_MS, async () =>
    (await pair.active.status()).replication.mode === mode ? true : null,
  );
}

/** @returns milliseconds of each flush. */
function commitsIn(folder: string): number[] {
  const path = join(folder, 'commits');
  const file = fs.openSync(path, 'a');
  try {
    const data = Buffer.alloc(COMMIT_BYTES, 7);
    return Array.from({ length: COMMITS }, () => {
      fs.writeSync(file, data);
      const start = performance.now();
      fs.fdatasyncSync(file);
      return performance.now() - start;
    });
  } finally {
    fs.closeSync(file);
    fs.rmSync(path);
  }
}

function ms(value: number): string {
  return `${number(value, 2)} ms`;
}
