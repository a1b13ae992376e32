import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Random, seededRandom } from '../src/kernel/random.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './benchmark.ts';
import { run } from './command.ts';
import { markdownTable, number, paragraphs, span } from './markdown.ts';
import { takeTurns } from './paired.ts';
import { median } from './statistics.ts';
import { SyncthingPair } from './syncthing.ts';
import { TrialPair } from './trial-pair.ts';
import { sameTree, type Workload, workloads } from './workloads.ts';

const CHANGES_MAX = 200;
const LARGE_MIB_MAX = 256;
const ARRIVES_WITHIN_MS = 120_000;
/** What a tool says after the copy is equal belongs to the change, too. */
const AFTERWARDS_MS = 1_500;
const TOOLS = 3;
const BYTES_MAX = 2 * TOOLS * 512 * 1024 ** 2;
/** As long as the longest workload takes, so that what is said without any change can be compared. */
const IDLE_MS = 5_000;

/** A tool, the folder it copies, and a count of what it sent. */
interface Subject {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly random: Random;
  readonly bytesPassed: () => number;
  /** Of each workload, round by round, bytes for each change. */
  readonly perChange: Map<Workload, number[]>;
  readonly idlePerSecond: number[];
}

/** How many bytes pass between the two sides for what an application changes. */
export async function benchBytes(bench: Bench): Promise<string> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom(BYTES_MAX);
  const all = workloads(Math.min(scale.largeMib, LARGE_MIB_MAX));
  const count = Math.min(scale.changes, CHANGES_MAX);
  const [source, lsyncdSource, syncthingSource] = [
    workspace.freshOnActive('tree'),
    workspace.freshOnActive('lsyncd-source'),
    workspace.freshOnActive('syncthing-source'),
  ];
  const [lsyncdTarget, syncthingTarget] = [workspace.fresh('lsyncd-target'), workspace.fresh('syncthing-target')];
  for (const workload of all) workload.make(join(source, workload.folder));
  for (const copy of [lsyncdSource, syncthingSource, syncthingTarget]) await run('cp', ['--archive', source, copy]);
  fs.mkdirSync(lsyncdTarget);
  const files = fs
    .readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).length;
  say('bytes: first copies');
  await using trial = await TrialPair.make(workspace, { folder: source, files }, true);
  await trial.firstCopy();
  await using relay = new Closing(await rivals.relay());
  await rivals.startLsyncd(lsyncdSource, lsyncdTarget, relay.of);
  await using syncthing = await SyncthingPair.make(workspace, syncthingSource, syncthingTarget);
  await syncthing.complete(files);
  const subject = (name: string, ends: readonly [string, string], bytesPassed: () => number): Subject => {
    const [from, to] = ends;
    const perChange = new Map(all.map((workload) => [workload, [] as number[]]));
    return { name, source: from, target: to, bytesPassed, perChange, idlePerSecond: [], random: seededRandom(1) };
  };
  const { active, passive } = trial.pair;
  const subjects = [
    subject('Understudy', [active.data, passive.data], () => trial.bytesPassed),
    subject('lsyncd', [lsyncdSource, lsyncdTarget], () => relay.of.bytesPassed),
    subject('syncthing', [syncthingSource, syncthingTarget], () => syncthing.bytesPassed),
  ];
  await takeTurns(
    scale.rounds,
    subjects.map((one) => async () => {
      for (const workload of all) {
        const bytes = await bytesFor(one, workload, count);
        one.perChange.get(workload)?.push(bytes);
        say(`bytes: ${one.name}, ${workload.folder}: ${bytes.toFixed(0)} a ${workload.unit}`);
      }
      const before = one.bytesPassed();
      await pause(IDLE_MS);
      one.idlePerSecond.push(((one.bytesPassed() - before) * 1000) / IDLE_MS);
    }),
  );
  return paragraphs(
    `Bytes that pass between the two sides, in both directions and with all that TLS adds, counted by a relay of TCP connections: for each byte that an application changes, and where it changes none (a rename), for each change. Each round makes up to ${String(count)} changes of each kind on each tool's own tree, all of noise; lsyncd runs rsync through its daemon.`,
    table(subjects, all),
    `Counted: from before the first change until the copy has the same names and content and ${String(AFTERWARDS_MS / 1000)} s more, so with what is said while nothing happens: see the last line.`,
  );
}

/** @returns bytes that passed for each change. */
async function bytesFor(subject: Subject, workload: Workload, count: number): Promise<number> {
  const [folder, copy] = [join(subject.source, workload.folder), join(subject.target, workload.folder)];
  const before = subject.bytesPassed();
  const changes = await workload.change(folder, subject.random, count);
  await until(`${workload.folder} to be the same (${subject.name})`, ARRIVES_WITHIN_MS, async () => {
    if (sameTree(folder, copy)) return true;
    await pause(200);
    return null;
  });
  await pause(AFTERWARDS_MS);
  return (subject.bytesPassed() - before) / changes;
}

function table(subjects: readonly Subject[], all: readonly Workload[]): string {
  const rows = all.map((workload) => {
    const cells = subjects.map(({ perChange }) => {
      const values = (perChange.get(workload) ?? []).map((bytes) => bytes / Math.max(1, workload.changeBytes));
      const show = (value: number): string => number(value, workload.changeBytes === 0 ? 0 : 2);
      return `${show(median(values))} (${span(values, show)})`;
    });
    const what = workload.changeBytes === 0 ? `bytes a ${workload.unit}` : 'bytes a byte';
    return [workload.name, what, ...cells];
  });
  const idle = subjects.map(({ idlePerSecond }) => number(median(idlePerSecond), 0));
  return markdownTable(
    ['', 'median (all)', ...subjects.map(({ name }) => name)],
    [...rows, ['nothing happens', 'bytes a second', ...idle]],
  );
}

/** Closed at the end of a block. */
class Closing<Closable extends { close(): Promise<void> }> implements AsyncDisposable {
  readonly of: Closable;

  constructor(of: Closable) {
    this.of = of;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.of.close();
  }
}
