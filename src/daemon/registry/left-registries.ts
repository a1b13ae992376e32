import type { ByteFiles } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import type { RegistrySettings } from '../../settings/settings.ts';
import { AdoptedRegistries } from './adopted-registries.ts';
import { exchangeFolderOf, isExchangeFolder } from './registry-stores.ts';
import { BATCH_SUFFIX, REGISTRY_FOLDER } from './registry-spool.ts';

interface StateFolder {
  readonly files: ByteFiles;
  readonly stateDirectory: string;
}

/**
 * Removes what the stream said of registries where none is protected any more: nobody takes it, and it would be done
 * late to one that is protected again. What is still coming in is the spool's. Where the disk refuses, it is for the next time.
 */
export function removeUnusedBatches({ files, stateDirectory }: StateFolder): void {
  const folder = `${stateDirectory}/${REGISTRY_FOLDER}`;
  whereTheDiskLets(() => {
    for (const name of files.list(folder)) if (name.endsWith(BATCH_SUFFIX)) files.remove(`${folder}/${name}`);
  });
}

/**
 * Removes what registries left behind that are protected no more: what their tools exchanged at once, and that they
 * were ever synchronized after a while. To be called while no thread has them.
 * @param registries - what is protected now.
 */
export function removeLeftRegistries(
  { files, stateDirectory }: StateFolder,
  registries: readonly RegistrySettings[],
  wallMs: () => number,
): void {
  const folder = `${stateDirectory}/${REGISTRY_FOLDER}`;
  const exchange = new Set(registries.map((one) => exchangeFolderOf(stateDirectory, one)));
  whereTheDiskLets(() => {
    new AdoptedRegistries({ files, folder, wallMs }).tidy(registries);
    for (const name of files.list(folder)) {
      const path = `${folder}/${name}`;
      if (isExchangeFolder(name) && !exchange.has(path)) files.removeFolder(path);
    }
  });
}

function whereTheDiskLets(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
}
