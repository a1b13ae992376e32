import type { YamlText } from './yaml-text.ts';

/** Where Understudy remembers things unless the server file says otherwise. */
export const STATE_DIRECTORY = '/var/lib/understudy';

/**
 * The state directory that a server file names, before all of it is judged. Pure.
 * @returns null where it is not plain what it is: the settings tell then what is wrong.
 */
export function stateDirectoryIn({ value, faults }: YamlText): string | null {
  if (faults.length > 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { stateDirectory = STATE_DIRECTORY } = value as { readonly stateDirectory?: unknown };
  return typeof stateDirectory === 'string' && stateDirectory.startsWith('/') ? stateDirectory : null;
}
