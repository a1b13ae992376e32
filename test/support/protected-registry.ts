import fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Status } from '../../src/api/status.ts';
import type { PairFileValues } from '../../src/settings/pair-schema.ts';
import { readReg } from '../../src/registry/reg-reader.ts';
import { writeReg } from '../../src/registry/reg-writer.ts';
import { applyEdits, editsOf, type RegistryEdit } from '../../src/registry/registry-edit.ts';
import { contentOf, treeOf } from '../../src/registry/registry.testing.ts';
import type { RegistryTree } from '../../src/registry/registry-tree.ts';
import type { Pair } from './pair.ts';
import type { TrialServer } from './server.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 60_000;
export const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';

/** Settings of a pair that protects a `.reg` file beside its files. */
export const PROTECTS_A_FILE: Partial<PairFileValues> = {
  protect: { registry: [{ provider: 'file', path: '/registry/settings.reg', include: ['HKLM\\Software\\Acme\\**'] }] },
};

/** The registry of one server, as a program there changes it. */
export class RegistryFile {
  readonly path: string;

  constructor(server: TrialServer) {
    this.path = join(server.base, 'registry/settings.reg');
  }

  get tree(): RegistryTree {
    return treeOf(readReg(fs.readFileSync(this.path)).edits);
  }

  get content(): string[] {
    return contentOf(this.tree);
  }

  /** Whole, by a rename, as careful programs do. */
  edit(edits: readonly RegistryEdit[]): void {
    fs.mkdirSync(dirname(this.path), { recursive: true });
    const tree = fs.existsSync(this.path) ? this.tree : treeOf([]);
    applyEdits(tree, edits);
    fs.writeFileSync(`${this.path}.mine`, writeReg(editsOf(tree), 'utf-8'));
    fs.renameSync(`${this.path}.mine`, this.path);
  }
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

/** Waits until both servers say that the registries hold the same. */
export async function registrySynchronized(pair: Pair, timeoutMs = TIMEOUT_MS): Promise<void> {
  await until('both registries to be Synchronized', timeoutMs, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status().catch(() => null)));
    seen(JSON.stringify(statuses.map(brief)));
    return statuses.every((status) => status?.registry.status === 'Synchronized') ? true : null;
  });
}

/** The same, and that what the files hold by now is the same: a change may not be seen yet. */
export async function registriesEqual(pair: Pair, timeoutMs = TIMEOUT_MS): Promise<void> {
  const [active, passive] = [new RegistryFile(pair.active), new RegistryFile(pair.passive)];
  await until('the passive registry to hold the same', timeoutMs, async (seen) => {
    seen(JSON.stringify((await Promise.all(pair.servers.map((one) => one.status().catch(() => null)))).map(brief)));
    return fs.existsSync(passive.path) && JSON.stringify(active.content) === JSON.stringify(passive.content)
      ? true
      : null;
  });
  await registrySynchronized(pair, timeoutMs);
}

function brief(status: Status | null): unknown {
  if (status === null) return null;
  const { identity, registry, fileSystem, findings } = status;
  return {
    identity,
    registry,
    files: fileSystem.status,
    findings: findings.map(({ code, cause }) => `${code} ${cause}`),
  };
}
