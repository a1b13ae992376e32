import fs from 'node:fs';
import { compareManifests, manifestOf } from '../test/support/manifest.ts';
import type { Bench } from './benchmark.ts';
import { elapsedMs } from './command.ts';
import { paragraphs } from './markdown.ts';
import { type Comparison, comparisonTable, interleaved } from './paired.ts';
import { largeTree, smallTree, type Tree } from './trees.ts';
import { TrialPair } from './trial-pair.ts';
import { flush, warm } from './workspace.ts';

const SMALL_GOAL_RATIO_MAX = 1;
const LARGE_GOAL_RATIO_MAX = 1.4;

/** How long it takes from an empty passive server until everything is there, verified and on the disk. */
export async function benchFirstCopy(bench: Bench): Promise<string> {
  const comparisons = [
    ...(await compare(bench, smallTree(bench.scale), SMALL_GOAL_RATIO_MAX)),
    ...(await compare(bench, largeTree(bench.scale), LARGE_GOAL_RATIO_MAX)),
  ];
  return paragraphs(
    `From an empty passive server to File System Status Synchronized, against \`rsync -a\` through its daemon into an empty folder.`,
    comparisonTable('rsync', comparisons),
    `Counted: from the moment the session is up until both servers say Synchronized, asked every 50 ms, and a \`sync -f\` of the target; in the second row of each tree from the start of both daemons, so with the start of Node, of the session and of the watch. For rsync: from its start to its end, and the same \`sync -f\`. Every round has a pair that has never run and a fresh folder; old small trees are renamed away and deleted at the end. Both read the source from memory. Synchronized includes what rsync doesn't do: every change is acknowledged by a durable queue before it is applied, and everything is verified.`,
  );
}

async function compare(bench: Bench, tree: Tree, goalRatioMax: number): Promise<Comparison[]> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom((workspace.keeps(tree.files) ? 2 * scale.rounds + 1 : 3) * tree.bytesMax);
  const source = workspace.freshOnActive('tree');
  say(`first copy: making ${tree.name}`);
  tree.make(source);
  const copyMs: number[] = [];
  const wholeMs: number[] = [];
  const rivalMs: number[] = [];
  const ours = async (round: number): Promise<void> => {
    await using trial = await TrialPair.make(workspace, { folder: source, files: tree.files });
    const { active, passive } = trial.pair;
    await quiet(active.data);
    const copy = await trial.firstCopy();
    const flushMs = await elapsedMs(() => flush(passive.data));
    copyMs.push(copy.copyMs + flushMs);
    wholeMs.push(copy.sessionMs + copy.copyMs + flushMs);
    say(
      `first copy: ours ${copy.copyMs.toFixed(0)} + ${flushMs.toFixed(0)} ms, session ${copy.sessionMs.toFixed(0)} ms`,
    );
    if (round === 0) mustBeEqual(active.data, passive.data);
  };
  const rival = async (round: number): Promise<void> => {
    const target = workspace.fresh('rsync-target');
    fs.mkdirSync(target);
    await quiet(source);
    rivalMs.push(
      await elapsedMs(async () => {
        await rivals.rsync(['-a'], source, target);
        await flush(target);
      }),
    );
    say(`first copy: rsync ${rivalMs.at(-1)?.toFixed(0)} ms`);
    if (round === 0) mustBeEqual(source, target);
    await workspace.discard(target, tree.files);
  };
  await interleaved(scale.rounds, ours, rival);
  return [
    { name: tree.name, oursMs: copyMs, rivalMs, goalRatioMax },
    { name: 'the same, from the start of the daemons', oursMs: wholeMs, rivalMs, goalRatioMax: null },
  ];
}

/** Neither what was written before nor a cold source may fall into a measurement. */
async function quiet(source: string): Promise<void> {
  await warm(source);
  await flush(source);
}

function mustBeEqual(from: string, to: string): void {
  const differences = compareManifests(manifestOf(from), manifestOf(to));
  if (differences.length > 0) throw new Error(`The copy differs:\n${differences.slice(0, 20).join('\n')}`);
}
