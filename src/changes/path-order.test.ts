import { describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { seededRandom } from '../kernel/random.ts';
import { type Children, type Node, NodeTree } from './node-tree.ts';
import { nodesAfter } from './path-order.ts';

const NAMES = ['a', 'a.b', 'a-', 'a0', 'ab', '.', '\x01', '\xff', 'a\xff', 'z'].map((name) => name as ByteString);

/** Folders of every name in folders of every name, with files and further names of files. */
function randomTree(seed: number, roots: readonly string[]): NodeTree {
  const random = seededRandom(seed);
  const tree = new NodeTree();
  let id = 0;
  const folders: Node[] = roots.map((root) => tree.addRoot(fromText(root), ++id));
  const files: Node[] = [];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  for (let count = 0; count < 300; count++) {
    const [parent, name] = [pick(folders), pick(NAMES)];
    if (tree.child(parent, name) !== undefined) continue;
    const file = files.length > 0 && random() < 0.2 ? pick(files) : undefined;
    if (file !== undefined) tree.link(file, parent, name);
    else if (random() < 0.5) folders.push(tree.add(parent, name, ++id, 'folder'));
    else files.push(tree.add(parent, name, ++id, 'file'));
  }
  return tree;
}

function sorted(tree: NodeTree): string[] {
  return [...tree.nodes].map((node) => tree.pathOf(node) as string).toSorted((a, b) => (a < b ? -1 : 1));
}

const pathsAfter = (tree: NodeTree, after: string): string[] =>
  [...nodesAfter(tree, after as ByteString)].map(({ path }) => path);

describe('nodes in the order of their paths', () => {
  it.each([
    [1, ['/srv/a', '/srv/a.b', '/srv/a-']],
    [2, ['/']],
    [3, ['/srv']],
  ] as const)('are all there, each once, and go on from any of them: seed %i', (seed, roots) => {
    const tree = randomTree(seed, roots);
    const all = sorted(tree);
    expect(pathsAfter(tree, '')).toEqual(all);
    for (const [index, path] of all.entries()) expect(pathsAfter(tree, path)).toEqual(all.slice(index + 1));
    expect(pathsAfter(tree, '/srv/a.b/nothing')).toEqual(all.filter((path) => path > '/srv/a.b/nothing'));
    expect(pathsAfter(tree, '\xff')).toEqual([]);
  });

  it('go on in a folder that has more names than are sorted at a time', () => {
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/srv'), 1);
    for (let id = 2; id < 5000; id++) tree.add(root, fromText(`f${String((id * 7919) % 10_007)}`), id, 'file');
    const all = sorted(tree);
    expect(pathsAfter(tree, '')).toEqual(all);
    expect(pathsAfter(tree, all[3000] as string)).toEqual(all.slice(3001));
  });

  it('leave out what lies before without going through it', () => {
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/srv'), 1);
    const before = tree.add(root, fromText('a'), 2, 'folder');
    tree.add(root, fromText('b'), 3, 'file');
    const children = new Proxy(before.children as Children, {
      get: (target, key) => {
        if (key !== 'size') throw new Error('looked at');
        return target.size + 1;
      },
    });
    Object.defineProperty(before, 'children', { value: children });
    expect(pathsAfter(tree, '/srv/a0')).toEqual(['/srv/b']);
  });
});
