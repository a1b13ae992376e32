/**
 * What it proves: a daemon whose control group has too little memory says so, by the kernel's own measure, and goes on
 * replicating; nobody has to tell it that there is enough again.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { converges, over } from '../support/after-fault.ts';
import { HAS_MEMORY_GROUPS, MemoryGroup } from '../support/memory-group.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

const TOLD_WITHIN_MS = 120_000;
const HOGS = 3;
const HOG_MIB = 48;
/** Beyond what the daemon takes: a fraction of what the hogs want to keep. */
const MORE_MIB = 24;

it.skipIf(!HAS_MEMORY_GROUPS)('a daemon with too little memory says so, and that it has enough again', async () => {
  await using group = new MemoryGroup();
  await using pair = await runningPair();
  await pair.passive.stop();
  group.add(pair.passive.launch().pid);
  await pair.synchronized();
  await group.squeeze(HOGS, HOG_MIB, MORE_MIB);
  const began = performance.now();
  // The other daemon may say it of the whole machine.
  const finding = await until('the daemon in the group to say so', TOLD_WITHIN_MS, async (seen) => {
    const told = await pair.passive.findings('SYS-014');
    seen(JSON.stringify(told));
    return told.find(({ server }) => server === pair.passive.place.identity) ?? null;
  });
  console.info(`SYS-014 told after ${String(Math.round(performance.now() - began))} ms: ${finding.cause}`);
  expect(finding.evidence.join()).toContain(group.name);
  fs.writeFileSync(join(pair.active.data, 'meanwhile'), 'content');
  await converges(pair);
  await group.endHogs();
  await over(pair.passive, 'SYS-014');
  await converges(pair);
});
