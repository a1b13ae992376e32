import type { Bench } from './benchmark.ts';
import { elapsedMs } from './command.ts';
import { paragraphs } from './markdown.ts';
import { type Comparison, comparisonTable, interleaved } from './paired.ts';
import { largeTree, smallTree, type Tree } from './trees.ts';
import { TrialPair } from './trial-pair.ts';
import { warm } from './workspace.ts';

const GOAL_RATIO_MAX = 1;

/** How long it takes to find that both servers hold the same, by content. */
export async function benchCheck(bench: Bench): Promise<string> {
  const comparisons = [];
  for (const tree of [smallTree(bench.scale), largeTree(bench.scale)]) comparisons.push(await compare(bench, tree));
  return paragraphs(
    `A full check of two equal trees: every file read and hashed on both sides, against \`rsync -anc\` through its daemon over the same two folders.`,
    comparisonTable('rsync', comparisons),
    `Counted: from asking the running daemon through its API until the result (the start of a command is not included; that of the rsync client, some milliseconds, is). Both read from memory: the files are read once before each turn.`,
  );
}

async function compare(bench: Bench, tree: Tree): Promise<Comparison> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom(3 * tree.bytesMax);
  const source = workspace.freshOnActive('tree');
  say(`check: making ${tree.name}`);
  tree.make(source);
  await using trial = await TrialPair.make(workspace, { folder: source, files: tree.files });
  say('check: first copy');
  await trial.firstCopy();
  const { active, passive } = trial.pair;
  const oursMs: number[] = [];
  const rivalMs: number[] = [];
  const ours = async (): Promise<void> => {
    await warm(active.data, passive.data);
    oursMs.push(await elapsedMs(() => trial.fullCheck(tree.files)));
    say(`check: ours ${oursMs.at(-1)?.toFixed(0)} ms`);
  };
  const rival = async (): Promise<void> => {
    await warm(active.data, passive.data);
    let found = '';
    rivalMs.push(
      await elapsedMs(
        async () => (found = await rivals.rsync(['-anc', '--itemize-changes'], active.data, passive.data)),
      ),
    );
    if (found !== '') throw new Error(`rsync finds differences between the two trees:\n${found.slice(0, 2000)}`);
    say(`check: rsync ${rivalMs.at(-1)?.toFixed(0)} ms`);
  };
  // The first of each loads what the later ones find loaded.
  await interleaved(1, ours, rival);
  oursMs.length = 0;
  rivalMs.length = 0;
  await interleaved(scale.rounds, ours, rival);
  return { name: tree.name, oursMs, rivalMs, goalRatioMax: GOAL_RATIO_MAX };
}
