import { join } from 'node:path';
import type { Status } from '../../../src/api/status.ts';
import type { Random } from '../../../src/kernel/random.ts';
import type { PairFileValues } from '../../../src/settings/pair-schema.ts';
import { fold, KEY_NAME_LENGTH_MAX, VALUE_NAME_LENGTH_MAX } from '../../../src/registry/key-path.ts';
import { applyEdits, type RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { RegistryTree } from '../../../src/registry/registry-tree.ts';
import { anyEdit } from '../../../src/registry/registry.testing.ts';
import type { Pair, PairOptions } from '../pair.ts';
import { until } from '../until.ts';
import type { TrialRegistry, TrialStore } from './trial-registry.ts';

const TIMEOUT_MS = 120_000;
const DATA_BYTES_MAX = 1024 * 1024;
export const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';

/** Settings of a pair that protects such a registry beside its files. */
export function protecting({ provider, path }: TrialStore): Pick<PairFileValues, 'protect'> {
  return { protect: { registry: [{ provider, path, include: ['HKLM\\Software\\Acme\\**'] }] } };
}

/** For a pair that protects such registries, which hold this. */
export function registryPair(
  store: TrialStore,
  edits: readonly RegistryEdit[],
  there: readonly RegistryEdit[] = [],
): PairOptions {
  const plantAt = (data: string, planted: readonly RegistryEdit[]): void => {
    const registry = store.of({ base: join(data, '..') });
    if (planted.length > 0) registry.edit(planted);
  };
  return {
    pairSettings: protecting(store),
    plant: (data) => plantAt(data, edits),
    plantPassive: (data) => plantAt(data, there),
  };
}

export function text(name: string, value: string): Extract<RegistryEdit, { kind: 'set' }>['value'] {
  return { name, type: 1, data: Buffer.from(`${value}\0`, 'utf16le') };
}

/** So many keys, each with ten values of all types. */
export function manyKeys(count: number): RegistryEdit[] {
  const types = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11];
  return Array.from({ length: count }, (_, index) => `${ACME}\\group ${index % 30}\\key ${index}`).flatMap(
    (key, index) =>
      types.map((type): RegistryEdit => {
        const bytes = [index & 255, type, 0, 0];
        const data =
          type === 1 ? text('', `value ${index}`).data : Buffer.from(type === 11 ? [...bytes, 0, 0, 0, 1] : bytes);
        return { kind: 'set', key, value: { name: type === 0 ? '' : `type ${type}`, type, data } };
      }),
  );
}

/** The longest names and data that a registry must hold, an empty key and empty data; only what this one can hold. */
export function atTheLimits(store: Pick<TrialStore, 'takes'>): RegistryEdit[] {
  const values = [
    text('n'.repeat(VALUE_NAME_LENGTH_MAX), 'of a long name'),
    { name: 'long data', type: 3, data: Buffer.alloc(DATA_BYTES_MAX, 0xa5) },
    { name: 'no data', type: 3, data: Buffer.alloc(0) },
  ];
  const deep = `${ACME}\\limits\\${'k'.repeat(KEY_NAME_LENGTH_MAX)}`;
  const edits = values.map((value): RegistryEdit => ({ kind: 'set', key: deep, value }));
  return [{ kind: 'key', key: `${ACME}\\limits\\empty` }, ...edits.filter((edit) => store.takes(edit))];
}

/** Of the protected keys, and only what such a registry can hold. */
export function randomEdits(store: Pick<TrialStore, 'takes'>, random: Random, count: number): RegistryEdit[] {
  return Array.from({ length: count }, () => {
    for (;;) {
      const edit = anyEdit(random);
      if (store.takes(edit)) return { ...edit, key: edit.key.replace('\\Software', '\\Software\\Acme') };
    }
  });
}

/** Without what would take away something that is not there by then. The tree holds them afterwards. */
export function effective(tree: RegistryTree, edits: readonly RegistryEdit[]): RegistryEdit[] {
  return edits.filter((edit) => {
    const key = tree.get(edit.key);
    const isThere = edit.kind === 'unset' ? key?.values.has(fold(edit.name)) === true : key !== undefined;
    applyEdits(tree, [edit]);
    return isThere || edit.kind === 'set' || edit.kind === 'key';
  });
}

/** Waits until both servers say that the registries hold the same. */
export async function registrySynchronized(pair: Pair, timeoutMs = TIMEOUT_MS): Promise<void> {
  await until('both registries to be Synchronized', timeoutMs, async (seen) => {
    const told = await statuses(pair);
    seen(JSON.stringify(told));
    return told.every((status) => status?.registry.status === 'Synchronized') ? true : null;
  });
}

/** Waits until the active server gives its registries this status: a finding of the other one may be told before its report. */
export async function registryBecomes({ active }: Pair, status: Status['registry']['status']): Promise<void> {
  await until(`the registries to be ${status}`, TIMEOUT_MS, async (seen) => {
    const { registry } = await active.status();
    seen(JSON.stringify(registry));
    return registry.status === status ? true : null;
  });
}

/** The same as {@link registrySynchronized}, and that what both hold by now is the same: a change may not be seen yet. */
export async function registriesEqual(pair: Pair, store: TrialStore, timeoutMs = TIMEOUT_MS): Promise<void> {
  const [active, passive] = [store.of(pair.active), store.of(pair.passive)];
  await until('the passive registry to hold the same', timeoutMs, async (seen) => {
    seen(JSON.stringify(await statuses(pair)));
    return JSON.stringify(active.content) === JSON.stringify(contentNow(passive, seen)) ? true : null;
  });
  await registrySynchronized(pair, timeoutMs);
}

/** Null where it can't be read, as it may be while it is being changed, key by key; `seen` is told why. */
export function contentNow(registry: TrialRegistry, seen: (text: string) => void): readonly string[] | null {
  try {
    return registry.content;
  } catch (error) {
    seen(String(error));
    return null;
  }
}

async function statuses(pair: Pair) {
  return await Promise.all(
    pair.servers.map(async (server) => {
      const status = await server.statusOrNull();
      if (status === null) return null;
      const { identity, registry, fileSystem, findings } = status;
      const causes = findings.map(({ code, cause }) => `${code} ${cause}`);
      return { identity, registry, files: fileSystem.status, findings: causes };
    }),
  );
}
