import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { excludedBelow, protectedSet } from './protected-set.ts';

const set = (include: string[], exclude: string[] = []) =>
  protectedSet({ include: include.map(fromText), exclude: exclude.map(fromText) });

describe('protected folders', () => {
  it.each<[string[], [string, boolean][]]>([
    [['/srv/shop/**'], [['/srv/shop', true]]],
    [['/srv/shop/*.log'], [['/srv/shop', true]]],
    [['/srv/*/data/**'], [['/srv', true]]],
    [['/etc/hosts'], [['/etc', false]]],
    [['/etc/hosts', '/etc/*.conf'], [['/etc', true]]],
    [['/srv/shop/**', '/srv/shop/db/*', '/srv/shop'], [['/srv', false]]],
    [['/srv/shop/**', '/srv/shop/db/*'], [['/srv/shop', true]]],
    [
      ['/srv/shop2/**', '/srv/shop/**', '/srv/shop/a/b'],
      [
        ['/srv/shop', true],
        ['/srv/shop2', true],
      ],
    ],
    [['/**', '/srv/**'], [['/', true]]],
    [['/srv//shop/**/'], [['/srv/shop', true]]],
  ])('of %j are %j', (include, folders) => {
    const found = set(include).folders.map((folder) => [folder.path, folder.attributesCount]);
    expect(found.sort()).toEqual(folders.sort());
  });

  it('that are excluded are left out', () => {
    expect(set(['/a/**', '/b/**'], ['/b/**']).folders.map((folder) => folder.path)).toEqual(['/a']);
  });
});

it.each<[string[], string[], string[]]>([
  [['/srv/shop'], [], ['/srv/shop']],
  [['/srv/shop', '/srv/shop', '/etc/hosts'], [], ['/srv/shop', '/etc/hosts']],
  [['/srv', '/srv/shop'], [], ['/srv/shop']],
  [['/srv/shop', '/srv/shop/**'], [], []],
  [['/srv/shop', '/srv/**/db/*'], [], []],
  [['/srv/shop', '/srv/shop2/**'], [], ['/srv/shop']],
  [['/srv/shop'], ['/srv/**'], []],
  [['/srv/shop/*'], [], []],
])('of the includes %j without %j nothing below %j is protected', (include, exclude, names) => {
  expect(set(include, exclude).loneNames).toEqual(names);
});

