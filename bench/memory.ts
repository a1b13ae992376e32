import { figuresOf } from '../test/support/process-figures.ts';
import type { Bench } from './benchmark.ts';
import { between, markdownTable, number, paragraphs } from './markdown.ts';
import { judge, median, medianInterval } from './statistics.ts';
import { smallTree } from './trees.ts';
import { TrialPair } from './trial-pair.ts';
import { warm } from './workspace.ts';

const GOAL_MIB_MAX = 250;
const MOMENTS = ['after the first copy', 'after a full check'] as const;

interface Sample {
  readonly server: 'active' | 'passive';
  readonly moment: (typeof MOMENTS)[number];
  /** Most that was resident so far. */
  readonly peakMib: number;
  readonly nowMib: number;
}

/** How much memory the daemons take. */
export async function benchMemory(bench: Bench): Promise<string> {
  const { workspace, scale, say } = bench;
  const tree = smallTree(scale);
  workspace.needsRoom((scale.rounds + 2) * tree.bytesMax);
  const source = workspace.freshOnActive('tree');
  say(`memory: making ${tree.name}`);
  tree.make(source);
  const samples: Sample[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    await using trial = await TrialPair.make(workspace, { folder: source, files: tree.files });
    const look = (moment: Sample['moment']): void => {
      for (const server of ['active', 'passive'] as const) {
        const { residentMibMax: peakMib, residentMib: nowMib } = figuresOf(trial.pair[server]);
        const sample = { server, moment, peakMib, nowMib };
        samples.push(sample);
        say(`memory: ${server} ${moment}: ${sample.peakMib.toFixed(0)} MiB at most, ${sample.nowMib.toFixed(0)} MiB`);
      }
    };
    await warm(trial.pair.active.data);
    await trial.firstCopy();
    look('after the first copy');
    await trial.fullCheck(tree.files);
    look('after a full check');
  }
  return paragraphs(
    `Memory of each daemon with ${tree.name}.`,
    table(samples),
    `Resident memory of the daemon's one process, with all its threads, as the kernel counts it (VmRSS and, for the most so far, VmHWM of proc_pid_status(5)). Every round has a pair that has never run.`,
  );
}

function table(samples: readonly Sample[]): string {
  const mib = (value: number): string => `${number(value, 0)} MiB`;
  const rows = (['active', 'passive'] as const).flatMap((server) =>
    MOMENTS.map((moment) => {
      const fitting = samples.filter((sample) => sample.server === server && sample.moment === moment);
      const peaks = fitting.map(({ peakMib }) => peakMib);
      const interval = medianInterval(peaks);
      return [
        `${server} server, ${moment}`,
        mib(median(fitting.map(({ nowMib }) => nowMib))),
        mib(median(peaks)),
        between(interval, mib),
        mib(Math.max(...peaks)),
        `≤ ${GOAL_MIB_MAX} MiB`,
        judge(interval, GOAL_MIB_MAX),
      ];
    }),
  );
  return markdownTable(
    [
      '',
      'resident, median',
      'most so far, median',
      '90 % interval',
      'largest of all rounds',
      'goal for the most',
      'verdict',
    ],
    rows,
  );
}
