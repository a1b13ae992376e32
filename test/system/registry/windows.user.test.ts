/**
 * The store for Windows in a Node for Windows under Wine: two prefixes, in each an agent that carries out the calls of
 * the store.
 *
 * What it doesn't prove: anything of the daemon, which runs on Linux only, so the agent is what is killed here; what a
 * power cut leaves, for Wine's RegFlushKey does nothing; access that is denied, of which Wine's registry knows nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/kernel/random.ts';
import { contentOf } from '../../../src/registry/registry.testing.ts';
import { isHeldByWindows } from '../../../src/registry/windows-store.ts';
import { proofRuns } from '../../support/proof-runs.ts';
import { DAMAGE, WHOLE } from '../../support/registry/damage.ts';
import {
  ACME,
  atTheLimits,
  effective,
  manyKeys,
  randomEdits,
  text,
} from '../../support/registry/protected-registry.ts';
import { TwoRegistries } from '../../support/registry/two-registries.ts';
import { dropModelPrefix } from '../../support/registry/wine-registry.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';
import { WindowsMachine } from '../../support/windows/windows-machine.ts';

vi.setConfig({ testTimeout: proofRuns({ short: 600_000, full: 7_200_000 }) });

afterAll(dropModelPrefix);

const KEYS = proofRuns({ short: 100, full: 1000 });
const LASTING_KEYS = 100;
const SEEDS = proofRuns({ short: 2, full: 20 });
const KILLS = proofRuns({ short: 2, full: 20 });
const KILL_WITHIN_MS = 60;
const EDITS = 30;
const SEEN_WITHIN_MS = 120_000;

const VISIBLE_MS = proofRuns({ short: Number.POSITIVE_INFINITY, full: 1000 });
const MANY_KEYS = proofRuns({ short: 100, full: 10_000 });
const FIRST_CHECK_MORE_MS = proofRuns({ short: Number.POSITIVE_INFINITY, full: 10_000 });
const LOOKS = 100;
/** Of the processor, where it is looked at once a second: one of a hundred parts of it. */
const LOOK_CPU_MS_MAX = 10;

const HELD = { takes: isHeldByWindows };

describe('the registry of a Windows', () => {
  it(`goes from empty to equal, changes (${SEEDS} seeds), and outlives kills (${KILLS}) and damage`, async () => {
    await using here = await WindowsMachine.start();
    await using there = await WindowsMachine.start();
    const pair = new TwoRegistries(here, there);

    await here.write(manyKeys(KEYS));
    await pair.state();
    await pair.expectEqual();
    expect(contentOf(await there.read([ACME])).length).toBeGreaterThan(KEYS * 11);

    // Each look from here on reads all there is.
    await here.write([{ kind: 'deleteKey', key: ACME }, ...manyKeys(LASTING_KEYS)]);
    await pair.look();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = seededRandom(seed);
      for (let round = 0; round < 3; round += 1) {
        await here.write(effective(await here.read([ACME]), randomEdits(HELD, random, EDITS)));
        await pair.look();
      }
      await pair.expectEqual();
    }
    expect(pair.news).toEqual([]);

    const choice = new SeededRandom(7);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const killed = kill % 2 === 0 ? there : here;
      await here.write(randomEdits(HELD, seededRandom(100 + kill), EDITS));
      // What it is in the midst of is not done, or in part.
      const interrupted = pair.look().catch(() => {});
      await pause(choice.integer(0, KILL_WITHIN_MS));
      killed.killAgent();
      await interrupted;
      await killed.startAgent();
      pair.restart();
      await pair.state();
      await pair.expectEqual();
    }

    await here.write(atTheLimits(HELD));
    await pair.look();
    await pair.expectEqual();

    await here.write([{ kind: 'deleteKey', key: ACME }, ...WHOLE]);
    await pair.look();
    for (const [what, edits, said] of DAMAGE) {
      await there.write(edits);
      pair.restart();
      await pair.state();
      await pair.expectEqual();
      expect(pair.news.join('\n'), what).toContain(said);
    }

    await here.write([{ kind: 'deleteKey', key: ACME }]);
    await pair.look();
    await expectSoon(here, there, pair);
  });

  it('tells of a change that another program makes, by a notification', async () => {
    await using machine = await WindowsMachine.start();
    await machine.write(WHOLE);
    await machine.read([ACME]);
    const before = await machine.stamp();
    expect(await machine.stamp()).toBe(before);
    machine.run('reg', 'add', 'HKLM\\Software\\Acme\\sub', '/v', 'by another', '/d', 'x', '/f');
    const changed = performance.now();
    await until('the change to be seen', SEEN_WITHIN_MS, async () =>
      (await machine.stamp()) === before ? null : true,
    );
    const toldMs = performance.now() - changed;
    process.stdout.write(`Told ${toldMs.toFixed(0)} ms after it was made\n`);
    expect(toldMs).toBeLessThan(VISIBLE_MS);
    const seen = (await machine.read([ACME])).get(`${ACME}\\sub`)?.values.get('BY ANOTHER');
    expect(seen).toMatchObject(text('by another', 'x'));
    await machine.write([{ kind: 'deleteKey', key: ACME }]);
    expect((await machine.read([ACME])).size).toBe(0);
    const gone = await machine.stamp();
    machine.run('reg', 'add', 'HKLM\\Software\\Acme', '/f');
    await until('the key to be seen', SEEN_WITHIN_MS, async () => ((await machine.stamp()) === gone ? null : true));
  });
});

/** Many keys are checked soon, from empty, and cost nothing while nothing changes. */
async function expectSoon(here: WindowsMachine, there: WindowsMachine, pair: TwoRegistries): Promise<void> {
  const begun = performance.now();
  here.edit(manyKeys(MANY_KEYS));
  expect(here.exportedLines).toBeGreaterThan(MANY_KEYS * 11);
  const ownMs = performance.now() - begun;
  const before = here.workedMs + there.workedMs;
  await pair.state();
  const checkMs = here.workedMs + there.workedMs - before;
  await pair.expectEqual();
  const cpu = await here.cpuMs();
  for (let look = 0; look < LOOKS; look += 1) await here.stamp();
  const lookMs = ((await here.cpuMs()) - cpu) / LOOKS;
  const [check, own, look] = [checkMs, ownMs, lookMs].map((ms) => ms.toFixed(1));
  process.stdout.write(`First check ${check} ms, regedit’s import and export ${own} ms; a look ${look} ms of a core\n`);
  expect(checkMs).toBeLessThan(ownMs + FIRST_CHECK_MORE_MS);
  expect(lookMs).toBeLessThan(LOOK_CPU_MS_MAX);
}
