/**
 * `npm run proof NAME`: runs one of the long proofs with its full count, and writes its result to
 * docs/proofs.md. `npm test` runs the same tests with a small one. `npm run proof -- soak --hours 8` makes
 * the soak longer, `--seed N` repeats one.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROOF_VARIABLE } from '../test/support/proof-runs.ts';
import { SOAK_VARIABLES } from '../test/support/soak/length.ts';
import { ROOT, run } from './command.ts';
import { withResult } from './proofs-page.ts';
import { readTally } from './tally.ts';

interface Proof {
  /** The system test that carries it. */
  readonly file: string;
  readonly what: string;
}

const PROOFS: Readonly<Record<string, Proof>> = {
  kill: {
    file: 'test/system/kill.user.test.ts',
    what: '`kill -9` of each daemon at 50 random moments under load',
  },
  'power-cut': {
    file: 'test/system/power-cut.root.test.ts',
    what: '112 power cuts, of each server 14 in a first copy, 14 under steady load, 14 in a resync and 14 in a checkpoint, on ext4 with its usual options and with `noauto_da_alloc`',
  },
  'daemon-kill': {
    file: 'test/system/keeper.root.test.ts',
    what: "the active server's daemon killed or replaced 50 times under a loop of names, fio with verify and SQLite in an intercepted folder, and replaced 20 times by another build under PostgreSQL: no error, no pause beyond 500 ms, both servers equal",
  },
  'crash-consistency': {
    file: 'test/system/crash-consistency.root.test.ts',
    what: 'SQLite, PostgreSQL and MariaDB writing in an intercepted folder, opened on the passive server at 200 moments: a third while its daemon stands still, a third after `kill -9`, a third after a power cut',
  },
  'zero-loss': {
    file: 'test/system/zero-loss.root.test.ts',
    what: 'synchronous replication at 100 moments: commits to a plain file, to two SQLite databases and at every fourth to PostgreSQL, the active server killed with all that works on it, only the channel cut, the power of the passive server cut, and the daemon alone killed, a quarter each: none missing that was told',
  },
  intercept: {
    file: 'test/system/intercept.root.test.ts',
    what: '20 seeds of 2,000 random operations in an intercepted folder, 20 of 1,000 operations on one file (mapped, cut, punched, copied, direct), and two SQLite ledgers, of which the second holds what it read in the first, at 200 moments',
  },
  'random-operations': {
    file: 'test/system/random-operations.user.test.ts',
    what: '20 seeds of 2,000 random operations, equal within 5 s of the last',
  },
  disconnect: {
    file: 'test/system/disconnect.user.test.ts',
    what: '500 of 100,000 files changed while the two were apart for 10 minutes and the queue collapsed; twice, once with a kill of the active server in between',
  },
  'mount-operations': {
    file: 'test/system/mount-operations.root.test.ts',
    what: '20 seeds of random operations in a mounted folder, and 20 of 1,500 operations on one file: the same as beneath it, and as what its records make elsewhere',
  },
  'mount-stress': {
    file: 'test/system/mount-stress.root.test.ts',
    what: 'the file system stressors of stress-ng, 2 s each, in a mounted folder and in the file system itself',
  },
  'large-tree': {
    file: 'test/system/large-tree.user.test.ts',
    what: '50,000 files and 1 GiB of system folders from an empty passive under 20 changes a second, equal within 5 s of the last',
  },
  scale: {
    file: 'test/system/scale.user.test.ts',
    what: '1,000,000 files, a folder of 1,000,000 names, 100 levels, 100,000 folders in a burst, and 1,000 random writes in 10 GiB, within 400 MiB and with a status within 200 ms',
  },
  diagnosis: {
    file: 'test/system/diagnosis.root.test.ts',
    what: 'the troubleshooting chapter: every scenario of docs/diagnosis.md injected for real, told apart, nothing wrong beside it, and over once it is mended',
  },
  'manual-page': {
    file: 'test/system/manual-page.root.test.ts',
    what: "the manual's stories on two machines with systemd: a service started on the passive server, a wrong peer address, a client program left open, an antivirus that holds a file; each named, within 5 s where that is told, and Synchronized in the end",
  },
  registry: {
    file: 'test/system/registry/',
    what: 'protected registries in files, Samba and Wine, each: 1,000 keys with 10 values of all types from empty, 20 seeds of random changes, `kill -9` of either daemon at 20 random moments, 10 power cuts, each kind of damage named and repaired by a restart; and the store of Windows in a Node for Windows under Wine, without power cuts',
  },
  'registry-times': {
    file: 'test/system/registry-times.user.test.ts',
    what: 'registries of 100,000 values in a file, Samba and Wine: first check at most 10 s beyond their own export and import, at most 1 % of a core more while nothing changes; a change of a small one seen within the poll interval plus 1 s',
  },
  'registry-codec': {
    file: 'test/system/registry/codec.user.test.ts',
    what: '100,000 `.reg` files spoilt at random: each read, or refused with its place',
  },
  services: {
    file: 'test/system/services.root.test.ts',
    what: '300 starts, stops and kills of a protected service in random order on two machines with systemd, at random on the active and the passive one: the state right within 2 s each, nothing ran after a reboot of the passive server, unit files as before after `services release`',
  },
  'disk-faults': {
    file: 'test/system/disk-faults.root.test.ts',
    what: 'a disk that fails under a running daemon (EIO of each kind, quota, a disk that lost what it had accepted, read-only): told within 5 s as what it is, and made up for once mended',
  },
  stops: {
    file: 'test/system/stops.root.test.ts',
    what: 'each daemon stopped for a minute, disks that hang and that are slow, clocks that are set, no descriptors, no watches: told within 5 s as what it is, and over by itself',
  },
  quiet: {
    file: 'test/system/quiet.root.test.ts',
    what: '10 minutes of a busy pair with protected files, registry and service on two machines with systemd, both servers looked at four times a second: no finding at all',
  },
  soak: {
    file: 'test/system/soak.root.test.ts',
    what: '20 minutes of load with a fault of the machine at random every 5 s: equal after each minute of it, nothing grows',
  },
};

