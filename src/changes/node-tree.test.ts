import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../kernel/byte-string.ts';
import { seededRandom } from '../kernel/random.ts';
import { type Node, NodeTree } from './node-tree.ts';

const name = fromText;

function treeWith(...names: readonly string[]): { tree: NodeTree; root: Node } {
  const tree = new NodeTree();
  const root = tree.addRoot(name('/srv'), 1);
  for (const [index, one] of names.entries()) tree.add(root, name(one), 10 + index, 'file');
  return { tree, root };
}

/** Around the first and the last second of 4 bytes from 1940 on, and of 31 and 32 bits from 1970 on. */
const EDGES = [-946_771_200, 3_348_196_095, 2 ** 31, 2 ** 32, -(2 ** 31), 0].flatMap((edge) => [
  edge - 1,
  edge,
  edge + 1,
]);

describe('NodeTree', () => {
  it('gives the same node for an id, a name and a path', () => {
    const { tree, root } = treeWith('a', 'b');
    const node = tree.get(11);
    expect(node).toBeDefined();
    expect(root.children?.get(name('b'))).toBe(node);
    expect(tree.find(name('/srv/b'))).toBe(node);
    expect(tree.pathOf(node as Node)).toBe('/srv/b');
    expect([...(root.children?.keys() ?? [])]).toEqual(['a', 'b']);
  });

  it('keeps every part of a status', () => {
    const { tree } = treeWith('a');
    const status = {
      inode: 2 ** 52 + 1,
      mode: 0o107777,
      uid: 2 ** 32 - 1,
      gid: 2 ** 31,
      sizeBytes: 2 ** 50 + 3,
      mtimeSeconds: -(2 ** 40),
      mtimeNanoseconds: 999_999_999,
      ctimeSeconds: 2 ** 40,
      ctimeNanoseconds: 1,
      extended: name('x'),
      key: 'key',
    };
    const node = tree.get(10) as Node;
    expect([node.extended, node.key]).toEqual([null, null]);
    Object.assign(node, status);
    expect(node).toMatchObject({ ...status, type: 'file', id: 10 });
    node.extended = name('');
    expect(node.extended).toBe('');
    node.extended = null;
    expect(node.extended).toBeNull();
  });

  it('keeps every time, near or far', () => {
    const { tree, root } = treeWith('a');
    const node = tree.get(10) as Node;
    expect(node).toMatchObject({ mtimeSeconds: 0, ctimeSeconds: 0 });
    const times = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(...EDGES));
    fc.assert(
      fc.property(fc.array(fc.tuple(times, times), { minLength: 1, maxLength: 5 }), (all) => {
        for (const [mtimeSeconds, ctimeSeconds] of all) {
          Object.assign(node, { mtimeSeconds, ctimeSeconds });
          expect(node).toMatchObject({ mtimeSeconds, ctimeSeconds });
        }
      }),
    );
    const { mtimeSeconds, ctimeSeconds } = Object.assign(node, { mtimeSeconds: -(2 ** 40), ctimeSeconds: 7 });
    tree.unlink(root, name('a'));
    expect(tree.add(root, name('b'), 11, 'file')).toMatchObject({ mtimeSeconds: 0, ctimeSeconds: 0 });
    expect(node).toMatchObject({ mtimeSeconds, ctimeSeconds });
  });

  it('lets a node that has gone say what it was, whatever takes its place', () => {
    const { tree, root } = treeWith('a');
    const gone = tree.get(10) as Node;
    gone.sizeBytes = 7;
    tree.unlink(root, name('a'));
    const later = tree.add(root, name('b'), 10, 'folder');
    gone.mode = 0o644;
    expect(gone).toMatchObject({ id: 10, name: 'a', type: 'file', sizeBytes: 7, parent: null, mode: 0o644 });
    expect(later).toMatchObject({ id: 10, name: 'b', type: 'folder', sizeBytes: 0, mode: 0 });
    expect(tree.get(10)).toBe(later);
    expect(tree.pathOf(gone)).toBeNull();
  });

  it('takes all of a folder away but what has a name elsewhere', () => {
    const { tree, root } = treeWith('a');
    const folder = tree.add(root, name('d'), 2, 'folder');
    const below = tree.add(folder, name('e'), 3, 'folder');
    const twice = tree.add(below, name('f'), 4, 'file');
    tree.link(twice, root, name('g'));
    const within = tree.add(below, name('h'), 5, 'file');
    tree.link(within, folder, name('i'));
    tree.dropSubtree(folder);
    expect([...tree.nodes].map(({ id }) => id).sort((a, b) => a - b)).toEqual([1, 4, 10]);
    expect(tree.namesOf(twice)).toEqual([{ parent: root, name: 'g' }]);
    expect(below.children?.size).toBe(0);
  });

  it('renames a node that has several names by one of them', () => {
    const { tree, root } = treeWith('a', 'b');
    const node = tree.get(10) as Node;
    tree.link(node, root, name('c'));
    tree.rename(node, { parent: root, name: name('c') }, { parent: root, name: name('b') });
    expect(tree.get(11)).toBeUndefined();
    expect(tree.namesOf(node).map((n) => n.name)).toEqual(['a', 'b']);
    tree.unlink(root, name('a'));
    expect(node).toMatchObject({ name: 'b', otherNames: null });
  });

  it('relabels a folder with all that is below it', () => {
    const { tree, root } = treeWith();
    const folder = tree.add(root, name('d'), 2, 'folder');
    const child = tree.add(folder, name('e'), 3, 'file');
    const renamed = tree.relabel(folder, 9);
    expect(child.parent).toBe(renamed);
    expect([tree.get(2), tree.get(9)]).toEqual([undefined, renamed]);
    expect([folder.parent, folder.id, renamed.type]).toEqual([null, 2, 'folder']);
    expect(tree.relabel(root, 8)).toBe(tree.root(name('/srv')));
  });

  it('tells at least the names that came since, however many went', () => {
    const { tree, root } = treeWith('a', 'b');
    const before = root.children?.arrivals ?? 0;
    tree.add(root, name('c'), 20, 'file');
    tree.add(root, name('d'), 21, 'file');
    tree.unlink(root, name('c'));
    expect([...(root.children?.since(before) ?? [])]).toContain('d');
    expect([...(root.children?.since(root.children.arrivals) ?? [])]).toEqual([]);
  });

  it('finds nodes by their inode, also those that got another one, or have gone', () => {
    const { tree, root } = treeWith('a', 'b', 'c');
    const [a, b, c] = [10, 11, 12].map((id) => tree.get(id) as Node) as [Node, Node, Node];
    a.inode = 100;
    b.inode = 200;
    expect(tree.withInode(100)).toEqual([a]);
    c.inode = 100;
    expect(tree.withInode(100)).toEqual([a, c]);
    a.inode = 300;
    tree.unlink(root, name('b'));
    b.inode = 400;
    expect([100, 200, 300, 400].map((inode) => tree.withInode(inode))).toEqual([[c], [], [a], []]);
    expect(b.inode).toBe(400);
  });

  it('keeps names of any length, and finds them after many came and went', () => {
    const { tree, root } = treeWith();
    const long = name(`/${'x'.repeat(5000)}`);
    expect(tree.addRoot(long, 2).name).toBe(long);
    const kept = tree.add(root, name('k'.repeat(255)), 3, 'file');
    for (let turn = 0; turn < 30_000; turn += 1) {
      tree.rename(
        kept,
        { parent: root, name: kept.name },
        { parent: root, name: name(`${'r'.repeat(200)}${String(turn)}`) },
      );
    }
    expect(tree.child(root, name(`${'r'.repeat(200)}29999`))).toBe(kept);
    expect(tree.root(long)?.name).toBe(long);
  });

  it('refuses a name or an id that is taken, and names in what is no folder', () => {
    const { tree, root } = treeWith('a');
    expect(() => tree.add(root, name('a'), 20, 'file')).toThrow('is free');
    expect(() => tree.add(root, name('z'), 10, 'file')).toThrow('is new');
    expect(() => tree.add(tree.get(10) as Node, name('z'), 20, 'file')).toThrow('is a folder');
  });

  it.each([1, 2, 3])('holds what a plain model of it holds, after many random operations (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const below = (count: number): number => Math.floor(random() * count);
    const tree = new NodeTree();
    const root = tree.addRoot(name('/r'), 1);
    /** Names by folder, as ids. */
    const model = new Map<number, Map<ByteString, number>>([[1, new Map()]]);
    let nextId = 2;
    const folders = (): number[] => [...model.keys()];
    const anyFolder = (): number => folders()[below(model.size)] as number;
    const namesOf = (id: number): number =>
      [...model.values()].reduce((n, m) => n + [...m.values()].filter((v) => v === id).length, 0);
    const drop = (folder: number, called: ByteString): void => {
      const id = model.get(folder)?.get(called) as number;
      model.get(folder)?.delete(called);
      for (const inner of [...(model.get(id)?.keys() ?? [])]) drop(id, inner);
      if (namesOf(id) === 0) model.delete(id);
    };
    const isBelow = (top: number, id: number): boolean =>
      top === id || [...(model.get(top)?.values() ?? [])].some((child) => model.has(child) && isBelow(child, id));
    for (let step = 0; step < 3000; step += 1) {
      const folder = anyFolder();
      const called = name(`${'n'.repeat(below(60))}${String(below(20))}`);
      const taken = model.get(folder)?.get(called);
      const parent = tree.get(folder) as Node;
      if (taken !== undefined && random() < 0.6) {
        drop(folder, called);
        tree.unlink(parent, called);
      } else if (taken === undefined && random() < 0.5) {
        const type = random() < 0.2 ? 'folder' : 'file';
        tree.add(parent, called, nextId, type).sizeBytes = nextId;
        model.get(folder)?.set(called, nextId);
        if (type === 'folder') model.set(nextId, new Map());
        nextId += 1;
      } else {
        const from = anyFolder();
        const old = [...(model.get(from)?.keys() ?? [])][0];
        const id = old === undefined ? undefined : model.get(from)?.get(old);
        if (old === undefined || id === undefined || isBelow(id, folder)) continue;
        if (taken === undefined && !model.has(id) && random() < 0.5) {
          tree.link(tree.get(id) as Node, parent, called);
          model.get(folder)?.set(called, id);
        } else if (taken !== id && (taken === undefined || !isBelow(taken, from))) {
          tree.rename(tree.get(id) as Node, { parent: tree.get(from) as Node, name: old }, { parent, name: called });
          if (taken !== undefined) drop(folder, called);
          model.get(from)?.delete(old);
          model.get(folder)?.set(called, id);
        }
      }
    }
    const ids = new Set<number>([1]);
    for (const [folder, names] of model) {
      expect(new Map([...(tree.get(folder)?.children ?? [])].map(([n, { id }]) => [n, id]))).toEqual(names);
      for (const id of names.values()) ids.add(id);
    }
    expect(tree.size).toBe(ids.size);
    for (const id of ids) {
      const node = tree.get(id) as Node;
      expect(node.sizeBytes).toBe(id === 1 ? 0 : id);
      for (const { parent, name: called } of tree.namesOf(node)) expect(parent.children?.get(called)).toBe(node);
    }
    tree.dropSubtree(root);
    expect([tree.size, [...tree.nodes], [...tree.roots]]).toEqual([0, [], []]);
  });
});
