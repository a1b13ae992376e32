import fs from 'node:fs';
import { join } from 'node:path';
import { type Pair, startPair } from '../test/support/pair.ts';
import { figuresOfProcess } from '../test/support/process-figures.ts';
import { ANY_LOSS } from '../test/support/random-operations.ts';
import { whileStandingStill } from '../test/support/standing-still.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './benchmark.ts';
import { BoundFolder } from './bound-folder.ts';
import { number, paragraphs } from './markdown.ts';
import { type Place, PLACES } from './mount-works.ts';
import { type Comparison, comparisonTable } from './paired.ts';
import { compareWorks, comparison, type Folders, inTurns } from './places.ts';
import { Pgbench } from './pgbench.ts';

const PGBENCH_S = 6;
const PGBENCH_GOALS = { native: 1 / 0.7, bindfs: 1 } as const;
/** The same without what the passive server takes of the two processors. */
const STILL = ', the passive server standing still';
const SETTLED_TIMEOUT_MS = 300_000;

/**
 * What applications lose to interception: in a folder that a whole pair protects, in the folder itself, and through
 * bindfs, all on one disk. Each once with the passive server at its work, once while it stands still.
 */
export async function benchIntercept(bench: Bench): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('Mounting needs root');
  const { workspace } = bench;
  const home = workspace.freshOnActive('primary');
  await using pair = await startPair({
    homes: { primary: home, secondary: workspace.fresh('secondary') },
    pairSettings: { ...ANY_LOSS, capture: 'intercept', check: { onStart: 'full', schedule: null } },
  });
  await intercepted(pair);
  const native = workspace.freshOnActive('native');
  fs.mkdirSync(native);
  using bound = new BoundFolder(workspace.freshOnActive('bound'), workspace.freshOnActive('bound-view'));
  const folders: Folders = { ours: pair.active.data, native, bindfs: bound.view };
  const settled = (): Promise<void> => pair.settled({ timeoutMs: SETTLED_TIMEOUT_MS });
  const whileStill = (act: () => number): Promise<number> => whileStandingStill(pair.passive.daemon?.pid ?? 0, act);
  const comparisons = [
    ...(await comparePgbench(bench, folders, pair)),
    ...(await compareWorks(bench, folders, { title: '', settled, during: (act) => act() })),
    ...(await compareWorks(bench, folders, { title: STILL, settled, during: whileStill })),
  ];
  const { residentMib, residentMibMax } = figuresOfProcess(pair.active.daemon?.pid ?? 0);
  return paragraphs(
    'A folder on ext4 that the active server intercepts, with all that belongs to it: every change goes over TLS into the durable queue of the passive server on the same machine, and is applied there, by the same two processors that the application has. Beside it a plain folder, and bindfs over another one, on the same disk. Before each turn the pair is Synchronized.',
    comparisonTable(comparisons),
    `The active server's daemon: ${number(residentMib, 0)} MiB resident, ${number(residentMibMax, 0)} MiB at most.`,
  );
}

async function intercepted(pair: Pair): Promise<void> {
  await until('the folder to be intercepted and the copy to be consistent', SETTLED_TIMEOUT_MS, async (seen) => {
    const { fileSystem, capture, findings } = await pair.active.status();
    seen(JSON.stringify({ fileSystem, capture, findings }));
    return fileSystem.consistent && capture.every(({ kind }) => kind === 'intercept') ? true : null;
  });
}

/** Milliseconds for a thousand transactions. */
async function comparePgbench(bench: Bench, folders: Folders, pair: Pair): Promise<Comparison[]> {
  await using stack = new AsyncDisposableStack();
  const servers = new Map<Place, Pgbench>();
  for (const place of PLACES) {
    servers.set(place, stack.use(await Pgbench.start(join(folders[place], 'pgbench'))));
  }
  const measure = async (place: Place): Promise<number> => {
    const perSecond = await servers.get(place)?.commitsPerSecond(PGBENCH_S);
    bench.say(`intercept: pgbench: ${place} ${number(perSecond ?? 0, 0)} transactions a second`);
    return 1_000_000 / (perSecond ?? 0);
  };
  const working = await inTurns(bench, async (place, times) => {
    await pair.settled({ timeoutMs: SETTLED_TIMEOUT_MS });
    times.push(await measure(place));
  });
  const standingStill = await inTurns(bench, async (place, times) => {
    await pair.settled({ timeoutMs: SETTLED_TIMEOUT_MS });
    await whileStandingStill(pair.passive.daemon?.pid ?? 0, async () => void times.push(await measure(place)));
  });
  const name = 'pgbench -c 4, a thousand transactions';
  return [comparison(name, working, PGBENCH_GOALS), comparison(`${name}${STILL}`, standingStill, PGBENCH_GOALS)];
}
