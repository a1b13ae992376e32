/**
 * What it proves: whatever keeps the two servers from one another is told apart, on real networks: the right cause
 * with its evidence on each server, nothing wrong beside it, and gone by itself once it is mended.
 */
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { ChannelRig } from '../support/diagnosis/channel-rig.ts';
import { CHANNEL_SCENARIOS } from '../support/diagnosis/channel-scenarios.ts';
import { play, type Row } from '../support/diagnosis/scenario.ts';

let rig: ChannelRig;
const rows: Row[] = [];

beforeAll(async () => {
  rig = await ChannelRig.start();
});
afterAll(async () => {
  for (const row of rows)
    process.stdout.write(
      `${row.codes}: told after ${row.toldMs.toFixed(0)} ms, over after ${row.clearedMs.toFixed(0)} ms: ${row.scenario}\n   ${row.cause}\n   ${row.evidence}\n`,
    );
  await rig[Symbol.asyncDispose]();
});

it.each(CHANNEL_SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
  onTestFailed(() => void process.stderr.write(`${rig.pair.logs()}\n`));
  rows.push(await play(rig, scenario));
  expect(rows).not.toEqual([]);
});
