import type { Problem } from '../../problems/problem.ts';
import { FileStore } from '../../registry/file-store.ts';
import type { RegistryStore } from '../../registry/registry-store.ts';
import { SambaStore } from '../../registry/samba-store.ts';
import { WineStore } from '../../registry/wine-store.ts';
import type { RegistrySettings } from '../../settings/settings.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import { systemClock } from '../../system/machine/clock.ts';
import { systemPrograms } from '../../system/processes/programs.ts';
import { systemTimers } from '../../system/machine/timers.ts';

/**
 * @param options.mustExist - of a registry that is missing nothing is known; otherwise it is empty and made when it is written. `met`: told what a call
 * waits for, and null when it goes on or has ended.
 */
export function openStore(
  settings: RegistrySettings,
  options: {
    readonly base: string;
    readonly stateDirectory: string;
    /** Tells this run from others. */
    readonly run: number;
    readonly mustExist: boolean;
    readonly met: (obstacle: Problem | null) => void;
  },
): RegistryStore {
  const { base, stateDirectory, run, mustExist, met } = options;
  const path = settings.path === null || base === '/' ? settings.path : base + settings.path;
  const doors = { files: byteFiles, programs: systemPrograms };
  switch (settings.provider) {
    case 'file':
      return new FileStore({ files: byteFiles, path: path ?? '', mustExist });
    case 'samba': {
      const folder = `${stateDirectory}/registry/samba-${settings.name}`;
      return new SambaStore({ ...doors, configuration: path, folder, run, mustExist, met });
    }
    case 'wine':
      return new WineStore({ ...doors, clock: systemClock, timers: systemTimers, prefix: path ?? '', mustExist });
  }
}
