import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import { changeSettings, type Pair } from '../../support/pair.ts';
import { runningPair } from '../../support/pair-in-test.ts';
import { FILE_STORE, FileRegistry } from '../../support/registry/file-registry.ts';
import {
  ACME,
  manyKeys,
  registriesEqual,
  registryBecomes,
  registryPair,
  registrySynchronized,
  text,
} from '../../support/registry/protected-registry.ts';
import { until } from '../../support/until.ts';

// Each test starts and stops daemons many times; a loaded machine takes long for that.
vi.setConfig({ testTimeout: 600_000 });

it('what somebody changes on the passive server while it runs is named and undone', async () => {
  await using pair = await filePair([{ kind: 'set', key: ACME, value: text('a', '1') }]);
  await registriesEqual(pair, FILE_STORE);
  const said = 'is REG_EXPAND_SZ instead of';
  new FileRegistry(pair.passive).edit([{ kind: 'set', key: ACME, value: { ...text('a', '1'), type: 2 } }]);
  await until('it to be named', 120_000, async () => (await told(pair, 'REG-007')).includes(said) || null);
  await registriesEqual(pair, FILE_STORE);
});

it('a passive registry that holds something else waits for a confirmation, and what is replaced is kept', async () => {
  await using pair = await filePair(
    [{ kind: 'set', key: ACME, value: text('a', '1') }],
    [{ kind: 'set', key: ACME, value: text('a', 'precious') }],
  );
  const finding = await pair.active.finding('REG-010');
  expect(finding.cause).toContain('1 values or keys would be replaced');
  await registryBecomes(pair, 'Out of sync');
  const diff = await pair.active.run('diff', 'file:HKLM\\Software\\Acme');
  expect(diff.stdout).toContain('precious');
  expect(await pair.active.run('fix', finding.id)).toMatchObject({ status: 0 });
  await registriesEqual(pair, FILE_STORE);
  const kept = fs.readdirSync(join(pair.passive.stateDirectory, 'registry/kept'));
  expect(kept).toHaveLength(1);
});

it('a registry that is damaged or missing is an error, and nothing is taken over from it', async () => {
  await using pair = await filePair(manyKeys(3));
  await registriesEqual(pair, FILE_STORE);
  const active = new FileRegistry(pair.active);
  const before = new FileRegistry(pair.passive).content;
  const good = fs.readFileSync(active.path);
  active.write('Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\Software\\Acme\r\n');
  expect((await pair.passive.finding('REG-004')).cause).toContain(
    'line 3, column 1: a key without its closing bracket',
  );
  await until('the status to say so', 120_000, async () => (await registryStatus(pair)) === 'Error' || null);
  fs.rmSync(active.path);
  await pair.passive.finding('REG-001');
  expect(new FileRegistry(pair.passive).content).toEqual(before);
  active.write(good);
  await registrySynchronized(pair);
  expect(new FileRegistry(pair.passive).content).toEqual(before);
});

it('what is protected may change while both run; a file that is protected twice is refused', async () => {
  await using pair = await filePair([{ kind: 'set', key: ACME, value: text('a', '1') }]);
  await registriesEqual(pair, FILE_STORE);
  const store = { provider: 'file', path: '/registry/settings.reg' };
  const include = ['HKLM\\Software\\Acme\\**', 'HKLM\\Software\\More'];
  new FileRegistry(pair.active).edit([
    { kind: 'set', key: 'HKEY_LOCAL_MACHINE\\Software\\More', value: text('m', '2') },
  ]);
  changeSettings(pair.active.pairFile, { protect: { registry: [{ ...store, include }] } });
  await registriesEqual(pair, FILE_STORE);
  changeSettings(pair.active.pairFile, { protect: { files: { include: ['/data/**', '/registry/**'] } } });
  expect((await pair.active.finding('REG-006')).cause).toContain('/registry/settings.reg');
  await registryBecomes(pair, 'Error');
  const filters = (await pair.active.run('settings', 'filters')).stdout.split('\n');
  expect(filters.filter((line) => line.includes('file:HKLM')).map((line) => line.split(/ {2,}/)[2])).toEqual([
    'Not Effective',
    'Not Effective',
  ]);
  const checked = await pair.active.run('check', '--registry');
  expect(checked).toMatchObject({ status: 1 });
  expect(checked.stderr).toContain('REG-006');
});

async function filePair(edits: readonly RegistryEdit[], there: readonly RegistryEdit[] = []): Promise<Pair> {
  return await runningPair(registryPair(FILE_STORE, edits, there));
}

async function told(pair: Pair, code: string): Promise<string> {
  return (await pair.passive.events(code)).map((event) => event.text).join('\n');
}

async function registryStatus(pair: Pair): Promise<string> {
  return (await pair.passive.status()).registry.status;
}
