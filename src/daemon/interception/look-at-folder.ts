import { dirname } from 'node:path';
import { type CaptureChoice, chooseCapture, type Preflight, preflight } from '../../intercept/preflight.ts';
import type { ServerSettings } from '../../settings/settings.ts';
import { folderFacts } from '../../system/mounts/folder-facts.ts';
import { openersOf } from '../../system/mounts/folder-openers.ts';
import { ownPlaces } from '../../system/processes/own-places.ts';
import { mountPointOf } from '../../system/mounts/stale-mounts.ts';
import type { WantedFolder } from './interception-options.ts';

/** Looks at folders of this machine before they are mounted over. */
export class FolderLook {
  readonly #own: readonly string[];

  constructor(configFile: string, { stateDirectory, queues }: Pick<ServerSettings, 'stateDirectory' | 'queues'>) {
    this.#own = ownPlaces([dirname(configFile), stateDirectory, queues.directory]);
  }

  /** Whether it can be mounted over, and how it could be changed past the mount; not by whom. */
  preflight(mountPoint: string): Preflight {
    return preflight({ ...this.#facts(mountPoint), openers: [] });
  }

  /** With `capture: auto`. Who has it open takes a look at all processes. */
  choose({ realPath }: WantedFolder): CaptureChoice {
    try {
      const folder = mountPointOf(realPath);
      return chooseCapture({ ...this.#facts(folder), openers: openersOf(folder) });
    } catch (error) {
      // It is not there, or not to be looked at: that is said where it is to be mounted over.
      if (!(error instanceof Error && 'code' in error)) throw error;
      return { kind: 'intercept' };
    }
  }

  #facts(mountPoint: string) {
    return { ...folderFacts(mountPoint), ownPlaces: this.#own };
  }
}
