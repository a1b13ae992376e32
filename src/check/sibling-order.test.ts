import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { withArrivals } from './name-order.ts';
import { SiblingOrder } from './sibling-order.ts';

const names = fc.array(fc.constantFrom(...'abcdefghij').map(fromText));

describe('names in order', () => {
  it('take in what arrived, each once', () => {
    fc.assert(
      fc.property(names, names, (known, arrived) => {
        const before = [...new Set(known)].sort();
        expect(withArrivals(before, arrived)).toEqual([...new Set([...known, ...arrived])].sort());
      }),
    );
  });

  it('stay the same list where nothing new came', () => {
    const before = ['a', 'b'].map(fromText);
    expect(withArrivals(before, [fromText('b')])).toBe(before);
  });
});

it('the next name of a folder is one that is there, whatever came and went since it was asked last', () => {
  const action = fc.record({ name: fc.nat(9), what: fc.constantFrom('come', 'go', 'ask'), folder: fc.nat(1) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const tree = new NodeTree();
      const root = tree.addRoot(fromText('/srv'), 1);
      const folders = [tree.add(root, fromText('a'), 2, 'folder'), tree.add(root, fromText('b'), 3, 'folder')] as const;
      const order = new SiblingOrder();
      let id = 10;
      for (const { name: number, what, folder: index } of actions) {
        const folder = folders[index] ?? folders[0];
        const name = fromText(String(number));
        const there = folder.children?.has(name) === true;
        if (what === 'come' && !there) tree.add(folder, name, id++, 'file');
        if (what === 'go' && there) tree.unlink(folder, name);
        const later = [...(folder.children?.keys() ?? [])].filter((other) => other > name).sort();
        expect(order.next(folder, name)).toBe(later[0] ?? null);
      }
    }),
  );
});
