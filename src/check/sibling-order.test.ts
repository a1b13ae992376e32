import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { SiblingOrder } from './sibling-order.ts';

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
