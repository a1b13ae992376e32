import fs from 'node:fs';
import { join } from 'node:path';
import { makeOtherBuild } from '../other-build.ts';
import { removeTree } from '../remove-tree.ts';
import { ofRegistry } from './registry-scenarios.ts';
import type { DiagnosisRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** The last version of the protocol that knew no registries. */
const WITHOUT_REGISTRIES = 3;

/** What is wrong with a server itself, so that a registry can't be replicated to it. */
export const REGISTRY_SERVER_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  ofRegistry({
    name: 'The passive server has an earlier release, which knows no registries',
    resolution: 'the same release on both servers',
    damage: async (rig) => {
      const { passive } = rig.pair;
      await passive.stop();
      await passive.start({ root: earlierBuild(rig) });
    },
    mend: async (rig) => {
      const { passive } = rig.pair;
      await passive.stop();
      removeTree(buildFolder(rig));
      await passive.start();
    },
    expected: [{ server: 'active', code: 'REG-011' }],
  }),
];

function buildFolder({ disks }: DiagnosisRig): string {
  return join(disks.passive.home.folder, 'earlier-build');
}

/** This build, but for the versions of the protocol that it speaks. */
function earlierBuild(rig: DiagnosisRig): string {
  const root = buildFolder(rig);
  makeOtherBuild(root, '0.0.1');
  const hello = join(root, 'src/channel/hello.ts');
  const source = fs.readFileSync(hello, 'utf8');
  const earlier = source.replace(/(PROTOCOL: ProtocolRange = \{ min: 1, max: )\d+/, `$1${WITHOUT_REGISTRIES}`);
  if (earlier === source) throw new Error(`${hello} does not say which versions it speaks`);
  fs.writeFileSync(hello, earlier);
  return root;
}
