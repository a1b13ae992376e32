import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeTree } from '../changes/node-tree.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { NamePages } from './name-pages.ts';

const PAGE_NAMES = 4;
const name = fc.string({ minLength: 1, maxLength: 4 }).map((text) => `x${text}` as ByteString);
const names = fc.uniqueArray(name, { maxLength: 60 });

function folderOf(all: readonly ByteString[]) {
  const tree = new NodeTree();
  const folder = tree.addRoot(fromText('/srv'), 1);
  for (const [index, one] of all.entries()) tree.add(folder, one, index + 2, 'file');
  const { children } = folder;
  if (children === null) throw new Error('a folder has names');
  return { tree, folder, children };
}

function rest(pages: NamePages): ByteString[] {
  const all = [...pages.names];
  while (pages.turn()) all.push(...pages.names);
  return all;
}

describe('names in pages', () => {
  it('are all of a folder, in order', () => {
    fc.assert(
      fc.property(names, (all) => {
        expect(rest(new NamePages(folderOf(all).children, PAGE_NAMES))).toEqual(all.toSorted());
      }),
    );
  });

  it('are those that are there when their page is come to', () => {
    fc.assert(
      fc.property(names, names, fc.nat(5), (all, changes, turns) => {
        const { tree, folder, children } = folderOf(all);
        const pages = new NamePages(children, PAGE_NAMES);
        for (let turn = 0; turn < turns; turn += 1) pages.turn();
        const { end } = pages;
        const begin = [...pages.names][0];
        const { arrivals } = children;
        for (const [index, one] of changes.entries()) {
          if (children.has(one)) tree.unlink(folder, one);
          else tree.add(folder, one, 1000 + index, 'file');
        }
        pages.merge(children.since(arrivals));
        const now = new Set(children.keys());
        for (const one of changes)
          if (now.has(one) && (end === null || one <= end)) expect([...pages.names]).toContain(one);
        const isLater = (one: ByteString): boolean => end !== null && one > end;
        const found = rest(pages);
        expect(found).toEqual(found.toSorted());
        expect(found.filter(isLater)).toEqual([...now].filter(isLater).sort());
        for (const one of all) if (begin !== undefined && one >= begin) if (now.has(one)) expect(found).toContain(one);
      }),
    );
  });

  it('are few, however many the folder has', () => {
    const { children } = folderOf(Array.from({ length: 100_000 }, (_, index) => fromText(`name-${String(index)}`)));
    const pages = new NamePages(children);
    const lengths = [pages.names.length];
    while (pages.turn()) lengths.push(pages.names.length);
    expect(lengths).toHaveLength(16);
    expect(Math.max(...lengths)).toBeLessThan(100_000 / 8);
  });
});
