import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { anyEdit } from '../../src/registry/registry.testing.ts';
import type { RegistryEdit } from '../../src/registry/registry-edit.ts';
import { changeSettings, type Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import {
  ACME,
  manyKeys,
  PROTECTS_A_FILE,
  registriesEqual,
  RegistryFile,
  registrySynchronized,
  text,
} from '../support/protected-registry.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';

// Each test starts and stops daemons many times; a loaded machine takes long for that.
vi.setConfig({ testTimeout: proofRuns({ short: 600_000, full: 7_200_000 }) });

const SEEDS = proofRuns({ short: 2, full: 20 });
const KILLS = proofRuns({ short: 2, full: 20 });

/** What somebody does to the passive server's registry; what is said of it. */
const DAMAGE: readonly (readonly [string, RegistryEdit, string])[] = [
  ['a missing key', { kind: 'deleteKey', key: `${ACME}\\sub` }, 'the key is missing'],
  ['a missing value', { kind: 'unset', key: ACME, name: 'a' }, 'the value "a" is missing'],
  ['a wrong type', { kind: 'set', key: ACME, value: { ...text('a', '1'), type: 2 } }, 'is REG_EXPAND_SZ instead of'],
  ['a stray edit', { kind: 'set', key: ACME, value: text('n', 'stray') }, 'only the passive server has the value "n"'],
];

describe('a protected registry', () => {
  it('goes from empty to Synchronized: 1,000 keys with 10 values of all types', async () => {
    await using pair = await registryPair(manyKeys(1000));
    await registriesEqual(pair);
    const { registry } = await pair.passive.status();
    expect(registry).toMatchObject({ itemsOutOfSync: 0, itemsUnchecked: 0, check: null });
    expect(registry.itemsTotal).toBeGreaterThanOrEqual(1000);
    const passive = new RegistryFile(pair.passive);
    expect([...passive.tree.keys()].reduce((sum, { values }) => sum + values.size, 0)).toBe(10_000);
    const listed = await pair.active.client.call('files', { limit: 1000 });
    expect(listed.items.filter(({ type }) => type === 'key')[0]).toMatchObject({ status: 'Synchronized' });
    const checked = await pair.active.run('check', '--registry', '--json');
    expect(checked).toMatchObject({ status: 0 });
    expect(JSON.parse(checked.stdout)).toMatchObject({ finished: true, differences: 0 });
  });

  it(`holds the same after random changes, ${SEEDS} seeds`, async () => {
    await using pair = await registryPair([]);
    const active = new RegistryFile(pair.active);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const random = seededRandom(seed);
      for (let round = 0; round < 10; round += 1) active.edit(Array.from({ length: 20 }, () => utf8Edit(random)));
      await registriesEqual(pair);
    }
    expect(await pair.passive.events('REG-007')).toEqual([]);
    expect(await pair.passive.events('REG-009')).toEqual([]);
  });

  it(`holds the same after a daemon is killed, ${KILLS} times`, async () => {
    await using pair = await registryPair(manyKeys(20));
    const active = new RegistryFile(pair.active);
    const choice = new SeededRandom(7);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const random = seededRandom(100 + kill);
      const killed = kill % 2 === 0 ? pair.passive : pair.active;
      active.edit(Array.from({ length: 20 }, () => utf8Edit(random)));
      await new Promise((done) => setTimeout(done, choice.integer(0, 900)));
      await killed.crash();
      active.edit(Array.from({ length: 20 }, () => utf8Edit(random)));
      await killed.start();
      await registriesEqual(pair);
    }
  });

  it('has each kind of damage named and repaired: by a restart alone, and while it runs', async () => {
    await using pair = await registryPair([
      { kind: 'set', key: ACME, value: text('a', '1') },
      { kind: 'set', key: `${ACME}\\sub`, value: text('b', '2') },
    ]);
    await registriesEqual(pair);
    const passive = new RegistryFile(pair.passive);
    for (const [what, edit, said] of DAMAGE) {
      await pair.passive.stop();
      passive.edit([edit]);
      await pair.passive.start();
      await registriesEqual(pair);
      expect(await told(pair, 'REG-009'), what).toContain(said);
      passive.edit([edit]);
      await until(`${what} to be named`, 30_000, async () => (await told(pair, 'REG-007')).includes(said) || null);
      await registriesEqual(pair);
    }
  });
});

