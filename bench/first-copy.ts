import fs from 'node:fs';
import { compareManifests, manifestOf } from '../test/support/manifest.ts';
import type { Bench } from './benchmark.ts';
import { elapsedMs } from './command.ts';
import { paragraphs } from './markdown.ts';
import { type Comparison, comparisonTable, isFarBehind, type Rival, takeTurns } from './paired.ts';
import { SyncthingPair } from './syncthing.ts';
import { tarCopy } from './tar-over-socket.ts';
import { largeTree, smallTree, type Tree } from './trees.ts';
import { TrialPair } from './trial-pair.ts';
import { flush, warm } from './workspace.ts';

const TOOLS = 4;

/** What is promised, as parts of the rivals' times. */
interface Goals {
  readonly rsync: number | null;
  readonly tar: number | null;
}

/** How long it takes from an empty passive server until everything is there, verified and on the disk. */
export async function benchFirstCopy(bench: Bench): Promise<string> {
  const comparisons = [
    ...(await compare(bench, smallTree(bench.scale), { rsync: null, tar: 1 })),
    ...(await compare(bench, largeTree(bench.scale), { rsync: 1, tar: null })),
  ];
  return paragraphs(
    `From an empty passive server to File System Status Synchronized. \`rsync -a\` goes through its daemon into an empty folder; one \`tar\` writes into a TCP connection and another extracts what comes; two instances of syncthing know nothing yet, and the one that receives has an empty folder.`,
    comparisonTable(comparisons),
    `Counted: from the moment the session is up until both servers say Synchronized, asked every 50 ms, and a \`sync -f\` of the target; in the second part of each tree from the start of both daemons, so with the start of Node, of the session and of the watch. For rsync and tar: from start to end, and the same \`sync -f\`. For syncthing: from the start of both instances until both are idle and nothing is needed, asked every 100 ms, and the same \`sync -f\`. Every round has a pair that has never run and a fresh folder; old small trees are renamed away and deleted at the end. All read the source from memory. A rival that takes five times as long has two rounds. Synchronized includes what rsync and tar don't do: every change is acknowledged by a durable queue before it is applied, and everything is verified.`,
  );
}

async function compare(bench: Bench, tree: Tree, goals: Goals): Promise<Comparison[]> {
  const { workspace, rivals, scale, say } = bench;
  workspace.needsRoom((workspace.keeps(tree.files) ? TOOLS * scale.rounds + 1 : 3) * tree.bytesMax);
  const source = workspace.freshOnActive('tree');
  say(`first copy: making ${tree.name}`);
  tree.make(source);
  const copyMs: number[] = [];
  const wholeMs: number[] = [];
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
  const times = { rsync: [] as number[], tar: [] as number[], syncthing: [] as number[] };
  const rival =
    (name: keyof typeof times, copy: (target: string) => Promise<() => Promise<void>>) => async (round: number) => {
      if (isFarBehind(times[name], copyMs)) return;
      const target = workspace.fresh(`${name}-target`);
      fs.mkdirSync(target);
      await quiet(source);
      let end: () => Promise<void> = () => Promise.resolve();
      times[name].push(
        await elapsedMs(async () => {
          end = await copy(target);
          await flush(target);
        }),
      );
      say(`first copy: ${name} ${String(times[name].at(-1)?.toFixed(0))} ms`);
      await end();
      if (round === 0) await mustHoldTheSame(bench, source, target);
      await workspace.discard(target, tree.files);
    };
  await takeTurns(scale.rounds, [
    ours,
    rival('rsync', async (target) => {
      await rivals.rsync(['-a'], source, target);
      return () => Promise.resolve();
    }),
    rival('tar', async (target) => {
      await tarCopy(source, target);
      return () => Promise.resolve();
    }),
    rival('syncthing', async (target) => {
      const syncthing = await SyncthingPair.make(workspace, source, target);
      await syncthing.complete(tree.files);
      return async () => {
        await syncthing[Symbol.asyncDispose]();
        for (const folder of [source, target]) fs.rmSync(`${folder}/.stfolder`, { recursive: true });
      };
    }),
  ]);
  fs.renameSync(source, workspace.freshOnActive('done'));
  const others = (goal: Goals): Rival[] => [
    { name: '`rsync -a`', timesMs: times.rsync, goalRatioMax: goal.rsync },
    { name: '`tar` over a socket', timesMs: times.tar, goalRatioMax: goal.tar },
    { name: 'syncthing', timesMs: times.syncthing, goalRatioMax: null },
  ];
  return [
    { name: tree.name, oursMs: copyMs, rivals: others(goals) },
    { name: 'the same, from the start of the daemons', oursMs: wholeMs, rivals: others({ rsync: null, tar: null }) },
  ];
}

/** Neither what was written before nor a cold source may fall into a measurement. */
async function quiet(source: string): Promise<void> {
  await warm(source);
  await flush(source);
}

/** Names and content: tar carries whole seconds only, syncthing no owners and no times of folders. */
async function mustHoldTheSame({ rivals }: Bench, from: string, to: string): Promise<void> {
  const found = await rivals.rsync(['-rnc', '--delete', '--itemize-changes'], from, to);
  if (found !== '') throw new Error(`The copy differs:\n${found.slice(0, 2000)}`);
}

function mustBeEqual(from: string, to: string): void {
  const differences = compareManifests(manifestOf(from), manifestOf(to));
  if (differences.length > 0) throw new Error(`The copy differs:\n${differences.slice(0, 20).join('\n')}`);
}
