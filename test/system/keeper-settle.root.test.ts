/*
 * What it proves: a process that serves an intercepted folder may be killed before or behind any call that it makes for
 * an operation. The next one goes on, the application sees nothing but a pause, every operation is done once, and
 * the records say what was done, in its order. What is open and has no name stays.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { KeptFolder } from '../support/kept-folder.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { Fault } from '../../src/system/native/faults.ts';

const OPERATION = new URL('../support/one_operation.py', import.meta.url).pathname;
const TRIED = proofRuns({ short: 24, full: 100_000 });
const LONG_MS = proofRuns({ short: 240_000, full: 3_600_000 });
const SEED = 4_100;

/** Calls that change something, by operation. */
const CHANGES: Readonly<Record<string, string>> = {
  create: 'openat',
  tmpfile: 'openat',
  mkdir: 'mkdirat',
  mknod: 'mknodat',
  symlink: 'symlinkat',
  link: 'linkat',
  unlink: 'unlinkat',
  'unlink-open': 'unlinkat',
  rmdir: 'unlinkat',
  rename: 'renameat2',
  'rename-over': 'renameat2',
  'rename-over-open': 'renameat2',
  exchange: 'renameat2',
  'no-replace': 'renameat2',
  write: 'pwrite',
  append: 'pwrite',
  'append-only': 'pwrite',
  truncate: 'ftruncate',
  empty: 'open_by_handle_at',
  punch: 'fallocate',
  copy: 'copy_file_range',
  chmod: 'chmod',
  setxattr: 'setxattr',
  removexattr: 'removexattr',
};

/** Where a process is killed: its calls for an operation, in about the order in which they are made. */
function placesOf(operation: string): readonly Fault[] {
  const calls = [
    { call: 'name_to_handle_at' },
    { call: CHANGES[operation] as string },
    { call: 'statx' },
    // Whoever reads the records is woken: the record stands, the reply does not.
    { call: 'write', path: '*eventfd*' },
    { call: 'write', path: '/dev/fuse' },
  ];
  return calls.flatMap((call) => [
    { ...call, ends: 'before' as const },
    { ...call, ends: 'behind' as const },
  ]);
}

/** @returns what the application says. */
async function tryOne(kept: KeptFolder, place: Fault, operation: string, number: number): Promise<string> {
  const application = spawn('python3', [OPERATION, join(kept.folder, `${number}-${operation}`), operation], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: application.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const exited = once(application, 'exit');
  expect(await kept.served(next())).toBe('ready');
  const mend = kept.faults.begin(place);
  application.stdin.write('\n');
  const said = next();
  await Promise.race([kept.ended(), said]);
  mend();
  // Some places are met by no call of some operations; and where one is met behind the reply, the end may come at any time
  // after the answer, for the thread may stand still between.
  const answer = await kept.served(said);
  await kept.served(exited);
  return answer;
}

it(
  'whatever a process that served was doing when it was killed, the next one goes on with it',
  async () => {
    await using kept = await KeptFolder.start();
    const random = new SeededRandom(SEED);
    const operations = execFileSync('python3', [OPERATION, '', 'list'], { encoding: 'utf8' }).trim().split(' ');
    expect(operations.sort()).toEqual(Object.keys(CHANGES).sort());
    const all = operations.flatMap((operation) => placesOf(operation).map((place) => ({ operation, place })));
    while (all.length > TRIED) all.splice(random.integer(0, all.length - 1), 1);
    for (const [number, { operation, place }] of all.entries()) {
      const said = await tryOne(kept, place, operation, number);
      const found = { operation, place, said, records: await kept.state() };
      expect(found).toEqual({ operation, place, said: 'done', records: 'drained' });
    }
    const again = kept.beside('again');
    fs.mkdirSync(again);
    using replayer = new RecordReplayer(again);
    replayer.replay(await kept.records());
    expect(compareManifests(manifestOf(kept.underneath), manifestOf(again))).toEqual([]);
    expect(await kept.stop()).toBe('stopped');
  },
  LONG_MS,
);

it(
  'one that is replaced leaves the folder to the next one, and a stop takes it away and the keeper with it',
  async () => {
    await using kept = await KeptFolder.start();
    const application = spawn('python3', [OPERATION, join(kept.folder, 'one'), 'unlink-open'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: application.stdout })[Symbol.asyncIterator]();
    const exited = once(application, 'exit');
    expect((await lines.next()).value).toBe('ready');
    await kept.leave();
    application.stdin.write('\n');
    await kept.serve();
    expect((await lines.next()).value).toBe('done');
    await exited;
    expect(kept.hasKeeper).toBe(true);
    expect(await kept.stop()).toBe('stopped');
    expect(fs.readdirSync(kept.folder)).toEqual(['one']);
  },
  LONG_MS,
);
