/**
 * Everything that must hold before a change is shared, in the order of what fails fastest. Stops at
 * the first step that fails; with `--all` goes on. What a step says is shown only when it fails. With
 * `--no-tests` without what `npm test` runs as well.
 */
import { parseArgs } from 'node:util';
import { run } from './command.ts';

const STEPS: Readonly<Record<string, readonly string[]>> = {
  tidy: ['node', 'scripts/tidy.ts'],
  types: ['tsc', '--noEmit'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['biome', 'format', '--reporter=summary'],
  'generated documents': ['node', 'scripts/docs.ts', '--check'],
  unused: ['knip', '--no-progress', '--no-config-hints'],
};
const TESTS: Readonly<Record<string, readonly string[]>> = {
  'unit tests': ['vitest', 'run', 'src', 'scripts', 'bench', 'test/support'],
  simulation: ['vitest', 'run', 'test/simulation'],
};

const { values } = parseArgs({
  options: { all: { type: 'boolean', default: false }, tests: { type: 'boolean', default: true } },
  allowNegative: true,
});
const failed: string[] = [];
const start = performance.now();
for (const [name, command] of Object.entries(values.tests ? { ...STEPS, ...TESTS } : STEPS)) {
  const stepStart = performance.now();
  const { status, output } = await run(command, { show: false });
  const seconds = ((performance.now() - stepStart) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${seconds} s  ${name}\n`);
  if (status === 0) continue;
  process.stdout.write(`\n${output.trimEnd()}\n\n`);
  failed.push(name);
  if (!values.all) break;
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
process.stdout.write(failed.length === 0 ? `All holds (${seconds} s).\n` : `Failed: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
