import { describe, expect, it } from 'vitest';
import { ExcludedNames, MARK } from './excluded-names.ts';

/** The mark that a path below the mount gets, name by name. */
function markOf(names: ExcludedNames, path: string): number {
  return path.split('/').reduce((mark, name) => names.markOf(mark, name), MARK.root as number);
}

describe('names of excluded folders', () => {
  const names = new ExcludedNames(['cache', 'a/b/tmp', 'a/c', 'a/b/log']);

  it.each(['cache', 'a/b/tmp', 'a/c', 'a/b/log'])('%s is one, and everything in it is excluded', (path) => {
    expect(markOf(names, path)).toBe(MARK.top);
    expect(markOf(names, `${path}/file`)).toBe(MARK.excluded);
    expect(markOf(names, `${path}/cache/a/b`)).toBe(MARK.excluded);
  });

  it.each(['a', 'a/b'])('%s is on the way to one', (path) => {
    expect(markOf(names, path)).toBeGreaterThan(MARK.root);
  });

  it.each(['caches', 'b', 'a/cache', 'b/cache', 'tmp', 'a/b/c', 'c/a/b/tmp'])('%s is none of it', (path) => {
    expect(markOf(names, path)).toBe(MARK.none);
    expect(markOf(names, `${path}/cache`)).toBe(MARK.none);
  });
});
