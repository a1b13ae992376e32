import { join } from 'node:path';
import type { CheckResult } from '../src/api/requests.ts';
import { TcpRelay } from '../src/system/network/tcp-relay.ts';
import { changeSettings, makePair, type Pair, type PairOptions } from '../test/support/pair.ts';
import { figuresOf, type ProcessFigures } from '../test/support/process-figures.ts';
import { plantFiles, plantLarge, writeAtRandom } from '../test/support/scale-trees.ts';
import type { TrialServer } from '../test/support/server.ts';
import { StatusWatch } from '../test/support/status-watch.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './benchmark.ts';
import { markdownTable, number, paragraphs } from './markdown.ts';
import { warm } from './workspace.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const TIMEOUT_MS = 3_600_000;
const REST_MS = 20_000;
/** Node and block of each file, on both servers; most are empty. */
const BYTES_PER_FILE_MAX = 4 * KIB;
/** The large file is so many times as large as each of the four of other benchmarks. */
const LARGE_FACTOR = 8;
const WRITES = 1_000;
const GOALS = 'Goals: at most 400 MiB for each daemon, a status within 200 ms.';

/** What one phase took. */
interface Phase {
  readonly name: string;
  readonly ms: number;
  readonly statusMs: number;
  readonly sentBytes: number;
  readonly processorSeconds: readonly number[];
  readonly figures: readonly ProcessFigures[];
}

/** What many files take, and a large one that changes in many places. One round: it is long, and nothing is compared. */
export async function benchScale(bench: Bench): Promise<string> {
  return paragraphs(await many(bench), await large(bench));
}

async function many({ workspace, scale, say }: Bench): Promise<string> {
  const { manyFiles } = scale;
  workspace.needsRoom(manyFiles * BYTES_PER_FILE_MAX);
  say(`scale: making ${manyFiles.toLocaleString('en')} files`);
  await using trial = await Trial.make({
    homes: { primary: workspace.fresh('primary'), secondary: workspace.fresh('secondary') },
    plant: (data) => plantFiles(data, manyFiles),
  });
  const { pair } = trial;
  await warm(pair.active.data);
  await using watch = new StatusWatch(pair);
  const phases: Phase[] = [];
  const phase = async (name: string, action: () => Promise<unknown>, restarted?: TrialServer): Promise<void> => {
    const before = pair.servers.map((server) => (server === restarted ? 0 : processorOf(server)));
    const sent = trial.bytesPassed;
    watch.takeLongestMs();
    const begin = performance.now();
    await action();
    const ms = performance.now() - begin;
    const figures = pair.servers.map(figuresOf);
    const processorSeconds = figures.map(({ cpuSeconds }, index) => cpuSeconds - (before[index] ?? 0));
    const statusMs = watch.takeLongestMs();
    phases.push({ name, ms, statusMs, sentBytes: trial.bytesPassed - sent, processorSeconds, figures });
    say(`scale: ${name}: ${(ms / 1000).toFixed(1)} s, status within ${statusMs.toFixed(0)} ms`);
  };
  await phase('first copy, from the start of the daemons', async () => {
    await pair.start();
    await pair.synchronized({ timeoutMs: TIMEOUT_MS });
  });
  for (const mode of ['full', 'fast'] as const) await phase(`${mode} check`, () => check(pair, mode));
  await phase('at rest', () => rest());
  for (const server of pair.servers) {
    const { identity } = server.place;
    const role = server === pair.active ? 'active' : 'passive';
    await server.stop();
    await phase(`restart of the ${role} server, to its first status`, () => server.start(), server);
    const after = Date.now();
    await phase(`${identity}: from there to Synchronized`, () => pair.synchronized({ timeoutMs: TIMEOUT_MS, after }));
  }
  return paragraphs(
    `${manyFiles.toLocaleString('en')} files in folders of a hundred, three of four of them empty, the others of up to 400 bytes; both servers on one file system. ${GOALS}`,
    table(phases),
    `Counted once. The longest answer to a status request, asked of both servers every 250 ms. Bytes on the wire, encrypted, both ways. Processor time and memory of each daemon's one process.`,
  );
}

