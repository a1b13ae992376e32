import type { Programs } from '../../kernel/programs.ts';
import { sambaDatabase } from '../../registry/samba-database.ts';
import { WINE_FILES } from '../../registry/wine-hives.ts';
import type { RegistrySettings } from '../../settings/settings.ts';

/** The files in which a registry lies, and a pattern for them; below the base, as protected files are. */
export interface RegistryFiles {
  readonly paths: readonly string[];
  readonly path: string;
}

interface Machine {
  readonly programs: Programs;
  readonly base: string;
}

const NONE: RegistryFiles = { paths: [], path: '' };

/** Of each; known at once but where Samba's tool has to be asked. */
export function filesOf(
  registries: readonly RegistrySettings[],
  machine: Machine,
): readonly RegistryFiles[] | Promise<readonly RegistryFiles[]> {
  if (!registries.some(({ provider }) => provider === 'samba')) return registries.map(namedFiles);
  return Promise.all(
    registries.map(async (one) => (one.provider === 'samba' ? await sambaFiles(one, machine) : namedFiles(one))),
  );
}

/** Of each, without asking anybody. */
export function knownFiles(registries: readonly RegistrySettings[]): readonly RegistryFiles[] {
  return registries.map((one) => (one.provider === 'samba' ? NONE : namedFiles(one)));
}

function namedFiles({ provider, path }: RegistrySettings): RegistryFiles {
  if (path === null) return NONE;
  if (provider === 'file') return { paths: [path], path };
  return { paths: Object.values(WINE_FILES).map((name) => `${path}/${name}`), path: `${path}/*.reg` };
}

/** None where its tool does not tell: then it can't be read or written either, and that is told. */
async function sambaFiles({ path }: RegistrySettings, { programs, base }: Machine): Promise<RegistryFiles> {
  const top = base === '/' ? '' : base;
  const found = await sambaDatabase(programs, path === null ? null : top + path);
  if (typeof found !== 'string' || !found.startsWith(`${top}/`)) return NONE;
  const file = found.slice(top.length);
  return { paths: [file], path: file };
}
