import { FileStore } from '../registry/file-store.ts';
import type { RegistryStore } from '../registry/registry-store.ts';
import { SambaStore } from '../registry/samba-store.ts';
import type { RegistrySettings } from '../settings/settings.ts';
import { byteFiles } from '../system/byte-files.ts';
import { systemPrograms } from '../system/programs.ts';

/** @param options.mustExist - of a registry that is missing nothing is known; otherwise it is empty and made when it is written. */
export function openStore(
  settings: RegistrySettings,
  options: { readonly base: string; readonly stateDirectory: string; readonly mustExist: boolean },
): RegistryStore {
  const { base, stateDirectory, mustExist } = options;
  const path = settings.path === null || base === '/' ? settings.path : base + settings.path;
  if (settings.provider === 'file') return new FileStore({ files: byteFiles, path: path ?? '', mustExist });
  const folder = `${stateDirectory}/registry/samba-${settings.name}`;
  return new SambaStore({ files: byteFiles, programs: systemPrograms, configuration: path, folder, mustExist });
}
