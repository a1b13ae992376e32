import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { anyEdit, treeOf } from '../../src/registry/registry.testing.ts';
import { applyEdits, editsBetween, type RegistryEdit } from '../../src/registry/registry-edit.ts';
import { isTaken } from '../../src/registry/samba-store.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { ACME, manyKeys, registrySynchronized, text } from '../support/protected-registry.ts';
import { SAMBA_CONFIGURATION, SambaRegistry } from '../support/samba-registry.ts';
import { until } from '../support/until.ts';

// Each test starts and stops daemons many times; a loaded machine takes long for that.
vi.setConfig({ testTimeout: proofRuns({ short: 600_000, full: 7_200_000 }) });

const KEYS = proofRuns({ short: 200, full: 1000 });
const SEEDS = proofRuns({ short: 1, full: 20 });
const KILLS = proofRuns({ short: 1, full: 20 });

const DAMAGE: readonly (readonly [string, readonly RegistryEdit[], string])[] = [
  ['a missing key', [{ kind: 'deleteKey', key: `${ACME}\\sub` }], 'the key is missing'],
  ['a missing value', [{ kind: 'unset', key: ACME, name: 'a' }], 'the value "a" is missing'],
  [
    'a wrong type',
    [
      { kind: 'unset', key: ACME, name: 'a' },
      { kind: 'set', key: ACME, value: { ...text('a', '1'), type: 2 } },
    ],
    'is REG_EXPAND_SZ instead of',
  ],
  [
    'a stray edit',
    [{ kind: 'set', key: ACME, value: text('n', 'stray') }],
    'only the passive server has the value "n"',
  ],
];

describe("Samba's registry", () => {
  it(`goes from empty to Synchronized: ${KEYS} keys with 10 values of all types`, async () => {
    await using pair = await sambaPair(manyKeys(KEYS));
    await equal(pair);
    expect(new SambaRegistry(pair.passive).content).toHaveLength(expectedLines(KEYS));
    const checked = await pair.active.run('check', '--registry', '--verify-only', '--json');
    expect(checked).toMatchObject({ status: 0 });
  });

  it(`holds the same after random changes (${SEEDS} seeds) and kills (${KILLS})`, async () => {
    await using pair = await sambaPair([{ kind: 'set', key: ACME, value: text('a', '1') }]);
    const active = new SambaRegistry(pair.active);
    const tree = treeOf([{ kind: 'set', key: ACME, value: text('a', '1') }]);
    for (let seed = 1; seed <= SEEDS + KILLS; seed += 1) {
      const random = seededRandom(seed);
      const killed = seed <= SEEDS ? null : seed % 2 === 0 ? pair.passive : pair.active;
      for (let round = 0; round < 3; round += 1) {
        active.edit(
          exactEdits(
            tree,
            Array.from({ length: 15 }, () => sambaEdit(random)),
          ),
        );
        if (round === 1) await killed?.crash();
      }
      await killed?.start();
      await equal(pair);
    }
  });

  it('has each kind of damage named and repaired, by a restart alone', async () => {
    await using pair = await sambaPair([
      { kind: 'set', key: ACME, value: text('a', '1') },
      { kind: 'set', key: `${ACME}\\sub`, value: text('b', '2') },
    ]);
    await equal(pair);
    for (const [what, edits, said] of DAMAGE) {
      await pair.passive.stop();
      new SambaRegistry(pair.passive).edit(edits);
      await pair.passive.start();
      await equal(pair);
      const events = await pair.passive.events('REG-009');
      expect(events.map((event) => event.text).join('\n'), what).toContain(said);
    }
  });
});

async function sambaPair(edits: readonly RegistryEdit[]): Promise<Pair> {
  return await runningPair({
    pairSettings: {
      protect: { registry: [{ provider: 'samba', path: SAMBA_CONFIGURATION, include: ['HKLM\\Software\\Acme\\**'] }] },
    },
    plant: (data) => new SambaRegistry({ base: join(data, '..') }).edit(edits),
    plantPassive: (data) => void new SambaRegistry({ base: join(data, '..') }),
  });
}

async function equal(pair: Pair): Promise<void> {
  const [active, passive] = [new SambaRegistry(pair.active), new SambaRegistry(pair.passive)];
  await until('the exports of both to be the same', 60_000, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((one) => one.status().catch(() => null)));
    seen(JSON.stringify(statuses.map((status) => [status?.registry, status?.findings])));
    return JSON.stringify(active.content) === JSON.stringify(passive.content) ? true : null;
  });
  await registrySynchronized(pair);
}

/** Each key and value is a line; so are the keys above, from the hive on. */
function expectedLines(keys: number): number {
  return keys * 11 + Math.min(keys, 30) + 3;
}

function sambaEdit(random: () => number): RegistryEdit {
  for (;;) {
    const edit = anyEdit(random);
    if (isTaken(edit)) return { ...edit, key: edit.key.replace('\\Software', '\\Software\\Acme') };
  }
}

/** The tool refuses an import that takes away what is not there. */
function exactEdits(tree: ReturnType<typeof treeOf>, edits: readonly RegistryEdit[]): RegistryEdit[] {
  const before = treeOf(editsBetween(treeOf([]), tree));
  applyEdits(tree, edits);
  return editsBetween(before, tree);
}
