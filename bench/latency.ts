import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Random, seededRandom } from '../src/kernel/random.ts';
import { Arrivals, monotonicMs, testFile } from './arrivals.ts';
import type { Bench } from './benchmark.ts';
import { run } from './command.ts';
import { between, markdownTable, number, paragraphs } from './markdown.ts';
import { numberedContent } from './numbered-content.ts';
import { takeTurns } from './paired.ts';
import { type Interval, judge, median, medianInterval, percentile } from './statistics.ts';
import { SyncthingPair } from './syncthing.ts';
import { TrialPair } from './trial-pair.ts';

const FOLDERS = 100;
const FOLDER_FILES = 100;
const WARM_UP_CHANGES = 100;
/** A change that is not there so long after the last one counts as one that never arrives. */
const ARRIVAL_TIMEOUT_MS = 30_000;
/** Room for the trees, two on each side of each tool. */
const BYTES_MAX = 2 * 1024 ** 3;

/** How fast changes come. */
interface Rate {
  readonly name: string;
  readonly perSecond: number;
  /** Of a block's changes, as a part of `--changes`: each block takes about as long. */
  readonly part: number;
  readonly goalsMs: Readonly<Record<'p50' | 'p99', number | null>>;
}

const RATES: readonly Rate[] = [
  { name: 'idle (2 a second)', perSecond: 2, part: 0.02, goalsMs: { p50: null, p99: null } },
  { name: '100 a second', perSecond: 100, part: 1, goalsMs: { p50: 10, p99: 100 } },
  { name: '1,000 a second', perSecond: 1_000, part: 10, goalsMs: { p50: null, p99: 50 } },
];

/** What became of the changes of one block. */
interface Block {
  readonly latenciesMs: readonly number[];
  /** Overwritten by a later change to the same file before they were seen. */
  readonly overtaken: number;
  /** Were the last to their file, and were never seen. */
  readonly lost: number;
  /** How fast they really came. */
  readonly perSecond: number;
}

/** A folder that is changed, and what is seen of it on its target. */
interface Subject {
  readonly name: string;
  readonly source: string;
  readonly arrivals: Arrivals;
  readonly random: Random;
  readonly blocks: Map<Rate, Block[]>;
}

/** How long after an application's change its content can be read on the target. */
export async function benchLatency(bench: Bench): Promise<string> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom(BYTES_MAX);
  const sources = ['tree', 'lsyncd-source', 'syncthing-source'].map((name) => workspace.freshOnActive(name));
  const [source = '', lsyncdSource = '', syncthingSource = ''] = sources;
  for (const folder of sources) makeTree(folder);
  const [lsyncdTarget, syncthingTarget] = [workspace.fresh('lsyncd-target'), workspace.fresh('syncthing-target')];
  fs.mkdirSync(lsyncdTarget);
  await run('cp', ['--archive', syncthingSource, syncthingTarget]);
  await using trial = await TrialPair.make(workspace, { folder: source, files: FOLDERS * FOLDER_FILES });
  await trial.firstCopy();
  await rivals.startLsyncd(lsyncdSource, lsyncdTarget);
  await using syncthing = await SyncthingPair.make(workspace, syncthingSource, syncthingTarget);
  await syncthing.complete(FOLDERS * FOLDER_FILES);
  const { active, passive } = trial.pair;
  await using ourArrivals = await Arrivals.watch(passive.data);
  await using lsyncdArrivals = await Arrivals.watch(lsyncdTarget);
  await using syncthingArrivals = await Arrivals.watch(syncthingTarget);
  const numbers = new ChangeNumbers();
  const subject = (name: string, from: string, arrivals: Arrivals): Subject => ({
    name,
    source: from,
    arrivals,
    random: seededRandom(1),
    blocks: new Map(RATES.map((rate) => [rate, []])),
  });
  const subjects = [
    subject('Understudy', active.data, ourArrivals),
    subject('lsyncd', lsyncdSource, lsyncdArrivals),
    subject('syncthing', syncthingSource, syncthingArrivals),
  ];
  const turn = (one: Subject, rate: Rate, count: number) => async (): Promise<void> => {
    const block = await runBlock(one, numbers, { count, perSecond: rate.perSecond });
    one.blocks.get(rate)?.push(block);
    say(
      `latency: ${one.name}, ${rate.name}: p50 ${shown(block, 0.5)}, p99 ${shown(block, 0.99)}, ${String(block.lost)} lost`,
    );
  };
  const warmUp = RATES[1] as Rate;
  for (const one of subjects) await turn(one, warmUp, Math.min(WARM_UP_CHANGES, scale.changes))();
  for (const { blocks } of subjects) blocks.set(warmUp, []);
  for (const rate of RATES) {
    const count = Math.max(1, Math.round(scale.changes * rate.part));
    await takeTurns(
      scale.rounds,
      subjects.map((one) => turn(one, rate, count)),
    );
  }
  return chapter(subjects, scale.rounds, scale.changes);
}

