import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { FileHolder } from '../file-holder.ts';
import { changeSettings } from '../pair.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { ACME, registrySynchronized, text } from '../registry/protected-registry.ts';
import { SAMBA_STORE, SambaRegistry } from '../registry/samba-registry.ts';
import { removeTree } from '../remove-tree.ts';
import type { TrialServer } from '../server.ts';
import { ofRegistry } from './registry-scenarios.ts';
import type { DiagnosisRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

/** Beyond what a registry may have. */
const TOO_LARGE_BYTES = 257 * 1024 * 1024;
const CHANGE: RegistryEdit = { kind: 'set', key: ACME, value: text('type 1', 'changed') };
/** A 64-bit number of three bytes, which Samba doesn't take. */
const ODD: RegistryEdit = {
  kind: 'set',
  key: `${ACME}\\odd`,
  value: { name: 'too short', type: 11, data: Buffer.from([1, 2, 3]) },
};

const HOLDER_UNIT = 'understudy-trial.service';
let holder: FileHolder | null = null;

/** What is wrong with the place where one server has a protected registry. */
export const REGISTRY_PLACE_SCENARIOS: readonly Scenario<DiagnosisRig>[] = [
  ofRegistry({
    name: 'Understudy may not write the registry of the passive server',
    resolution: 'allowed (the mark that it may not be changed taken off)',
    damage: ({ pair }) => {
      execFileSync('chattr', ['+i', new FileRegistry(pair.passive).path]);
      new FileRegistry(pair.active).edit([CHANGE]);
    },
    mend: ({ pair }) => void execFileSync('chattr', ['-i', new FileRegistry(pair.passive).path]),
    expected: [{ server: 'passive', code: 'REG-002', item: /^file$/, says: /may not write .*settings\.reg.*EPERM/ }],
  }),
  ofRegistry({
    name: 'A protected registry is larger than it may be',
    resolution: 'made smaller, or not protected any more',
    damage: ({ pair }) => fs.truncateSync(new FileRegistry(pair.active).path, TOO_LARGE_BYTES),
    expected: [{ server: 'active', code: 'REG-003', item: /^file$/, says: /EFBIG/ }],
  }),
  ofRegistry({
    name: 'The registry file of the passive server is a mount point, as in a container',
    resolution: 'unmounted there',
    damage: ({ pair }) => {
      const { path } = new FileRegistry(pair.passive);
      inItsView(pair.passive, 'mount', '--bind', path, path);
      new FileRegistry(pair.active).edit([CHANGE]);
    },
    mend: ({ pair }) => inItsView(pair.passive, 'umount', new FileRegistry(pair.passive).path),
    expected: [{ server: 'passive', code: 'REG-005', item: /^file$/, says: /EBUSY/ }],
  }),
  ofRegistry({
    name: 'Another program holds the database of the passive server’s Samba registry',
    resolution: 'the program ended',
    damage: async (rig) => {
      const { pair } = rig;
      void new SambaRegistry(pair.passive);
      await ownRegistry(rig, [{ name: 'file', provider: 'samba', path: SAMBA_STORE.path }]);
      await registrySynchronized(pair);
      const database = join(pair.passive.base, 'samba/state/registry.tdb');
      holder = await FileHolder.start('posix', database, HOLDER_UNIT);
      new FileRegistry(pair.active).edit([CHANGE]);
    },
    mend: async (rig) => {
      await holder?.[Symbol.asyncDispose]();
      await registrySynchronized(rig.pair);
      await ownRegistry(rig, []);
      removeTree(join(rig.pair.passive.base, 'samba'));
    },
    expected: [
      {
        server: 'passive',
        code: 'REG-005',
        item: /^file$/,
        says: /python3 \(process \d+ of understudy-trial\.service\) has a lock on .*registry\.tdb, which net waits for/,
      },
    ],
    isShort: true,
  }),
  ofRegistry({
    name: 'The other kind of registry on the passive server cannot hold a value',
    resolution: 'the same kind of registry on both servers, Understudy restarted',
    damage: async (rig) => {
      void new SambaRegistry(rig.pair.passive);
      await ownRegistry(rig, [{ name: 'file', provider: 'samba', path: SAMBA_STORE.path }]);
      new FileRegistry(rig.pair.active).edit([ODD]);
    },
    mend: async (rig) => {
      await ownRegistry(rig, []);
      removeTree(join(rig.pair.passive.base, 'samba'));
    },
    expected: [{ server: 'passive', code: 'REG-008', item: /odd$/, says: /"too short"/ }],
  }),
  ofRegistry({
    name: 'server.yaml places a registry that is not protected',
    resolution: 'the entry taken out, Understudy restarted',
    damage: (rig) => ownRegistry(rig, [{ name: 'misspelt', provider: 'file', path: '/registry/other.reg' }]),
    mend: (rig) => ownRegistry(rig, []),
    expected: [{ server: 'passive', code: 'REG-015', item: /^misspelt$/ }],
  }),
];

/** Of the file system: the daemon has one of its own here. */
function inItsView(server: TrialServer, ...command: string[]): void {
  execFileSync('nsenter', ['--target', String(server.daemon?.pid), '--mount', ...command]);
}

/** In the server file of the passive server. */
async function ownRegistry({ pair: { passive } }: DiagnosisRig, registry: readonly object[]): Promise<void> {
  await passive.stop();
  changeSettings(passive.serverFile, { registry });
  await passive.start();
}
