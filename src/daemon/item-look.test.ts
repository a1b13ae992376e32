import { expect, it } from 'vitest';
import { differencesBetween, type ItemLook, NOTHING_THERE } from './item-look.ts';

const FILE: ItemLook = {
  type: 'file',
  mode: 0o640,
  uid: 1,
  gid: 2,
  sizeBytes: 5,
  mtimeSeconds: 1_700_000_000,
  mtimeNanoseconds: 42,
  target: null,
  content: '00ff',
  device: null,
  extended: '',
};

it('two equal items have no difference, and neither has what is on neither server', () => {
  expect(differencesBetween(FILE, { ...FILE })).toEqual([]);
  expect(differencesBetween(NOTHING_THERE, NOTHING_THERE)).toEqual([]);
});

it('an item that one server lacks differs in its existence alone', () => {
  expect(differencesBetween(FILE, NOTHING_THERE)).toEqual([{ what: 'existence', active: 'file', passive: null }]);
  expect(differencesBetween(NOTHING_THERE, FILE)).toEqual([{ what: 'existence', active: null, passive: 'file' }]);
});

it.each<[string, Partial<ItemLook>, string, string | null, string | null]>([
  ['the mode, in octal digits', { mode: 0o7 }, 'mode', '0640', '0007'],
  ['the owner and group', { gid: 3 }, 'owner', '1:2', '1:3'],
  ['the size', { sizeBytes: 6 }, 'size', '5', '6'],
  [
    'the time, to the nanosecond',
    { mtimeNanoseconds: 43 },
    'modified',
    '2023-11-14T22:13:20.000000042Z',
    '2023-11-14T22:13:20.000000043Z',
  ],
  [
    'a time before 1970',
    { mtimeSeconds: -1 },
    'modified',
    '2023-11-14T22:13:20.000000042Z',
    '1969-12-31T23:59:59.000000042Z',
  ],
  [
    'a time beyond every calendar',
    { mtimeSeconds: 1e13 },
    'modified',
    '2023-11-14T22:13:20.000000042Z',
    'second 10000000000000.000000042',
  ],
  ['the content', { content: '0000' }, 'content', '00ff', '0000'],
  ['the target of a link', { target: 'b' }, 'target', null, 'b'],
])('tells %s', (_promise, changed, what, active, passive) => {
  expect(differencesBetween(FILE, { ...FILE, ...changed })).toEqual([{ what, active, passive }]);
});

it('the size of a folder tells nothing', () => {
  const folder: ItemLook = { ...FILE, type: 'folder', content: null };
  expect(differencesBetween(folder, { ...folder, sizeBytes: 4096 })).toEqual([]);
});
