import { expect, it } from 'vitest';
import { packExtended } from '../../changes/extended.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
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

it('flags and extended attributes differ one by one, those of text as text, others in hex', () => {
  const packed = (flags: number, xattrs: Record<string, string>): string =>
    packExtended({ flags, holes: [], xattrs: new Map(Object.entries(xattrs)) as Map<ByteString, ByteString> });
  const active = { ...FILE, extended: packed(0x10, { 'user.same': 'x', 'user.text': 'a b', 'user.odd': '\xff\0' }) };
  const passive = { ...FILE, extended: packed(0x30, { 'user.same': 'x', 'user.text': 'a c' }) };
  expect(differencesBetween(active, passive)).toEqual([
    { what: 'flags', active: 'immutable', passive: 'immutable, appendOnly' },
    { what: 'extended attribute user.odd', active: '0xff00', passive: null },
    { what: 'extended attribute user.text', active: '"a b"', passive: '"a c"' },
  ]);
});

it('more extended attributes than an answer takes are cut short, and long values too', () => {
  const xattrs = new Map(Array.from({ length: 200 }, (_, index) => [`user.${index}`, 'x'.repeat(200)]));
  const extended = packExtended({ flags: 0, holes: [], xattrs: xattrs as unknown as Map<ByteString, ByteString> });
  const found = differencesBetween({ ...FILE, extended }, FILE);
  expect(found).toHaveLength(100);
  expect(found[0]?.active).toMatch(/^"x+… \(200 bytes\)$/);
});

it('a device is told by its number', () => {
  const device = { ...FILE, type: 'character device', content: null, device: '1:3' };
  expect(differencesBetween(device, { ...device, device: '1:5' })).toEqual([
    { what: 'device', active: '1:3', passive: '1:5' },
  ]);
});
