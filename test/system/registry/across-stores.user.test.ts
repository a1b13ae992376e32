import { expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/kernel/random.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { changeSettings } from '../../support/pair.ts';
import { runningPair } from '../../support/pair-in-test.ts';
import { FILE_STORE, FileRegistry } from '../../support/registry/file-registry.ts';
import {
  ACME,
  contentNow,
  manyKeys,
  protecting,
  randomEdits,
  registryBecomes,
  registrySynchronized,
} from '../../support/registry/protected-registry.ts';
import { SAMBA_STORE, SambaRegistry } from '../../support/registry/samba-registry.ts';
import { until } from '../../support/until.ts';

vi.setConfig({ testTimeout: 600_000 });

const WITHIN_MS = 120_000;
/** A 64-bit number of three bytes. */
const ODD: RegistryEdit = {
  kind: 'set',
  key: `${ACME}\\odd`,
  value: { name: 'too short', type: 11, data: Buffer.from([1, 2, 3]) },
};

it("a .reg file is copied into Samba's registry, and what that can't hold is named by its value", async () => {
  await using pair = await runningPair({
    pairSettings: protecting(FILE_STORE),
    serverSettings: (identity) =>
      identity === 'primary' ? {} : { registry: [{ name: 'file', provider: 'samba', path: SAMBA_STORE.path }] },
    plant: (data) => new FileRegistry({ base: `${data}/..` }).edit(manyKeys(20)),
    plantPassive: (data) => void new SambaRegistry({ base: `${data}/..` }),
  });
  const [here, there] = [new FileRegistry(pair.active), new SambaRegistry(pair.passive)];
  const equal = async (): Promise<void> => {
    await until('both to hold the same', WITHIN_MS, (seen) =>
      JSON.stringify(here.content) === JSON.stringify(contentNow(there, seen)) ? true : null,
    );
    await registrySynchronized(pair);
  };
  await equal();
  const both = { takes: (edit: RegistryEdit) => FILE_STORE.takes(edit) && SAMBA_STORE.takes(edit) };
  here.edit(randomEdits(both, seededRandom(5), 40));
  await equal();
  here.edit([ODD]);
  const finding = await pair.active.finding('REG-008');
  expect(finding).toMatchObject({ server: 'secondary', item: 'file:HKLM\\Software\\Acme\\odd' });
  expect(finding.cause).toContain('the value "too short"');
  await registryBecomes(pair, 'Out of sync');
  here.edit([{ kind: 'deleteKey', key: ODD.key }]);
  await equal();
  // Of the passive server alone, for only there it lies in Samba.
  changeSettings(pair.active.pairFile, { protect: { files: { include: ['/data/**', '/samba/**'] } } });
  const refused = await pair.active.finding('REG-006');
  expect(refused).toMatchObject({ server: 'secondary', item: 'file' });
  expect(refused.cause).toContain('/samba/state/registry.tdb');
});
