import { expect, it } from 'vitest';
import type { Change } from '../../changes/change.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { changedPaths, suspectsOf } from './changed-paths.ts';

const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const name = fromText('f');
const content = new Uint8Array();

/** /srv/shop (1) with the folders a (2) and b (3) and the file a/f (4). */
function tree(): NodeTree {
  const made = new NodeTree();
  const root = made.addRoot(fromText('/srv/shop'), 1);
  const a = made.add(root, fromText('a'), 2, 'folder');
  made.add(root, fromText('b'), 3, 'folder');
  made.add(a, name, 4, 'file');
  return made;
}

const verified = { attributes, sizeBytes: 0, firstRange: 0, hashes: [], last: true };

it.each<[string, Change, string[]]>([
  [
    'of a new name: its folder',
    { kind: 'create', node: 9, parent: 2, name, type: 'file', attributes, sizeBytes: 0, content },
    ['/srv/shop/a'],
  ],
  ['of one more name: its folder', { kind: 'link', node: 4, parent: 3, name }, ['/srv/shop/b']],
  ['of a name that is gone: its folder', { kind: 'unlink', node: 4, parent: 2, name }, ['/srv/shop/a']],
  [
    'of a renamed item: both folders',
    { kind: 'rename', node: 4, parent: 2, name, newParent: 3, newName: name },
    ['/srv/shop/a', '/srv/shop/b'],
  ],
  ['of content: the file', { kind: 'content', node: 4, attributes, content }, ['/srv/shop/a/f']],
  ['of a range: the file', { kind: 'write', node: 4, attributes, sizeBytes: 0, offset: 0, content }, ['/srv/shop/a/f']],
  ['of attributes: the item', { kind: 'attributes', node: 3, attributes }, ['/srv/shop/b']],
  [
    'of large content just captured: the file',
    { kind: 'verifyContent', check: 0, node: 4, ...verified },
    ['/srv/shop/a/f'],
  ],
  ['of a check: nothing', { kind: 'verifyContent', check: 5, node: 4, ...verified }, []],
  ['of the end of a check: nothing', { kind: 'checkEnd', check: 5, finished: true }, []],
  ['of an item that is gone meanwhile: nothing', { kind: 'content', node: 77, attributes, content }, []],
])('what is to be looked at again should a change be lost — %s', (_of, change, paths) => {
  expect(changedPaths(tree(), change)).toEqual(paths);
});

it('of what was left, folders are told from what else changed: only the names in them did', () => {
  const left = ['/srv/shop', '/srv/shop/a', '/srv/shop/a/f', '/srv/shop/gone'].map(fromText);
  expect(suspectsOf(tree(), left)).toEqual({
    paths: ['/srv/shop/a/f', '/srv/shop/gone'],
    folders: ['/srv/shop', '/srv/shop/a'],
  });
  expect(suspectsOf(tree(), null)).toBeNull();
});
