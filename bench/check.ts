import fs from 'node:fs';
import type { Bench } from './benchmark.ts';
import { elapsedMs, run } from './command.ts';
import { paragraphs } from './markdown.ts';
import { type Comparison, comparisonTable, isFarBehind, takeTurns } from './paired.ts';
import { SyncthingPair } from './syncthing.ts';
import { tarCompare } from './tar-over-socket.ts';
import { largeTree, smallTree, type Tree } from './trees.ts';
import { TrialPair } from './trial-pair.ts';
import { warm } from './workspace.ts';

const RSYNC_GOAL_RATIO_MAX = 0.7;
/** Source and target, of ours and of syncthing. */
const COPIES = 4;

/** How long it takes to find that both servers hold the same, by content. */
export async function benchCheck(bench: Bench): Promise<string> {
  const comparisons = [];
  for (const tree of [smallTree(bench.scale), largeTree(bench.scale)]) comparisons.push(await compare(bench, tree));
  return paragraphs(
    `A full check of two equal trees: all of the content on both sides. \`rsync -anc\` goes through its daemon over the same two folders; so does \`tar --compare\`, which is sent all of the content by another tar through a TCP connection. syncthing has no such check: it starts with two equal folders of its own and without its database, and so reads all of both and compares what it found.`,
    comparisonTable(comparisons),
    `Counted: from asking the running daemon through its API until the result (the start of a command is not included; that of rsync and tar, some milliseconds, is). For syncthing: from the start of both instances until both are idle and nothing is needed. All read from memory: the files are read once before each turn. A rival that takes five times as long has two rounds.`,
  );
}

async function compare(bench: Bench, tree: Tree): Promise<Comparison> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom((COPIES + 1) * tree.bytesMax);
  const source = workspace.freshOnActive('tree');
  say(`check: making ${tree.name}`);
  tree.make(source);
  await using trial = await TrialPair.make(workspace, { folder: source, files: tree.files });
  say('check: first copy');
  await trial.firstCopy();
  const { active, passive } = trial.pair;
  const ends = { from: workspace.freshOnActive('syncthing-source'), to: workspace.fresh('syncthing-target') };
  for (const folder of Object.values(ends)) await run('cp', ['--archive', active.data, folder]);
  await using syncthing = await SyncthingPair.make(workspace, ends.from, ends.to);
  const timed =
    (name: string, timesMs: number[], folders: readonly string[], work: () => Promise<void>) => async () => {
      await warm(...folders);
      timesMs.push(await elapsedMs(work));
      say(`check: ${name} ${String(timesMs.at(-1)?.toFixed(0))} ms`);
    };
  const both = [active.data, passive.data];
  const times = { ours: [] as number[], rsync: [] as number[], tar: [] as number[], syncthing: [] as number[] };
  const turns = [
    timed('ours', times.ours, both, () => trial.fullCheck(tree.files)),
    timed('rsync', times.rsync, both, async () => {
      const found = await rivals.rsync(['-anc', '--itemize-changes'], active.data, passive.data);
      if (found !== '') throw new Error(`rsync finds differences between the two trees:\n${found.slice(0, 2000)}`);
    }),
    timed('tar', times.tar, both, () => tarCompare(active.data, passive.data)),
    async (round: number): Promise<void> => {
      if (isFarBehind(times.syncthing, times.ours)) return;
      syncthing.forget();
      await timed('syncthing', times.syncthing, Object.values(ends), () => syncthing.complete(tree.files))();
      if (syncthing.bytesPassed > tree.bytesMax / 2) throw new Error('syncthing copied instead of comparing');
      await syncthing.stop();
      say(`check: round ${String(round)} ended`);
    },
  ];
  // The first of each loads what the later ones find loaded.
  await takeTurns(1, turns);
  for (const each of Object.values(times)) each.length = 0;
  await takeTurns(scale.rounds, turns);
  for (const folder of Object.values(ends)) {
    fs.rmSync(`${folder}/.stfolder`, { recursive: true });
    await workspace.discard(folder, tree.files);
  }
  return {
    name: tree.name,
    oursMs: times.ours,
    rivals: [
      { name: '`rsync -anc`', timesMs: times.rsync, goalRatioMax: RSYNC_GOAL_RATIO_MAX },
      { name: '`tar --compare` over a socket', timesMs: times.tar, goalRatioMax: null },
      { name: 'syncthing, without its database', timesMs: times.syncthing, goalRatioMax: null },
    ],
  };
}
