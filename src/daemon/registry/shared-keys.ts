import { keyPatternAsPath } from '../../settings/key-pattern.ts';
import { containsPattern, mayShare } from '../../settings/path-pattern.ts';
import type { RegistrySettings } from '../../settings/settings.ts';

/** Hives that are another name for a part of one. The user of a prefix is the same in every Wine. */
const ALIASES = [
  ['/HKCU', '/HKU/S-1-5-21-0-0-0-1000'],
  ['/HKCR', '/HKLM/SOFTWARE/CLASSES'],
  ['/HKCC', '/HKLM/SYSTEM/CURRENTCONTROLSET/HARDWARE PROFILES/CURRENT'],
] as const;

type Patterns = Pick<RegistrySettings, 'provider' | 'include' | 'exclude'>;

/** Two includes, one of each, that name the same keys; null where there are none. Pure. */
export function sharedKeys(own: Patterns, other: Patterns): { readonly own: string; readonly other: string } | null {
  const leftOut = [...own.exclude, ...other.exclude].map((pattern) => pathOf(own, pattern));
  const isLeftOut = (path: string): boolean =>
    leftOut.some((exclude) => containsPattern(exclude.endsWith('/**') ? exclude : `${exclude}/**`, path));
  for (const [one, path] of own.include.map((pattern) => [pattern, pathOf(own, pattern)] as const)) {
    if (isLeftOut(path)) continue;
    const shared = other.include.find((pattern) => {
      const others = pathOf(other, pattern);
      return !isLeftOut(others) && mayShare(path, others);
    });
    if (shared !== undefined) return { own: one, other: shared };
  }
  return null;
}

function pathOf({ provider }: Patterns, pattern: string): string {
  const path = keyPatternAsPath(pattern);
  const alias = provider === 'wine' ? ALIASES.find(([hive]) => path.startsWith(`${hive}/`)) : undefined;
  return alias === undefined ? path : alias[1] + path.slice(alias[0].length);
}