it('a passive registry that holds something else waits for a confirmation, and what is replaced is kept', async () => {
  await using pair = await registryPair(
    [{ kind: 'set', key: ACME, value: text('a', '1') }],
    [{ kind: 'set', key: ACME, value: text('a', 'precious') }],
  );
  const finding = await pair.active.finding('REG-010');
  expect(finding.cause).toContain('1 values or keys would be replaced');
  expect((await pair.active.status()).registry.status).toBe('Out of sync');
  const diff = await pair.active.run('diff', 'file:HKLM\\Software\\Acme');
  expect(diff.stdout).toContain('precious');
  expect(await pair.active.run('fix', finding.id)).toMatchObject({ status: 0 });
  await registriesEqual(pair);
  const kept = fs.readdirSync(join(pair.passive.stateDirectory, 'registry/kept'));
  expect(kept).toHaveLength(1);
});

it('a registry that is damaged or missing is an error, and nothing is taken over from it', async () => {
  await using pair = await registryPair(manyKeys(3));
  await registriesEqual(pair);
  const active = new RegistryFile(pair.active);
  const before = new RegistryFile(pair.passive).content;
  const good = fs.readFileSync(active.path);
  fs.writeFileSync(active.path, 'Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\Software\\Acme\r\n');
  expect((await pair.passive.finding('REG-004')).cause).toContain(
    'line 3, column 1: a key without its closing bracket',
  );
  await until('the status to say so', 30_000, async () => (await registryStatus(pair)) === 'Error' || null);
  fs.rmSync(active.path);
  await pair.passive.finding('REG-001');
  expect(new RegistryFile(pair.passive).content).toEqual(before);
  fs.writeFileSync(active.path, good);
  await registrySynchronized(pair);
  expect(new RegistryFile(pair.passive).content).toEqual(before);
});

it('what is protected may change while both run; a file that is protected twice is refused', async () => {
  await using pair = await registryPair([{ kind: 'set', key: ACME, value: text('a', '1') }]);
  await registriesEqual(pair);
  const store = { provider: 'file', path: '/registry/settings.reg' };
  const include = ['HKLM\\Software\\Acme\\**', 'HKLM\\Software\\More'];
  new RegistryFile(pair.active).edit([
    { kind: 'set', key: 'HKEY_LOCAL_MACHINE\\Software\\More', value: text('m', '2') },
  ]);
  changeSettings(pair.active.pairFile, { protect: { registry: [{ ...store, include }] } });
  await registriesEqual(pair);
  changeSettings(pair.active.pairFile, { protect: { files: { include: ['/data/**', '/registry/**'] } } });
  expect((await pair.active.finding('REG-006')).cause).toContain('/registry/settings.reg');
});

async function registryPair(edits: readonly RegistryEdit[], there: readonly RegistryEdit[] = []): Promise<Pair> {
  return await runningPair({
    pairSettings: PROTECTS_A_FILE,
    plant: (data) => plantAt(data, edits, true),
    plantPassive: (data) => plantAt(data, there, there.length > 0),
  });
}

function plantAt(data: string, edits: readonly RegistryEdit[], isMade: boolean): void {
  const file = new RegistryFile({ base: join(data, '..') } as Pair['active']);
  if (isMade) file.edit(edits);
}

/** What UTF-8 can hold, as the active server's file is written. */
function utf8Edit(random: () => number): RegistryEdit {
  for (;;) {
    const edit = anyEdit(random);
    if (JSON.stringify(edit).includes('\\ud800')) continue;
    return { ...edit, key: edit.key.replace('\\Software', '\\Software\\Acme') };
  }
}

async function told(pair: Pair, code: string): Promise<string> {
  return (await pair.passive.events(code)).map((event) => event.text).join('\n');
}

async function registryStatus(pair: Pair): Promise<string> {
  return (await pair.passive.status()).registry.status;
}
