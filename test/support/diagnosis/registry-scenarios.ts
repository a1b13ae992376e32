import fs from 'node:fs';
import { join } from 'node:path';
import { changeSettings } from '../pair.ts';
import { FILE_STORE, FileRegistry } from '../registry/file-registry.ts';
import { ACME, manyKeys, protecting, registriesEqual, text } from '../registry/protected-registry.ts';
import { removeTree } from '../remove-tree.ts';
import type { TrialServer } from '../server.ts';
import { until } from '../until.ts';
import type { DiagnosisRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

const WITHIN_MS = 120_000;
const WELL = ['Synchronized', 'Synchronized and busy processing'] as const;
const OTHER = { kind: 'set', key: ACME, value: text('type 1', 'of the passive server') } as const;

/** A `.reg` file is protected for as long as the scenario lasts, and both servers hold the same. */
export function ofRegistry(
  scenario: Pick<Scenario<DiagnosisRig>, 'name' | 'resolution' | 'expected' | 'isShort' | 'beside'> & {
    readonly damage: (rig: DiagnosisRig) => Promise<void> | void;
    /** Where it is not enough that the registry is protected no more. */
    readonly mend?: (rig: DiagnosisRig) => Promise<void> | void;
    /** Before it is protected. */
    readonly isFirstPairing?: boolean;
  },
): Scenario<DiagnosisRig> {
  const { damage, mend, isFirstPairing = false, ...rest } = scenario;
  return {
    ...rest,
    status: WELL,
    inject: async (rig) => {
      const { pair } = rig;
      new FileRegistry(pair.active).edit(manyKeys(3));
      if (isFirstPairing) await damage(rig);
      changeSettings(pair.active.pairFile, protecting(FILE_STORE));
      if (isFirstPairing) return;
      await registriesEqual(pair, FILE_STORE);
      await damage(rig);
    },
    repair: async (rig) => {
      const { pair } = rig;
      await mend?.(rig);
      changeSettings(pair.active.pairFile, { protect: { registry: [] } });
      // Who still protects it would take what follows for more damage.
      for (const server of pair.servers) await notProtected(server);
      fs.rmSync(join(pair.active.data, 'settings.reg'), { force: true });
      for (const server of pair.servers) {
        removeTree(join(server.base, 'registry'));
        forgetAdopted(server);
      }
    },
  };
}

/** What is protected next is a first pairing again. */
function forgetAdopted({ stateDirectory }: TrialServer): void {
  const folder = join(stateDirectory, 'registry');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  for (const name of names) if (name.startsWith('adopted-')) fs.rmSync(join(folder, name), { force: true });
}

async function notProtected(server: TrialServer): Promise<void> {
  await until(`${server.title} to protect no registry`, WITHIN_MS, async () =>
    (await server.status()).registry.status === 'Not protected' ? true : null,
  );
}

export const REGISTRY_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  ofRegistry({
    name: 'A protected registry is not there any more',
    resolution: 'put back, or not protected any more',
    damage: ({ pair }) => fs.rmSync(new FileRegistry(pair.active).path),
    expected: [{ server: 'active', code: 'REG-001', item: /^file$/, says: /the file is not there/ }],
  }),
  ofRegistry({
    name: 'A protected registry is damaged',
    resolution: 'mended, or not protected any more',
    damage: ({ pair }) => fs.appendFileSync(new FileRegistry(pair.active).path, '[HKLM\\Software\\Acme\r\n'),
    expected: [{ server: 'active', code: 'REG-004', item: /^file$/, says: /line \d+, column 1/ }],
    isShort: true,
  }),
  ofRegistry({
    name: 'Somebody changes a protected registry on the passive server',
    resolution: 'nobody does so any more; it was repaired',
    damage: ({ pair }) => new FileRegistry(pair.passive).edit([OTHER]),
    expected: [{ server: 'passive', code: 'REG-007', item: /Acme$/, says: /"type 1"/ }],
  }),
  ofRegistry({
    name: 'The registry of the passive server holds something else at the first pairing',
    resolution: 'confirmed by fix, or not protected any more',
    damage: ({ pair }) => new FileRegistry(pair.passive).edit([OTHER]),
    isFirstPairing: true,
    expected: [{ server: 'passive', code: 'REG-010', item: /^file$/, says: /type 1/ }],
  }),
  ofRegistry({
    name: 'The file of a protected registry is among the protected files, too',
    resolution: 'excluded there, or not protected as a registry any more',
    damage: ({ pair }) => {
      const path = '/data/settings.reg';
      fs.copyFileSync(new FileRegistry(pair.active).path, join(pair.active.data, 'settings.reg'));
      const [registry] = protecting(FILE_STORE).protect?.registry ?? [];
      changeSettings(pair.active.pairFile, { protect: { registry: [{ ...registry, path }] } });
    },
    expected: [
      { server: 'active', code: 'REG-006', item: /^file$/ },
      { server: 'passive', code: 'REG-006', item: /^file$/ },
    ],
  }),
];