function chapter(subjects: readonly Subject[], rounds: number, changes: number): string {
  const ours = subjects[0]?.blocks ?? new Map<Rate, Block[]>();
  return paragraphs(
    `Changes to random files of ${String(FOLDERS * FOLDER_FILES)} in ${String(FOLDERS)} folders, 4 KiB each: half written in place and closed, half written beside and renamed over. In turns with lsyncd (\`default.rsync\`, archive, delay 1, through an rsync daemon) and syncthing (which gathers what it is told of for 1 s, the least it takes), each on a tree of its own: for each rate ${String(rounds)} blocks (at 100 a second of ${String(changes)} changes, at the other rates of as many as take about as long). All blocks together:`,
    wholeTable(subjects),
    `The goals, judged by the blocks:`,
    goalTable(ours),
    `Counted: from just before the application's close or rename until another process, told by inotify, has read the change's whole content on the target. Each change writes its number into all of its content. Overtaken: a later change to the same file was there first. Never arrived: the file's last change was not there ${String(ARRIVAL_TIMEOUT_MS / 1000)} s after the end of its block. The process that changes and the one that reads run on the same machine and take a part of it.`,
  );
}

/** One change after the other, at their times whatever the last one took; then waits for what is under way. */
async function runBlock(
  { source, arrivals, random }: Subject,
  numbers: ChangeNumbers,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<Block> {
  const made = new Map<number, number>();
  const last = new Map<string, number>();
  const start = monotonicMs();
  for (let index = 0; index < count; index += 1) {
    const due = start + (index * 1000) / perSecond - monotonicMs();
    if (due > 0) await pause(due);
    const folder = join(source, `folder-${String(Math.floor(random() * FOLDERS))}`);
    const file = join(folder, testFile(Math.floor(random() * FOLDER_FILES)));
    const change = numbers.next();
    made.set(change, random() < 0.5 ? overwrite(file, change) : replace(file, join(folder, 'beside'), change));
    last.set(file, change);
  }
  const tookMs = monotonicMs() - start;
  const awaited = new Set(last.values());
  const deadline = monotonicMs() + ARRIVAL_TIMEOUT_MS;
  const missing = (): number[] => [...awaited].filter((change) => !arrivals.at.has(change));
  while (missing().length > 0 && monotonicMs() < deadline) await pause(20);
  const latenciesMs = [...made].flatMap(([change, at]) => {
    const seenAt = arrivals.at.get(change);
    return seenAt === undefined ? [] : [seenAt - at];
  });
  const lost = missing().length;
  return { latenciesMs, lost, overtaken: count - latenciesMs.length - lost, perSecond: (count * 1000) / tookMs };
}

/** Numbers that no two changes of the run share. */
class ChangeNumbers {
  #last = 0;

  next(): number {
    return (this.#last += 1);
  }
}

/** @returns when the file was about to be closed. */
function overwrite(file: string, change: number): number {
  const descriptor = fs.openSync(file, 'w');
  fs.writeSync(descriptor, numberedContent(change));
  const at = monotonicMs();
  fs.closeSync(descriptor);
  return at;
}

/** @returns when the file was about to be renamed. */
function replace(file: string, beside: string, change: number): number {
  fs.writeFileSync(beside, numberedContent(change));
  const at = monotonicMs();
  fs.renameSync(beside, file);
  return at;
}

function makeTree(top: string): void {
  for (let folder = 0; folder < FOLDERS; folder += 1) {
    const inside = join(top, `folder-${String(folder)}`);
    fs.mkdirSync(inside, { recursive: true });
    for (let file = 0; file < FOLDER_FILES; file += 1)
      fs.writeFileSync(join(inside, testFile(file)), numberedContent(0));
  }
}

function wholeTable(subjects: readonly Subject[]): string {
  const rows = RATES.flatMap((rate) =>
    subjects.map(({ name, blocks }, index) => {
      const all = blocks.get(rate) ?? [];
      const latencies = all.flatMap(({ latenciesMs }) => latenciesMs);
      const sum = (of: (block: Block) => number): number => all.reduce((total, block) => total + of(block), 0);
      const [lost, overtaken] = [sum((block) => block.lost), sum((block) => block.overtaken)];
      const marks = [0.5, 0.95, 0.99, 1].map((part) => milliseconds(percentile(latencies, part)));
      const count = latencies.length + lost + overtaken;
      const came = number(median(all.map(({ perSecond }) => perSecond)), 0);
      return [index === 0 ? rate.name : '', name, ...marks, String(lost), String(overtaken), String(count), came];
    }),
  );
  return markdownTable(
    ['', '', 'p50', 'p95', 'p99', 'max', 'never arrived', 'overtaken', 'changes', 'came a second'],
    rows,
  );
}

function goalTable(blocks: ReadonlyMap<Rate, readonly Block[]>): string {
  const row = (rate: Rate, name: 'p50' | 'p99', part: number): string[][] => {
    const goalMs = rate.goalsMs[name];
    if (goalMs === null) return [];
    const marks = (blocks.get(rate) ?? []).map(({ latenciesMs }) => percentile(latenciesMs, part));
    const interval: Interval | null = medianInterval(marks);
    const worst = milliseconds(Math.max(...marks));
    const verdict = judge(interval, goalMs);
    const shownInterval = between(interval, milliseconds);
    return [
      [`${name} at ${rate.name}`, milliseconds(median(marks)), shownInterval, worst, `≤ ${String(goalMs)} ms`, verdict],
    ];
  };
  return markdownTable(
    ['of a block', 'median of the blocks', '90 % interval', 'worst block', 'goal', 'verdict'],
    RATES.flatMap((rate) => [...row(rate, 'p50', 0.5), ...row(rate, 'p99', 0.99)]),
  );
}

function shown(block: Block, part: number): string {
  return milliseconds(percentile(block.latenciesMs, part));
}

function milliseconds(value: number): string {
  return `${number(value, value < 100 ? 1 : 0)} ms`;
}
