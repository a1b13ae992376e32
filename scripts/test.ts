/**
 * All tests that this user can run: modules, simulation, real daemons; as root also what needs root.
 * Ends with the line `N passed, N failed`. Exit status 1 when a test failed, was left out, or none ran.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { addUp, NOTHING, readTally, type Tally, verdict } from './tally.ts';

const CONFIGURATIONS = ['vitest.config.ts', 'vitest.system.config.ts'];

async function runAll(folder: string): Promise<{ tally: Tally; ended: boolean }> {
  let tally = NOTHING;
  let ended = true;
  for (const [index, configuration] of CONFIGURATIONS.entries()) {
    const report = join(folder, `${index}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = await run(['vitest', 'run', '--config', configuration, ...reporters], { show: true });
    const counted = readTally(report);
    tally = addUp(tally, counted);
    ended &&= status === 0 && counted.passed > 0;
  }
  return { tally, ended };
}

const folder = mkdtempSync(join(tmpdir(), 'understudy-test-'));
try {
  const { tally, ended } = await runAll(folder);
  const { lines, status } = verdict(tally, ended);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = status;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