/** A soak of another length. */
function soakOf(hours: number): { readonly name: string; readonly proof: Proof } {
  const { file } = PROOFS['soak'] as Proof;
  const what = `${String(hours)} hours of load with a fault of the machine at random every 5 s: equal after each minute of it, nothing grows`;
  return { name: `soak --hours ${String(hours)}`, proof: { file, what } };
}

/** The soak has a limit of its own. */
const PROOF_TIMEOUT_MS = 4 * 60 * 60 * 1000;
const PAGE = join(ROOT, 'docs/proofs.md');

/** What is proven; the page of results itself does not count as a change. */
async function commitOf(): Promise<string> {
  const head = await run(['git', 'rev-parse', '--short=7', 'HEAD'], { show: false });
  const changes = await run(['git', 'status', '--porcelain', '--', '.', ':!docs/proofs.md'], { show: false });
  return head.output.trim() + (changes.output.trim() === '' ? '' : '+');
}

async function prove(name: string, proof: Proof, environment: Readonly<Record<string, string>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-proof-'));
  const start = performance.now();
  const commit = await commitOf();
  try {
    const report = join(folder, 'report.json');
    const time = [`--testTimeout=${PROOF_TIMEOUT_MS}`, `--hookTimeout=${PROOF_TIMEOUT_MS}`];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const command = ['vitest', 'run', '--config', 'vitest.system.config.ts', ...time, ...reporters, proof.file];
    const { status } = await run(command, { show: true, environment: { [PROOF_VARIABLE]: 'full', ...environment } });
    const { passed, failed } = readTally(report);
    const page = withResult(readOrEmpty(PAGE), {
      name,
      what: proof.what,
      date: new Date().toISOString().slice(0, 10),
      commit,
      result: `${passed} passed, ${failed} failed`,
      minutes: (performance.now() - start) / 60_000,
    });
    writeFileSync(PAGE, page);
    return status;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** @throws Error where the arguments make no sense. */
function orderOf(args: readonly string[]): Parameters<typeof prove> {
  const options = { hours: { type: 'string' }, seed: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const name = positionals[0] ?? '';
  const proof = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined;
  if (proof === undefined || positionals.length !== 1) throw new Error(`Not a proof: ${positionals.join(' ')}`);
  if (name !== 'soak' && (values.hours ?? values.seed) !== undefined) throw new Error('Only the soak has options');
  const environment: Record<string, string> = {};
  if (values.seed !== undefined) environment[SOAK_VARIABLES.seed] = String(numberOf(values.seed));
  if (values.hours === undefined) return [name, proof, environment];
  const hours = numberOf(values.hours);
  environment[SOAK_VARIABLES.minutes] = String(hours * 60);
  const soak = soakOf(hours);
  return [soak.name, soak.proof, environment];
}

function numberOf(text: string): number {
  if (!/^\d{1,9}(\.\d+)?$/.test(text)) throw new Error(`Not a number: ${text}`);
  return Number(text);
}

let order: Parameters<typeof prove> | null = null;
try {
  order = orderOf(process.argv.slice(2));
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${reason}\nUsage: npm run proof NAME, where NAME is one of ${Object.keys(PROOFS).join(', ')}; npm run proof -- soak [--hours N] [--seed N]\n`,
  );
  process.exitCode = 2;
}
if (order !== null) process.exitCode = await prove(...order);
