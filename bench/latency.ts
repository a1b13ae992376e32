import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Random, seededRandom } from '../src/kernel/random.ts';
import { Arrivals, monotonicMs, testFile } from './arrivals.ts';
import type { Bench } from './benchmark.ts';
import { between, markdownTable, number, paragraphs } from './markdown.ts';
import { numberedContent } from './numbered-content.ts';
import { interleaved } from './paired.ts';
import { type Interval, judge, median, medianInterval, percentile } from './statistics.ts';
import { TrialPair } from './trial-pair.ts';

const FOLDERS = 100;
const FOLDER_FILES = 100;
const CHANGES_PER_SECOND = 100;
const WARM_UP_CHANGES = 100;
/** A change that is not there so long after the last one counts as one that never arrives. */
const ARRIVAL_TIMEOUT_MS = 30_000;
const GOALS_MS = { p50: 10, p99: 100 } as const;
/** Room for the trees, two on each side. */
const BYTES_MAX = 1024 ** 3;

/** What became of the changes of one block. */
interface Block {
  readonly latenciesMs: readonly number[];
  /** Overwritten by a later change to the same file before they were seen. */
  readonly overtaken: number;
  /** Were the last to their file, and were never seen. */
  readonly lost: number;
}

/** A folder that is changed, and what is seen of it on its target. */
interface Subject {
  readonly source: string;
  readonly arrivals: Arrivals;
  readonly random: Random;
  readonly blocks: Block[];
}

/** How long after an application's change its content can be read on the target. */
export async function benchLatency(bench: Bench): Promise<string> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom(BYTES_MAX);
  const [source, rivalSource] = [workspace.freshOnActive('tree'), workspace.freshOnActive('lsyncd-source')];
  const rivalTarget = workspace.fresh('lsyncd-target');
  for (const folder of [source, rivalSource]) makeTree(folder);
  fs.mkdirSync(rivalTarget);
  await using trial = await TrialPair.make(workspace, { folder: source, files: FOLDERS * FOLDER_FILES });
  await trial.firstCopy();
  await rivals.startLsyncd(rivalSource, rivalTarget);
  const { active, passive } = trial.pair;
  await using ourArrivals = await Arrivals.watch(passive.data);
  await using rivalArrivals = await Arrivals.watch(rivalTarget);
  const numbers = new ChangeNumbers();
  const ours: Subject = { source: active.data, arrivals: ourArrivals, random: seededRandom(1), blocks: [] };
  const rival: Subject = { source: rivalSource, arrivals: rivalArrivals, random: seededRandom(1), blocks: [] };
  const turn = (name: string, subject: Subject, count: number) => async (): Promise<void> => {
    const block = await runBlock(subject, numbers, count);
    subject.blocks.push(block);
    say(`latency: ${name} p50 ${shown(block, 0.5)}, p99 ${shown(block, 0.99)}, ${block.lost} lost`);
  };
  await interleaved(1, turn('ours', ours, WARM_UP_CHANGES), turn('lsyncd', rival, WARM_UP_CHANGES));
  for (const { blocks } of [ours, rival]) blocks.length = 0;
  await interleaved(scale.rounds, turn('ours', ours, scale.changes), turn('lsyncd', rival, scale.changes));
  return paragraphs(
    `${CHANGES_PER_SECOND} changes a second to random files of ${FOLDERS * FOLDER_FILES} in ${FOLDERS} folders, 4 KiB each: half written in place and closed, half written beside and renamed over. In turns with lsyncd (\`default.rsync\`, archive, delay 1, through an rsync daemon) on a tree of its own: ${scale.rounds} blocks of ${scale.changes} changes each. All blocks together:`,
    wholeTable({ Understudy: ours.blocks, lsyncd: rival.blocks }),
    `The goals, judged by the blocks:`,
    goalTable(ours.blocks),
    `Counted: from just before the application's close or rename until another process, told by inotify, has read the change's whole content on the target. Each change writes its number into all of its content. Overtaken: a later change to the same file was there first. Never arrived: the file's last change was not there ${ARRIVAL_TIMEOUT_MS / 1000} s after the end of its block.`,
  );
}

/** One change after the other, at their times whatever the last one took; then waits for what is under way. */
async function runBlock(subject: Subject, numbers: ChangeNumbers, count: number): Promise<Block> {
  const { source, arrivals, random } = subject;
  const made = new Map<number, number>();
  const last = new Map<string, number>();
  const start = monotonicMs();
  for (let index = 0; index < count; index += 1) {
    const due = start + (index * 1000) / CHANGES_PER_SECOND - monotonicMs();
    if (due > 0) await pause(due);
    const folder = join(source, `folder-${Math.floor(random() * FOLDERS)}`);
    const file = join(folder, testFile(Math.floor(random() * FOLDER_FILES)));
    const change = numbers.next();
    made.set(change, random() < 0.5 ? overwrite(file, change) : replace(file, join(folder, 'beside'), change));
    last.set(file, change);
  }
  const awaited = new Set(last.values());
  const deadline = monotonicMs() + ARRIVAL_TIMEOUT_MS;
  const missing = (): number[] => [...awaited].filter((change) => !arrivals.at.has(change));
  while (missing().length > 0 && monotonicMs() < deadline) await pause(20);
  const latenciesMs = [...made].flatMap(([change, at]) => {
    const seenAt = arrivals.at.get(change);
    return seenAt === undefined ? [] : [seenAt - at];
  });
  const lost = missing().length;
  return { latenciesMs, lost, overtaken: count - latenciesMs.length - lost };
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
    const inside = join(top, `folder-${folder}`);
    fs.mkdirSync(inside, { recursive: true });
    for (let file = 0; file < FOLDER_FILES; file += 1)
      fs.writeFileSync(join(inside, testFile(file)), numberedContent(0));
  }
}

function wholeTable(subjects: Readonly<Record<string, readonly Block[]>>): string {
  const rows = Object.entries(subjects).map(([name, blocks]) => {
    const latencies = blocks.flatMap(({ latenciesMs }) => latenciesMs);
    const lost = blocks.reduce((sum, block) => sum + block.lost, 0);
    const overtaken = blocks.reduce((sum, block) => sum + block.overtaken, 0);
    const marks = [0.5, 0.95, 0.99, 1].map((part) => milliseconds(percentile(latencies, part)));
    return [name, ...marks, String(lost), String(overtaken), String(latencies.length + lost + overtaken)];
  });
  return markdownTable(['', 'p50', 'p95', 'p99', 'max', 'never arrived', 'overtaken', 'changes'], rows);
}

function goalTable(blocks: readonly Block[]): string {
  const row = (name: string, part: number, goalMs: number): string[] => {
    const marks = blocks.map(({ latenciesMs }) => percentile(latenciesMs, part));
    const interval: Interval | null = medianInterval(marks);
    const all = milliseconds(Math.max(...marks));
    const shownInterval = between(interval, milliseconds);
    return [name, milliseconds(median(marks)), shownInterval, all, `≤ ${goalMs} ms`, judge(interval, goalMs)];
  };
  return markdownTable(
    ['of a block', 'median of the blocks', '90 % interval', 'worst block', 'goal', 'verdict'],
    [row('p50', 0.5, GOALS_MS.p50), row('p99', 0.99, GOALS_MS.p99)],
  );
}

function shown(block: Block, part: number): string {
  return milliseconds(percentile(block.latenciesMs, part));
}

function milliseconds(value: number): string {
  return `${number(value, value < 100 ? 1 : 0)} ms`;
}
