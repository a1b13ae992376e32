/*
 * `npm run -s bench -- NAME… [--output FILE] [--rounds N] [--files N] [--mib N] [--changes N]`: runs
 * benchmarks and prints their results as Markdown; how far they are goes to standard error. With
 * `all` and `--output docs/performance.md` it writes that page. Everything happens in a new folder in
 * TMPDIR (/tmp) and is deleted at the end. Exit status 1 when one could not be measured; a missed
 * goal is a result.
 */
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { benchBytes } from './bytes.ts';
import { type Bench, type Benchmark, FULL_SCALE, type Scale } from './benchmark.ts';
import { benchCheck } from './check.ts';
import { benchFirstCopy } from './first-copy.ts';
import { benchIntercept } from './intercept.ts';
import { benchFlush } from './flush.ts';
import { benchLatency } from './latency.ts';
import { type Machine, machineTable, type Program, readMachine } from './machine.ts';
import { paragraphs } from './markdown.ts';
import { benchMemory } from './memory.ts';
import { benchMount } from './mount.ts';
import { Rivals } from './rivals.ts';
import { benchScale } from './scale.ts';
import { Workspace } from './workspace.ts';

interface Entry {
  readonly title: string;
  readonly benchmark: Benchmark;
  readonly needs: readonly Program[];
}

const BENCHMARKS: Readonly<Record<string, Entry>> = {
  check: { title: 'Full check', benchmark: benchCheck, needs: ['rsync', 'tar', 'syncthing'] },
  'first-copy': { title: 'First copy', benchmark: benchFirstCopy, needs: ['rsync', 'tar', 'syncthing'] },
  latency: { title: 'Latency', benchmark: benchLatency, needs: ['rsync', 'lsyncd', 'syncthing'] },
  bytes: { title: 'Bytes sent', benchmark: benchBytes, needs: ['rsync', 'lsyncd', 'syncthing'] },
  memory: { title: 'Memory', benchmark: benchMemory, needs: [] },
  scale: { title: 'Scale', benchmark: benchScale, needs: [] },
  mount: { title: 'Mount', benchmark: benchMount, needs: ['bindfs'] },
  intercept: { title: 'Interception', benchmark: benchIntercept, needs: ['bindfs', 'pgbench'] },
  flush: { title: 'Flush', benchmark: benchFlush, needs: [] },
};

/** Side by side with other programs. */
const COMPARED = ['check', 'first-copy', 'latency', 'bytes'];

const USAGE = `Usage: npm run -s bench -- NAME… [--output FILE] [--rounds N] [--files N] [--mib N] [--changes N]
NAME is one of ${Object.keys(BENCHMARKS).join(', ')}, compare (${COMPARED.join(', ')}), or all.
`;

interface Order {
  readonly names: readonly string[];
  readonly scale: Scale;
  readonly output: string | undefined;
}

/** @throws Error where the arguments make no sense. */
function orderOf(args: readonly string[]): Order {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { output: text, rounds: text, files: text, mib: text, changes: text },
    allowPositionals: true,
  });
  const names = positionals.includes('all')
    ? Object.keys(BENCHMARKS)
    : positionals.flatMap((name) => (name === 'compare' ? COMPARED : [name]));
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (names.length === 0 || unknown.length > 0) throw new Error(`Not a benchmark: ${unknown.join(', ') || 'nothing'}`);
  const count = (given: string | undefined, otherwise: number): number => {
    if (given === undefined) return otherwise;
    if (!/^[1-9]\d{0,6}$/.test(given)) throw new Error(`Not a count: ${given}`);
    return Number(given);
  };
  return {
    names,
    output: values.output,
    scale: {
      rounds: count(values.rounds, FULL_SCALE.rounds),
      files: count(values.files, FULL_SCALE.files),
      manyFiles: count(values.files, FULL_SCALE.manyFiles),
      largeMib: count(values.mib, FULL_SCALE.largeMib),
      changes: count(values.changes, FULL_SCALE.changes),
    },
  };
}

function introduction(scale: Scale, machine: Machine, loadBefore: number): string {
  const { rounds, ...sizes } = FULL_SCALE;
  const reduced = Object.entries(sizes).some(([key, full]) => scale[key as keyof Scale] < full);
  return paragraphs(
    '# Performance',
    `Understudy's two daemons and each rival ran on one machine, over its loopback interface, the active server (and each rival's source) on a file system of its own, in turns within one run (${scale.rounds} rounds). A figure is the median; its 90 % interval comes from order statistics and supposes nothing about the distribution. A goal is met or missed where the whole interval lies on one side of it; otherwise the figure is inconclusive. Times are of the monotonic clock. Made by \`npm run bench\`.`,
    ...(reduced ? ['**A trial run of reduced size: it says nothing about speed.**'] : []),
    ...(scale.rounds < rounds ? [`A full run has ${rounds} rounds; with fewer no goal is judged.`] : []),
    machineTable(machine, { before: loadBefore, after: oneMinuteLoad() }),
  );
}

async function runAll(order: Order): Promise<boolean> {
  await using workspace = new Workspace();
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('exit', (status) => {
    if (status > 128) process.stderr.write(`Left behind: ${workspace.top}\n`);
  });
  const machine = readMachine(workspace.top);
  const loadBefore = oneMinuteLoad();
  const chapters: string[] = [];
  let failed = false;
  for (const name of order.names) {
    const { title, benchmark, needs } = BENCHMARKS[name] as Entry;
    const start = performance.now();
    const say = (text: string): void => {
      process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
    };
    let result: string;
    try {
      for (const program of needs) {
        if (machine[program] === null) throw new Error(`${program} is not installed (Debian's package ${program})`);
      }
      await using rivals = new Rivals(workspace);
      const bench: Bench = { scale: order.scale, workspace, rivals, machine, say };
      result = await benchmark(bench);
    } catch (error) {
      failed = true;
      say(error instanceof Error ? (error.stack ?? error.message) : String(error));
      result = 'Could not be measured.';
    }
    say(`${name} ended`);
    chapters.push(paragraphs(`## ${title}`, result));
  }
  const page = `${paragraphs(introduction(order.scale, machine, loadBefore), ...chapters)}\n`;
  process.stdout.write(page);
  if (order.output !== undefined) fs.writeFileSync(order.output, page);
  return !failed;
}

function oneMinuteLoad(): number {
  return os.loadavg()[0] ?? Number.NaN;
}

let order: Order | null = null;
try {
  order = orderOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
if (order !== null) process.exitCode = (await runAll(order)) ? 0 : 1;
