import { errnoName } from '../native/errno.ts';
import * as native from '../native/native.ts';

/**
 * Makes everything written so far to the file systems of these descriptors durable, one after the other, on
 * a thread of Node's pool (syncfs(2)). A failure is told once to each descriptor that was open by then, so
 * after one nothing written before may be taken for durable.
 * @returns the code of the first failure, null where all went well.
 */
export async function syncFileSystems(descriptors: readonly number[]): Promise<string | null> {
  for (const descriptor of descriptors) {
    const code = await native.syncfsLater(descriptor);
    if (code !== 0) return errnoName(code);
  }
  return null;
}
