import { expect, it } from 'vitest';
import { fromText } from '../kernel/byte-string.ts';
import { areFoldersNested, mayHoldNew, outsideOf } from './border.ts';
import { ChangingSet, patternsOf } from './changing-set.ts';
import { NodeTree } from './node-tree.ts';
import { protectedSet } from './protected-set.ts';

/** /srv/a with a file, a folder `cache` with a file, and a folder `deep` with a file that `cache` links, too. */
function tree(): NodeTree {
  const made = new NodeTree();
  const root = made.addRoot(fromText('/srv/a'), 1);
  made.add(root, fromText('file'), 2, 'file');
  const cache = made.add(root, fromText('cache'), 3, 'folder');
  const deep = made.add(root, fromText('deep'), 4, 'folder');
  made.add(cache, fromText('x'), 5, 'file');
  made.link(made.add(deep, fromText('y'), 6, 'file'), cache, fromText('y'));
  return made;
}

function setOf(include: string[], exclude: string[] = []) {
  return protectedSet(patternsOf({ include, exclude }));
}

it('a folder that is excluded is outside as a whole', () => {
  const { roots, names } = outsideOf(tree(), setOf(['/srv/a/**'], ['/srv/a/cache/**']));
  expect(roots).toEqual([]);
  expect(names.map(({ parent, name }) => `${String(parent.id)} ${name}`)).toEqual(['1 cache']);
});

it('names are outside one by one', () => {
  const { names } = outsideOf(tree(), setOf(['/srv/a/**'], ['/srv/a/**/y', '/srv/a/file']));
  expect(names.map(({ parent, name }) => `${String(parent.id)} ${name}`).sort()).toEqual(['1 file', '3 y', '4 y']);
});

it('a folder that is not protected any more is outside with all that is in it', () => {
  const { roots, names } = outsideOf(tree(), setOf(['/srv/b/**']));
  expect([roots.map(({ id }) => id), names]).toEqual([[1], []]);
});

it('something new may be only where not everything was an item before', () => {
  const ids = (exclude: string[]) =>
    mayHoldNew(tree(), setOf(['/srv/a/**'], exclude))
      .map(({ id }) => id)
      .sort();
  expect(ids([])).toEqual([]);
  expect(ids(['/srv/a/cache/**'])).toEqual([1, 3]);
  expect(ids(['/srv/a/**/*.tmp'])).toEqual([1, 3, 4]);
});

it('tells protected folders that lie in one another', () => {
  expect(areFoldersNested(setOf(['/srv/a/**']), setOf(['/srv/a/**', '/srv/ab/**']))).toBe(false);
  expect(areFoldersNested(setOf(['/srv/a/**']), setOf(['/srv/**']))).toBe(true);
  expect(areFoldersNested(setOf(['/srv/a/b/**']), setOf(['/srv/a/**']))).toBe(true);
});

it('a set that changes is another one for whoever holds it, without what is refused', () => {
  const set = new ChangingSet(patternsOf({ include: ['/srv/a/**'], exclude: [] }), ({ include, exclude }) => ({
    include: include.filter((pattern) => !pattern.startsWith('/proc')),
    exclude,
  }));
  const path = fromText('/srv/b/x');
  expect(set.covers(path, false)).toBe(false);
  const before = set.change(patternsOf({ include: ['/srv/b/**', '/proc/**'], exclude: [] }));
  expect([before?.covers(path, false), set.covers(path, false)]).toEqual([false, true]);
  expect(set.patterns.include).toEqual(['/srv/b/**']);
  expect(set.change(patternsOf({ include: ['/srv/b/**'], exclude: [] }))).toBeNull();
});
