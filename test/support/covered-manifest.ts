import { ChangingSet, patternsOf } from '../../src/changes/changing-set.ts';
import { fromLatin1, fromText, joinPath } from '../../src/kernel/byte-string.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

/** What the settings protect. */
export interface CoveredBy {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * What of a manifest is protected; link groups count their protected names only.
 * @param folder - the protected folder that the manifest is of.
 */
export function coveredPart(manifest: Manifest, folder: string, patterns: CoveredBy): Manifest {
  const set = new ChangingSet(patternsOf(patterns));
  const covered = new Map<string, ManifestEntry>();
  const firstOf = new Map<string, string>();
  for (const [path, entry] of [...manifest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const at = path === '' ? fromText(folder) : joinPath(fromText(folder), fromLatin1(path));
    if (path !== '' && !set.covers(at, entry.type === 'folder')) continue;
    const first = firstOf.get(entry.sameFileAs) ?? path;
    firstOf.set(entry.sameFileAs, first);
    covered.set(path, { ...entry, sameFileAs: entry.type === 'folder' ? entry.sameFileAs : first });
  }
  return covered;
}

/** Without folders that nobody expects, and that stay only for what the settings leave out in them. */
export function withoutShells(found: Manifest, covered: Manifest, expected: Manifest): Manifest {
  const kept = new Map(covered);
  for (const path of [...covered.keys()].sort().reverse()) {
    if (expected.has(path) || covered.get(path)?.type !== 'folder') continue;
    const below = [...found.keys()].filter((other) => other.startsWith(`${path}/`));
    const isShell = below.length > 0 && below.every((other) => !kept.has(other));
    if (isShell) kept.delete(path);
  }
  return kept;
}
