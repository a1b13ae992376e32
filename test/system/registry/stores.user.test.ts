/**
 * What every kind of registry has to stand, on two real servers: a first copy, random changes, kills of either daemon,
 * and each kind of damage, which a restart alone finds, names and repairs. Where a Wine runs on the passive server, which
 * knows nothing of what its files say by now and saves its own, a change gets there, too, and nobody is accused of it.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/kernel/random.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { contentOf, treeOf } from '../../../src/registry/registry.testing.ts';
import { runningPair, sharedPair } from '../../support/pair-in-test.ts';
import { DAMAGE, WHOLE } from '../../support/registry/damage.ts';
import { proofRuns } from '../../support/proof-runs.ts';
import {
  ACME,
  atTheLimits,
  manyKeys,
  randomEdits,
  registriesEqual,
  registryPair,
  text,
} from '../../support/registry/protected-registry.ts';
import { TRIAL_STORES } from '../../support/registry/trial-stores.ts';
import { dropModelPrefix, WINE_STORE, WineRegistry } from '../../support/registry/wine-registry.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';

// Each test starts and stops daemons many times; a loaded machine takes long for that.
const LONG_MS = proofRuns({ short: 600_000, full: 7_200_000 });
vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS });

afterAll(dropModelPrefix);

const KEYS = proofRuns({ short: 200, full: 1000 });
const SEEDS = proofRuns({ short: 1, full: 20 });
const KILLS = proofRuns({ short: 1, full: 20 });
const KILL_WITHIN_MS = 900;
/** Of a seed, one after the other. */
const ROUNDS = 3;
const EDITS = 15;

/** After its last program has ended. */
const WINE_STAYS_S = 8;
const OTHER_KEY = 'HKLM\\Software\\Other';

/** Of what the test before left. */
const FORGOTTEN: RegistryEdit = { kind: 'deleteKey', key: ACME };

/** Each at a restart of its own, or all at one. */
const DAMAGES = proofRuns({ short: 0, full: 1 }) === 1 ? DAMAGE.map((one) => [one]) : [DAMAGE];

describe.each(TRIAL_STORES)('a protected registry of the provider $provider', (store) => {
  const shared = sharedPair(() => registryPair(store, manyKeys(KEYS)));

  it(`goes from empty to Synchronized: ${KEYS} keys with 10 values of all types`, async () => {
    const pair = shared();
    await registriesEqual(pair, store);
    await until('the check to be over', 120_000, async (seen) => {
      const { registry } = await pair.passive.status();
      seen(JSON.stringify(registry));
      return registry.check === null && registry.itemsOutOfSync + registry.itemsUnchecked === 0 ? true : null;
    });
    expect(store.of(pair.passive).exported).toHaveLength(linesOf(KEYS));
    const listed = await pair.active.client.call('files', { limit: 1000 });
    expect(listed.items.filter(({ type }) => type === 'key')[0]).toMatchObject({ status: 'Synchronized' });
    const checked = await pair.active.run('check', '--registry', '--json');
    expect(checked).toMatchObject({ status: 0 });
    expect(JSON.parse(checked.stdout)).toMatchObject({ finished: true, differences: 0 });
  });

  it(`holds the same after random changes, ${SEEDS} seeds`, async () => {
    const pair = shared();
    const active = store.of(pair.active);
    active.edit([FORGOTTEN]);
    await registriesEqual(pair, store);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = seededRandom(seed);
      for (let round = 0; round < ROUNDS; round += 1) active.edit(randomEdits(store, random, EDITS));
      await registriesEqual(pair, store);
    }
    active.edit(atTheLimits(store));
    await registriesEqual(pair, store);
    const exported = active.exportedEdits;
    expect(store.of(pair.passive).exported).toEqual(contentOf(treeOf(exported)));
    // What was exported, read, written and imported is exported the same.
    const third = store.of({ base: fs.mkdtempSync(join(pair.top, 'third-')) });
    third.edit(exported);
    expect(third.exported).toEqual(contentOf(treeOf(exported)));
    expect(await pair.passive.events('REG-007')).toEqual([]);
    expect(await pair.passive.events('REG-009')).toEqual([]);
  });

  it(`holds the same after a daemon is killed, ${KILLS} times`, async () => {
    const pair = shared();
    const active = store.of(pair.active);
    active.edit([FORGOTTEN, ...manyKeys(20)]);
    await registriesEqual(pair, store);
    const choice = new SeededRandom(7);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const random = seededRandom(100 + kill);
      const killed = kill % 2 === 0 ? pair.passive : pair.active;
      active.edit(randomEdits(store, random, EDITS));
      await new Promise((done) => setTimeout(done, choice.integer(0, KILL_WITHIN_MS)));
      await killed.crash();
      active.edit(randomEdits(store, random, EDITS));
      await killed.start();
      await registriesEqual(pair, store);
    }
  });

  it('has each kind of damage named and repaired, by a restart alone', async () => {
    const pair = shared();
    store.of(pair.active).edit([FORGOTTEN, ...WHOLE]);
    await registriesEqual(pair, store);
    for (const damage of DAMAGES) {
      await pair.passive.stop();
      store.of(pair.passive).edit(damage.flatMap(([, edits]) => edits));
      await pair.passive.start();
      await registriesEqual(pair, store);
      const events = await pair.passive.events('REG-009');
      for (const [what, , said] of damage) expect(events.map((event) => event.text).join('\n'), what).toContain(said);
    }
  });
});

it('what is written while a Wine runs on the passive server is not lost when that saves', async () => {
  await using pair = await runningPair(registryPair(WINE_STORE, [{ kind: 'set', key: ACME, value: text('a', '1') }]));
  await registriesEqual(pair, WINE_STORE);
  const [here, there] = [new WineRegistry(pair.active), new WineRegistry(pair.passive)];
  there.run('wineserver', `-p${WINE_STAYS_S}`);
  there.run('wine', 'reg', 'add', OTHER_KEY, '/v', 'by a program', '/d', 'x');
  here.edit([
    { kind: 'set', key: ACME, value: text('a', '2') },
    { kind: 'set', key: `${ACME}\\sub`, value: text('b', '3') },
  ]);
  await registriesEqual(pair, WINE_STORE);
  there.ended();
  expect(there.exported).toEqual(here.exported);
  there.run('wine', 'reg', 'query', OTHER_KEY, '/v', 'by a program');
  expect(await pair.passive.events('REG-007')).toEqual([]);
});

/** Each key and value is a line; so are the keys above, from the hive on. */
function linesOf(keys: number): number {
  return keys * 11 + Math.min(keys, 30) + 3;
}