async function large({ workspace, scale, say }: Bench): Promise<string> {
  const sizeBytes = scale.largeMib * LARGE_FACTOR * MIB;
  workspace.needsRoom(2.5 * sizeBytes);
  say(`scale: making a file of ${String(sizeBytes / MIB)} MiB`);
  await using trial = await Trial.make({
    homes: { primary: workspace.fresh('primary'), secondary: workspace.fresh('secondary') },
    plant: (data) => plantLarge(join(data, 'large'), sizeBytes),
  });
  const { pair } = trial;
  await pair.start();
  await pair.settled({ timeoutMs: TIMEOUT_MS });
  const before = { read: figuresOf(pair.active).bytesRead, sent: trial.bytesPassed };
  const begin = performance.now();
  writeAtRandom(join(pair.active.data, 'large'), { sizeBytes, writes: WRITES });
  await pair.settled({ timeoutMs: TIMEOUT_MS });
  const seconds = (performance.now() - begin) / 1000;
  const read = (figuresOf(pair.active).bytesRead - before.read) / sizeBytes;
  const sentKib = (trial.bytesPassed - before.sent) / WRITES / KIB;
  return `${WRITES.toLocaleString('en')} writes of 8 KiB at random places of a file of ${(sizeBytes / MIB).toLocaleString('en')} MiB: both servers equal after ${number(seconds, 1)} s; the active server read ${number(read, 2)} times as much as the file holds, and ${number(sentKib, 1)} KiB passed between the two for each write (goals: 1, and 64 KiB).`;
}

/** A pair whose bytes on the wire are counted. */
class Trial implements AsyncDisposable {
  readonly pair: Pair;
  readonly #relays: readonly TcpRelay[];

  private constructor(pair: Pair, relays: readonly TcpRelay[]) {
    this.pair = pair;
    this.#relays = relays;
  }

  static async make(options: PairOptions): Promise<Trial> {
    const pair = await makePair({ ...options, pairSettings: { check: { onStart: 'full', schedule: null } } });
    const relays: TcpRelay[] = [];
    for (const server of pair.servers) {
      const other = server === pair.active ? pair.passive : pair.active;
      const relay = await TcpRelay.open({ host: '127.0.0.1', port: other.place.channelPort });
      relays.push(relay);
      changeSettings(server.serverFile, {
        channel: { peers: [`${relay.address.host}:${String(relay.address.port)}`] },
      });
    }
    return new Trial(pair, relays);
  }

  get bytesPassed(): number {
    return this.#relays.reduce((sum, relay) => sum + relay.bytesPassed, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await Promise.all(this.#relays.map((relay) => relay.close()));
  }
}

function table(phases: readonly Phase[]): string {
  const both = (values: readonly number[], digits: number): string =>
    values.map((v) => number(v, digits)).join(' and ');
  return markdownTable(
    [
      '',
      'time',
      'longest status',
      'MiB sent',
      'processor, active and passive',
      'resident MiB, active and passive',
      'most so far, MiB',
    ],
    phases.map(({ name, ms, statusMs, sentBytes, processorSeconds, figures }) => [
      name,
      `${number(ms / 1000, 1)} s`,
      `${number(statusMs, 0)} ms`,
      number(sentBytes / MIB, 1),
      `${both(processorSeconds, 1)} s`,
      both(
        figures.map(({ residentMib }) => residentMib),
        0,
      ),
      both(
        figures.map(({ residentMibMax }) => residentMibMax),
        0,
      ),
    ]),
  );
}

async function check(pair: Pair, mode: 'full' | 'fast'): Promise<void> {
  let result: CheckResult | null = null;
  for await (const part of pair.active.client.stream('check', { mode })) if (part.kind === 'result') result = part;
  if (result?.finished === true && result.differences === 0) return;
  throw new Error(`A check of equal trees ended with ${JSON.stringify(result)}\n${pair.logs()}`);
}

async function rest(): Promise<void> {
  const end = performance.now() + REST_MS;
  await until('rest', 2 * REST_MS, () => (performance.now() > end ? true : null));
}

function processorOf(server: TrialServer): number {
  return server.daemon === null ? 0 : figuresOf(server).cpuSeconds;
}
