/**
 * What it proves: the troubleshooting chapter. Whatever goes wrong on a pair, injected for real, is told apart: the
 * right code and item, the cause with its evidence, nothing wrong beside it, and over by itself once it is mended. The
 * table of `docs/diagnosis.md` is made by the proof.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANNEL_SCENARIOS } from '../support/diagnosis/channel-scenarios.ts';
import { withRows } from '../support/diagnosis/diagnosis-page.ts';
import { OTHER_END_SCENARIOS } from '../support/diagnosis/other-end-scenarios.ts';
import { PAIR_SCENARIOS } from '../support/diagnosis/pair-scenarios.ts';
import { REGISTRY_PLACE_SCENARIOS } from '../support/diagnosis/registry-place-scenarios.ts';
import { REGISTRY_SCENARIOS } from '../support/diagnosis/registry-scenarios.ts';
import { REGISTRY_SERVER_SCENARIOS } from '../support/diagnosis/registry-server-scenarios.ts';
import { DiagnosisRig } from '../support/diagnosis/rig.ts';
import { lineOf, play, type Row } from '../support/diagnosis/scenario.ts';
import { proofRuns } from '../support/proof-runs.ts';

const IS_PROOF = proofRuns({ short: 0, full: 1 }) === 1;
const ALL = [
  ...PAIR_SCENARIOS,
  ...CHANNEL_SCENARIOS,
  ...OTHER_END_SCENARIOS,
  ...REGISTRY_SCENARIOS,
  ...REGISTRY_PLACE_SCENARIOS,
  ...REGISTRY_SERVER_SCENARIOS,
];
/** In `npm test` some of each kind; all of them in the proof. */
const CHOSEN = ALL.filter(({ isShort }) => IS_PROOF || isShort === true);
const PAGE = join(import.meta.dirname, '../../docs/diagnosis.md');

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
  // In the proof, on a machine that does nothing else, as soon as was promised.
  if (IS_PROOF) expect(row.toldMs).toBeLessThanOrEqual(row.toldMsMax);
});
