/**
 * `npm run proof NAME`: runs one of the long proofs with its full count. `npm test` runs the same
 * tests with a small one.
 */
import { PROOF_VARIABLE } from '../test/support/proof-runs.ts';
import { run } from './command.ts';

/** Name to the system test that carries it. */
const PROOFS: Readonly<Record<string, string>> = {
  kill: 'test/system/kill.user.test.ts',
  'power-cut': 'test/system/power-cut.root.test.ts',
  'random-operations': 'test/system/random-operations.user.test.ts',
  'large-tree': 'test/system/large-tree.user.test.ts',
};

const PROOF_TIMEOUT_MS = 4 * 60 * 60 * 1000;

const name = process.argv[2] ?? '';
const file = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined;
if (file === undefined) {
  process.stderr.write(`Usage: npm run proof NAME, where NAME is one of ${Object.keys(PROOFS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const time = [`--testTimeout=${PROOF_TIMEOUT_MS}`, `--hookTimeout=${PROOF_TIMEOUT_MS}`];
  const { status } = await run(['vitest', 'run', '--config', 'vitest.system.config.ts', ...time, file], {
    show: true,
    environment: { [PROOF_VARIABLE]: 'full' },
  });
  process.exitCode = status;
}
