/**
 * `npm run proof NAME`: runs one of the long proofs with its full count, and writes its result to
 * docs/proofs.md. `npm test` runs the same tests with a small one.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROOF_VARIABLE } from '../test/support/proof-runs.ts';
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
    what: 'power cuts of each server at 20 random moments under load, on ext4 with its usual options and with `noauto_da_alloc`',
  },
  'random-operations': {
    file: 'test/system/random-operations.user.test.ts',
    what: '20 seeds of 2,000 random operations, equal within 5 s of the last',
  },
  'large-tree': {
    file: 'test/system/large-tree.user.test.ts',
    what: '50,000 files and 1 GiB of system folders from an empty passive under 20 changes a second, equal within 5 s of the last',
  },
  scale: {
    file: 'test/system/scale.user.test.ts',
    what: '1,000,000 files, a folder of 1,000,000 names, 100 levels, 100,000 folders in a burst, and 1,000 random writes in 4 GiB, within 400 MiB and with a status within 200 ms',
  },
};

const PROOF_TIMEOUT_MS = 4 * 60 * 60 * 1000;
const PAGE = join(ROOT, 'docs/proofs.md');

/** What is proven; the page of results itself does not count as a change. */
async function commitOf(): Promise<string> {
  const head = await run(['git', 'rev-parse', '--short=7', 'HEAD'], { show: false });
  const changes = await run(['git', 'status', '--porcelain', '--', '.', ':!docs/proofs.md'], { show: false });
  return head.output.trim() + (changes.output.trim() === '' ? '' : '+');
}

async function prove(name: string, proof: Proof): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-proof-'));
  const start = performance.now();
  const commit = await commitOf();
  try {
    const report = join(folder, 'report.json');
    const time = [`--testTimeout=${PROOF_TIMEOUT_MS}`, `--hookTimeout=${PROOF_TIMEOUT_MS}`];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const command = ['vitest', 'run', '--config', 'vitest.system.config.ts', ...time, ...reporters, proof.file];
    const { status } = await run(command, { show: true, environment: { [PROOF_VARIABLE]: 'full' } });
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

const name = process.argv[2] ?? '';
const proof = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined;
if (proof === undefined) {
  process.stderr.write(`Usage: npm run proof NAME, where NAME is one of ${Object.keys(PROOFS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await prove(name, proof);
}
