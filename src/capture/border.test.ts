import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { patternsOf } from '../changes/changing-set.ts';
import { Trial } from './trial.testing.ts';

const ALL = patternsOf({ include: ['/set/**'], exclude: [] });
const NO_CACHE = patternsOf({ include: ['/set/**'], exclude: ['/set/**/cache/**', '/set/**/*.tmp'] });

describe('when the border of what is protected moves, capture', () => {
  let trial: Trial;
  afterEach(() => trial.close());

  function begin(patterns: { exclude?: string[] }): void {
    trial = new Trial('inotify', patterns);
    mkdirSync(join(trial.root, 'cache/deep'), { recursive: true });
    for (const name of ['file', 'x.tmp', 'cache/one', 'cache/deep/two']) writeFileSync(join(trial.root, name), name);
    trial.begin();
    trial.changes.length = 0;
  }

  const untold = (): string[] =>
    trial.capture.border.newItems.nodes.map((id) => {
      const node = trial.tree.get(id);
      return (node === undefined ? null : trial.tree.pathOf(node)) ?? '(gone)';
    });

  it('forgets what is outside without a word', () => {
    begin({});
    expect(trial.capture.border.move(NO_CACHE)).toBe('narrower');
    trial.settle();
    expect(trial.changes).toEqual([]);
    expect(trial.filters.at(-1)).toMatchObject(NO_CACHE);
    expect([...trial.tree.nodes].map((node) => trial.tree.pathOf(node)).sort()).toEqual(['/set', '/set/file']);
    writeFileSync(join(trial.root, 'cache/one'), 'other');
    trial.settle();
    expect(trial.changes).toEqual([]);
  });

  it('finds what is new, told by nobody, with all below it once', () => {
    begin({ exclude: ['/set/**/cache/**', '/set/**/*.tmp'] });
    expect(trial.capture.border.move(ALL)).toBe('wider');
    trial.settle();
    expect(trial.changes).toEqual([]);
    expect(untold().sort()).toEqual(['/set/cache', '/set/x.tmp']);
    expect(trial.tree.size).toBe(7);
    trial.capture.border.forgetNew();
    expect(untold()).toEqual([]);
  });

  it('finds a new name of a file that it knows', () => {
    begin({ exclude: ['/set/**/*.tmp'] });
    linkSync(join(trial.root, 'file'), join(trial.root, 'link.tmp'));
    trial.settle();
    trial.changes.length = 0;
    trial.capture.border.move(ALL);
    trial.settle();
    expect(untold().sort()).toEqual(['/set/file', '/set/x.tmp']);
  });

  it('tells a rename across it meanwhile as what it is by then', () => {
    begin({ exclude: ['/set/**/*.tmp'] });
    renameSync(join(trial.root, 'x.tmp'), join(trial.root, 'x'));
    trial.capture.border.move(ALL);
    renameSync(join(trial.root, 'file'), join(trial.root, 'file.tmp'));
    trial.settle();
    expect(trial.changes.map((change) => change.kind)).toEqual(expect.arrayContaining(['rename']));
    const paths = [...trial.tree.nodes].map((node) => trial.tree.pathOf(node)).sort();
    expect(paths).toEqual([
      '/set',
      '/set/cache',
      '/set/cache/deep',
      '/set/cache/deep/two',
      '/set/cache/one',
      '/set/file.tmp',
      '/set/x',
    ]);
  });

  it('does nothing where the patterns are the same', () => {
    begin({});
    trial.filters.length = 0;
    expect(trial.capture.border.move(ALL)).toBe('none');
    expect(trial.filters).toEqual([]);
  });
});
