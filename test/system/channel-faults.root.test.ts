/**
 * What it proves: whatever keeps the two servers from one another is told apart, on real networks: the right cause
 * with its evidence on each server, nothing wrong beside it, and gone by itself once it is mended.
 */
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { ChannelRig } from '../support/diagnosis/channel-rig.ts';
import { CHANNEL_SCENARIOS } from '../support/diagnosis/channel-scenarios.ts';
import { lineOf, play } from '../support/diagnosis/scenario.ts';
import { proofRuns } from '../support/proof-runs.ts';

/** In `npm test` those that between them take every way of finding out; all of them in the proof. */
const CHOSEN = CHANNEL_SCENARIOS.filter(({ isShort }) => proofRuns({ short: 0, full: 1 }) === 1 || isShort === true);

let rig: ChannelRig;

beforeAll(async () => {
  rig = await ChannelRig.start();
});
afterAll(() => rig[Symbol.asyncDispose]());

it.each(CHOSEN.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
  onTestFailed(
    ({ task }) => void process.stderr.write(`${task.result?.errors?.[0]?.message ?? ''}\n${rig.pair.logs()}\n`),
  );
  const row = await play(rig, scenario);
  process.stdout.write(`${lineOf(row)}\n`);
  expect(row.codes).not.toBe('');
});
