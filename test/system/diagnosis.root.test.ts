/**
 * What it proves: the troubleshooting chapter. Whatever goes wrong on a pair, injected for real, is told apart: the
 * right code and item, the cause with its evidence, nothing wrong beside it, and over by itself once it is mended. And
 * a pair that is well is told nothing of. The table of `docs/diagnosis.md` is made by the proof.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANNEL_SCENARIOS } from '../support/diagnosis/channel-scenarios.ts';
import { withRows } from '../support/diagnosis/diagnosis-page.ts';
import { OTHER_END_SCENARIOS } from '../support/diagnosis/other-end-scenarios.ts';
import { PAIR_SCENARIOS } from '../support/diagnosis/pair-scenarios.ts';
import { REGISTRY_SCENARIOS } from '../support/diagnosis/registry-scenarios.ts';
import { DiagnosisRig } from '../support/diagnosis/rig.ts';
import { lineOf, play, type Row } from '../support/diagnosis/scenario.ts';
import { proofRuns } from '../support/proof-runs.ts';

const IS_PROOF = proofRuns({ short: 0, full: 1 }) === 1;
const ALL = [...PAIR_SCENARIOS, ...CHANNEL_SCENARIOS, ...OTHER_END_SCENARIOS, ...REGISTRY_SCENARIOS];
/** In `npm test` some of each kind; all of them in the proof. */
const CHOSEN = ALL.filter(({ isShort }) => IS_PROOF || isShort === true);
const PAGE = join(import.meta.dirname, '../../docs/diagnosis.md');
const BUSY_MS = proofRuns({ short: 3_000, full: 600_000 });
const LONG = { timeout: BUSY_MS + 120_000 };

let rig: DiagnosisRig;

beforeAll(async () => {
  rig = await DiagnosisRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** In the page at once: a proof that is cut has proven what it has proven. */
function write(row: Row): void {
  process.stdout.write(`${lineOf(row)}\n`);
  if (!IS_PROOF) return;
  const before = fs.existsSync(PAGE) ? fs.readFileSync(PAGE, 'utf8') : '';
  const names = ALL.map(({ name }) => name);
  fs.writeFileSync(PAGE, withRows(before, [row], names));
}

/** What went wrong may last: the next scenario begins on another pair. */
async function replaceRig(): Promise<void> {
  const before = rig;
  rig = await DiagnosisRig.start();
  await before[Symbol.asyncDispose]();
}

it('a busy pair that is well has no finding at all', LONG, async () => {
  const { pair } = rig;
  await pair.synchronized();
  const end = performance.now() + BUSY_MS;
  let changes = 0;
  while (performance.now() < end) {
    const name = join(pair.active.data, `busy-${changes % 50}`);
    if (changes % 7 === 6) fs.rmSync(name, { force: true });
    else fs.writeFileSync(name, `change ${changes}`);
    changes += 1;
    if (changes % 25 === 0) {
      for (const server of pair.servers) expect((await server.status()).findings).toEqual([]);
    }
    await pause(10);
  }
  for (let number = 0; number < 50; number++) fs.rmSync(join(pair.active.data, `busy-${number}`), { force: true });
  await pair.settled();
  process.stdout.write(`${changes} changes in ${BUSY_MS / 1000} s, and no finding\n`);
});

it.each(CHOSEN.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
  let row: Row;
  try {
    row = await play(rig, scenario);
  } catch (error) {
    process.stderr.write(`${String(error)}\n${rig.pair.logs()}\n`);
    await replaceRig();
    throw error;
  }
  write(row);
  expect(row.codes).not.toBe('');
});
