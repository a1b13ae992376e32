import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Random, seededRandom } from '../src/kernel/random.ts';
import type { Bench } from './benchmark.ts';
import { run } from './command.ts';
import { markdownTable, number, paragraphs } from './markdown.ts';
import { type Outcome, outcomesText } from './outcomes.ts';
import { takeTurns } from './paired.ts';
import { median } from './statistics.ts';
import { SyncthingPair } from './syncthing.ts';
import { TrialPair } from './trial-pair.ts';
import { sameTree, type Workload, workloads } from './workloads.ts';

const CHANGES_MAX = 200;
const LARGE_MIB_MAX = 256;
const ARRIVES_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 200;
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
  /** Of each workload, round by round. */
  readonly outcomes: Map<Workload, Outcome[]>;
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
    const outcomes = new Map(all.map((workload) => [workload, [] as Outcome[]]));
    return { name, source: from, target: to, bytesPassed, outcomes, idlePerSecond: [], random: seededRandom(1) };
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
        const outcome = await bytesFor(one, workload, count);
        one.outcomes.get(workload)?.push(outcome);
        const end = outcome.isSame ? '' : ', and never the same';
        say(`bytes: ${one.name}, ${workload.folder}: ${outcome.bytesPerChange.toFixed(0)} a ${workload.unit}${end}`);
      }
      const before = one.bytesPassed();
      await pause(IDLE_MS);
      one.idlePerSecond.push(((one.bytesPassed() - before) * 1000) / IDLE_MS);
    }),
  );
  return paragraphs(
    `Bytes that pass between the two sides, in both directions and with all that TLS adds, counted by a relay of TCP connections: for each byte that an application changes, and where it changes none (a rename), for each change. Each round makes up to ${String(count)} changes of each kind on each tool's own tree, all of noise; lsyncd runs rsync through its daemon.`,
    table(subjects, all),
    `Counted: from before the first change until the copy has the same names and content and ${String(AFTERWARDS_MS / 1000)} s more, so with what is said while nothing happens: see the last line. A copy that was not the same after ${String(ARRIVES_WITHIN_MS / 1000)} s counts as never the same, and what passed until then is not in the figures; what it lacks is still missing in the next round, unless that changes it again.`,
  );
}

async function bytesFor(subject: Subject, workload: Workload, count: number): Promise<Outcome> {
  const [folder, copy] = [join(subject.source, workload.folder), join(subject.target, workload.folder)];
  const before = subject.bytesPassed();
  const changes = await workload.change(folder, subject.random, count);
  const deadline = performance.now() + ARRIVES_WITHIN_MS;
  let isSame = sameTree(folder, copy);
  while (!isSame && performance.now() < deadline) {
    await pause(LOOK_EVERY_MS);
    isSame = sameTree(folder, copy);
  }
  await pause(AFTERWARDS_MS);
  return { bytesPerChange: (subject.bytesPassed() - before) / changes, isSame };
}

function table(subjects: readonly Subject[], all: readonly Workload[]): string {
  const rows = all.map((workload) => {
    const cells = subjects.map(({ outcomes }) => outcomesText(outcomes.get(workload) ?? [], workload.changeBytes));
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
