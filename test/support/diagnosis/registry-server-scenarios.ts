import fs from 'node:fs';
import { join } from 'node:path';
import { makeOtherBuild } from '../other-build.ts';
import { changeSettings } from '../pair.ts';
import { FILE_STORE, FileRegistry } from '../registry/file-registry.ts';
import { ACME, protecting, registrySynchronized, text } from '../registry/protected-registry.ts';
import { removeTree } from '../remove-tree.ts';
import { ofRegistry } from './registry-scenarios.ts';
import type { DiagnosisRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** What a release did not have yet. */
interface Lack {
  readonly file: string;
  readonly has: RegExp;
  readonly had: string;
}

/** From version 4 of the protocol on registries are told of. */
const WITHOUT_REGISTRIES: Lack = {
  file: 'src/channel/hello.ts',
  has: /(?<=PROTOCOL: ProtocolRange = \{ min: 1, max: )\d+/,
  had: '3',
};
const WITHOUT_INTERVAL: Lack = { file: 'src/settings/registry-schema.ts', has: /pollMs,\n +(?=include:)/, had: '' };
const OTHER_PATH = '/registry/other.reg';

/** What is wrong with a server itself, so that a registry can't be replicated to it. */
export const REGISTRY_SERVER_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  ofRegistry({
    name: 'The passive server has an earlier release, which knows no registries',
    resolution: 'the same release on both servers',
    damage: (rig) => startEarlier(rig, WITHOUT_REGISTRIES),
    mend: endEarlier,
    expected: [{ server: 'active', code: 'REG-011' }],
  }),
  ofRegistry({
    name: 'The passive server has an earlier release, and cannot read settings that protect one registry more',
    resolution: 'the same release on both servers',
    damage: async (rig) => {
      const { active } = rig.pair;
      await startEarlier(rig, WITHOUT_INTERVAL);
      await registrySynchronized(rig.pair);
      fs.copyFileSync(new FileRegistry(active).path, join(active.base, OTHER_PATH));
      const { provider } = FILE_STORE;
      const other = { name: 'other', provider, path: OTHER_PATH, pollMs: 300, include: ['HKLM\\Software\\**'] };
      const before = protecting(FILE_STORE).protect?.registry ?? [];
      changeSettings(active.pairFile, { protect: { registry: [...before, other] } });
    },
    mend: endEarlier,
    expected: [
      { server: 'passive', code: 'REG-012', item: /^other$/ },
      { server: 'passive', code: 'CFG-002', says: /pollMs: there is no such setting/ },
    ],
  }),
  ofRegistry({
    name: 'What was replaced in the registry of the passive server cannot be kept',
    resolution: 'a folder again, in the state folder',
    damage: ({ pair }) => {
      const kept = keptFolder(pair.passive);
      removeTree(kept);
      fs.writeFileSync(kept, 'no folder');
      new FileRegistry(pair.passive).edit([{ kind: 'set', key: ACME, value: text('type 1', 'of somebody') }]);
    },
    mend: ({ pair }) => fs.rmSync(keptFolder(pair.passive)),
    expected: [{ server: 'passive', code: 'REG-001', says: /kept gave EEXIST/ }],
    beside: ['REG-007'],
  }),
];

function keptFolder({ stateDirectory }: { readonly stateDirectory: string }): string {
  return join(stateDirectory, 'registry/kept');
}

function buildFolder({ disks }: DiagnosisRig): string {
  return join(disks.passive.home.folder, 'earlier-build');
}

/** The passive server is one of this build, but for what its release did not have. */
async function startEarlier(rig: DiagnosisRig, { file, has, had }: Lack): Promise<void> {
  const { passive } = rig.pair;
  const root = buildFolder(rig);
  makeOtherBuild(root, '0.0.1');
  const path = join(root, file);
  const source = fs.readFileSync(path, 'utf8');
  const earlier = source.replace(has, had);
  if (earlier === source) throw new Error(`${file} has no ${String(has)}`);
  fs.writeFileSync(path, earlier);
  await passive.stop();
  await passive.start({ root });
}

async function endEarlier(rig: DiagnosisRig): Promise<void> {
  const { passive } = rig.pair;
  await passive.stop();
  removeTree(buildFolder(rig));
  await passive.start();
}
