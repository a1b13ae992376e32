import { patternsOf } from '../../changes/changing-set.ts';
import { protectedSet } from '../../changes/protected-set.ts';
import { toDisplay } from '../../kernel/byte-string.ts';
import type { WantedFolder } from '../interception/interception-options.ts';

/** Protected folders that are items themselves, as in the settings and on this machine. What is protected by its name alone is no folder. */
export function foldersIn(
  base: string,
  files: { readonly include: readonly string[]; readonly exclude: readonly string[] },
): WantedFolder[] {
  return protectedSet(patternsOf(files))
    .folders.filter(({ attributesCount, path }) => attributesCount && path !== '/')
    .map(({ path }) => ({ path: toDisplay(path), realPath: `${base === '/' ? '' : base}${toDisplay(path)}` }));
}
