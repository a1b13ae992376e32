import { FileStore } from '../../registry/file-store.ts';
import type { RegistryStore } from '../../registry/registry-store.ts';
import { SambaStore } from '../../registry/samba-store.ts';
import { WineStore } from '../../registry/wine-store.ts';
import type { RegistrySettings } from '../../settings/settings.ts';
import { REGISTRY_FOLDER } from './registry-spool.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemPrograms } from '../../system/processes/programs.ts';
import { systemTimers } from '../../system/machine/timers.ts';

const EXCHANGE_PREFIX = 'samba-';

/** What Samba's tool exports and imports lies there, of this registry alone. */
export function exchangeFolderOf(stateDirectory: string, { name }: Pick<RegistrySettings, 'name'>): string {
  return `${stateDirectory}/${REGISTRY_FOLDER}/${EXCHANGE_PREFIX}${name}`;
}

/** @param name - of something in the registries' folder. */
export function isExchangeFolder(name: string): boolean {
  return name.startsWith(EXCHANGE_PREFIX);
}

/**
 * @param options.mustExist - of a registry that is missing nothing is known; otherwise it is empty and made when it is written.
 * `freed`: a call that hung, and was not waited for, has ended.
 */
export function openStore(
  settings: RegistrySettings,
  options: {
    readonly base: string;
    readonly stateDirectory: string;
    /** Tells this run from others. */
    readonly run: number;
    readonly mustExist: boolean;
    readonly freed: () => void;
  },
): RegistryStore {
  const { base, stateDirectory, run, mustExist, freed } = options;
  const path = settings.path === null || base === '/' ? settings.path : base + settings.path;
  const doors = { files: byteFiles, programs: systemPrograms };
  switch (settings.provider) {
    case 'file':
      return new FileStore({ files: byteFiles, path: path ?? '', mustExist });
    case 'samba': {
      const folder = exchangeFolderOf(stateDirectory, settings);
      return new SambaStore({ ...doors, configuration: path, folder, run, mustExist, freed });
    }
    case 'wine':
      return new WineStore({ ...doors, clock: systemClock, timers: systemTimers, prefix: path ?? '', mustExist });
  }
}