describe('a path is covered', () => {
  it.each<[string[], string[], string, boolean, boolean]>([
    [['/srv/shop/**'], [], '/srv/shop', true, true],
    [['/srv/shop/**'], [], '/srv/shop/a/b/c', false, true],
    [['/srv/shop/**'], [], '/srv/shop/a/b/c', true, true],
    [['/srv/shop/**'], [], '/srv/shopping', false, false],
    [['/srv/shop/**'], [], '/srv/shop/.understudy', true, false],
    [['/srv/shop/**'], [], '/srv/shop/a/.understudy/b', false, false],
    [['/srv/shop/**'], [], '/srv/shop/.understudy2/.understudyx', false, true],
    [['/srv/shop/**'], ['/srv/shop/cache/**'], '/srv/shop/cache', true, false],
    [['/srv/shop/**'], ['/srv/shop/cache/**'], '/srv/shop/cache/a', false, false],
    [['/srv/shop/**'], ['/srv/shop/cache/**'], '/srv/shop/cached', false, true],
    [['/srv/shop/**'], ['/srv/shop/cache'], '/srv/shop/cache/deep/down', false, false],
    [['/srv/shop/**'], ['/srv/shop/**/*.tmp'], '/srv/shop/a/b.tmp', false, false],
    [['/srv/shop/**'], ['/srv/shop/**/*.tmp'], '/srv/shop/b.tmp', false, false],
    [['/srv/shop/**'], ['/srv/shop/**/*.tmp'], '/srv/shop/b.tmp/below', false, false],
    [['/srv/shop/**'], ['/srv/shop/**/*.tmp'], '/srv/shop/b.tmp2', false, true],
    [['/srv/shop/*.log'], [], '/srv/shop/a.log', false, true],
    [['/srv/shop/*.log'], [], '/srv/shop/.log', false, true],
    [['/srv/shop/*.log'], [], '/srv/shop/a+log', false, false],
    [['/srv/shop/*.log'], [], '/srv/shop/d/a.log', false, false],
    [['/srv/shop/*.log'], [], '/srv/shop/d', true, false],
    [['/srv/shop/*.log'], [], '/srv/shop/d.log', true, true],
    [['/srv/shop/*.log'], [], '/srv/shop', true, true],
    [['/srv/shop/**/*.log'], [], '/srv/shop/d/e', true, true],
    [['/srv/shop/**/*.log'], [], '/srv/shop/d/e', false, false],
    [['/srv/*/data/**'], [], '/srv/a', true, true],
    [['/srv/*/data/**'], [], '/srv/a', false, false],
    [['/srv/*/data/**'], [], '/srv/a/data/x/y', false, true],
    [['/srv/*/data/**'], [], '/srv/a/other', true, false],
    [['/etc/hosts'], [], '/etc/hosts', false, true],
    [['/etc/hosts'], [], '/etc', true, true],
    [['/etc/hosts'], [], '/etc/hosts2', false, false],
    [['/etc/hosts', '/etc/a/b/**'], [], '/etc/a', true, true],
    [['/etc/hosts', '/etc/a/b/**'], [], '/etc/a', false, false],
    [['/etc/hosts', '/etc/a/b/**'], [], '/etc/a/b/c', false, true],
    [['/srv/caf?/**'], [], '/srv/café/menu', false, true],
    [['/srv/caf?/**'], [], '/srv/cafés/menu', false, false],
    [['/**'], ['/proc/**'], '/proc/1', true, false],
    [['/**'], ['/proc/**'], '/srv', true, true],
  ])('by %j without %j: %s (folder: %s) is %s', (include, exclude, path, isFolder, covered) => {
    expect(set(include, exclude).covers(fromText(path), isFolder)).toBe(covered);
  });

  it('exactly as a plain reading of the patterns says', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '*', '?', 'a*', '*b', '**');
    const pattern = fc
      .tuple(fc.constantFrom('a', 'b'), fc.array(part, { maxLength: 4 }))
      .map(([first, rest]) => `/${[first, ...rest].join('/')}`);
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', '.understudy'), { minLength: 1, maxLength: 5 });
    const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        patterns,
        fc.array(pattern, { maxLength: 2 }),
        path,
        fc.boolean(),
        (include, exclude, parts, isFolder) => {
          const made = set(include, exclude);
          const whole = `/${parts.join('/')}`;
          const inside = made.folders.some(
            (f) => whole === f.path || whole.startsWith(f.path === '/' ? '/' : `${f.path}/`),
          );
          fc.pre(inside);
          expect(made.covers(whole as ByteString, isFolder)).toBe(reading(include, exclude, parts, isFolder));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('everywhere below a folder only where nothing there is left out', () => {
    const made = set(['/a/**'], ['/a/x/y', '/a/z/**/*.tmp']);
    const asked = (path: string) => made.coversAllBelow(fromText(path));
    expect(['/a', '/a/b', '/a/x', '/a/x/y', '/a/x/z', '/a/z', '/a/z/q', '/a/.understudy'].map(asked)).toEqual([
      false,
      true,
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(set(['/a/*']).coversAllBelow(fromText('/a/b'))).toBe(false);
  });
});

/** The rules of the manual, said once more and slowly. */
function reading(include: string[], exclude: string[], path: string[], isFolder: boolean): boolean {
  if (path.includes('.understudy')) return false;
  const split = (pattern: string) => pattern.split('/').slice(1);
  for (let length = 1; length <= path.length; length += 1) {
    if (exclude.some((pattern) => matches(split(pattern), path.slice(0, length)))) return false;
  }
  return include.some((pattern) => {
    const parts = split(pattern);
    if (matches(parts, path)) return true;
    if (!isFolder) return false;
    const wild = parts.findIndex((p) => /[*?]/.test(p));
    const anchor = parts.slice(0, wild < 0 ? -1 : wild);
    return mayLeadOn(parts, path) || anchor.join('/') === path.join('/');
  });
}

function matches(pattern: string[], path: string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === '**') return matches(rest, path) || (path.length > 0 && matches(pattern, path.slice(1)));
  return path[0] !== undefined && component(first, path[0]) && matches(rest, path.slice(1));
}

function mayLeadOn(pattern: string[], path: string[]): boolean {
  if (path.length === 0) return true;
  const [first, ...rest] = pattern;
  if (first === undefined) return false;
  if (first === '**') return true;
  return component(first, path[0] ?? '') && mayLeadOn(rest, path.slice(1));
}

function component(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  if (pattern[0] === '*')
    return component(pattern.slice(1), name) || (name !== '' && component(pattern, name.slice(1)));
  return name !== '' && (pattern[0] === '?' || pattern[0] === name[0]) && component(pattern.slice(1), name.slice(1));
}

describe('what is excluded by its name alone', () => {
  it.each<[string, string[], string[]]>([
    ['/srv/shop', ['/srv/shop/cache', '/srv/shop/a/b/**', '/srv/shop/log//x/'], ['cache', 'a/b', 'log/x']],
    ['/srv/shop', ['/srv/shop/**/tmp', '/srv/*/cache', '/srv/shop/*.log', '/srv/shop/a?/b'], []],
    ['/srv/shop', ['/srv/shop', '/srv/shop/**', '/srv/**', '/srv/shops/a', '/other/cache'], []],
    ['/srv/shop', ['/srv/shop/a/b', '/srv/shop/a', '/srv/shop/a/**', '/srv/shop/ab'], ['a', 'ab']],
    ['/', ['/srv/cache', '/**'], ['srv/cache']],
  ])('below %s by %j is %j', (folder, exclude, paths) => {
    expect(excludedBelow(fromText(folder), exclude.map(fromText))).toEqual(paths);
  });

  it('is no item, and nothing below it is', () => {
    const name = fc.constantFrom('a', 'b', '*', '**', 'a?', 'ü');
    const pattern = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/srv/${names.join('/')}`);
    const below = fc.array(fc.constantFrom('a', 'b', 'ü'), { maxLength: 3 });
    const patterns = fc.array(pattern, { maxLength: 4 });
    fc.assert(
      fc.property(patterns, patterns, below, (include, exclude, names) => {
        const { covers } = set(['/srv/**', ...include], exclude);
        for (const path of excludedBelow(fromText('/srv'), exclude.map(fromText))) {
          const inside = ['/srv', path, ...names.map(fromText)].join('/') as ByteString;
          expect([covers(inside, true), covers(inside, false)]).toEqual([false, false]);
        }
      }),
    );
  });
});
