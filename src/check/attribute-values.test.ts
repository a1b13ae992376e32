import { expect, it } from 'vitest';
import type { Attributes } from '../changes/change.ts';
import { type Extended, NOTHING_EXTENDED, packExtended, withHolesUntold } from '../changes/extended.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FILE_FLAG, FILE_TYPE_REGULAR, Stat } from '../kernel/files.ts';
import { differingValues } from './attribute-values.ts';
import { differingAttributes, sameAttributes } from './compare.ts';

const STATED: Attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

function found(change: Partial<Stat>, extended: Partial<Extended> = {}): Stat {
  const packed = packExtended({ ...NOTHING_EXTENDED, ...extended });
  return Object.assign(new Stat(), { mode: FILE_TYPE_REGULAR | 0o644, extended: packed }, change);
}

function attributes(values: Record<string, string>): Pick<Extended, 'xattrs'> {
  return { xattrs: new Map(Object.entries(values).map(([name, value]) => [fromText(name), fromText(value)])) };
}

it.each<[string, Stat, string[]]>([
  ['nothing', found({}), []],
  ['the mode', found({ mode: FILE_TYPE_REGULAR | 0o4600 }), ['mode 4600 instead of 0644']],
  ['the owner', found({ uid: 33, gid: 5 }), ['owner 33:5 instead of 0:0']],
  [
    'the time',
    found({ mtimeNanoseconds: 1 }),
    ['modified 1970-01-01T00:00:00.000000001Z instead of 1970-01-01T00:00:00.000000000Z'],
  ],
  ['flags', found({}, { flags: FILE_FLAG.immutable }), ['flags immutable instead of none']],
  ['an attribute', found({}, attributes({ 'user.a': '1' })), ['extended attribute user.a "1" instead of none']],
  ['a long attribute', found({}, attributes({ 'user.a': 'x'.repeat(99) })), ['extended attribute user.a']],
  [
    'many attributes',
    found(
      {},
      attributes(Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`user.${String(at)}`, 'y'.repeat(99)]))),
    ),
    [0, 1, 2, 3, 4].map((at) => `extended attribute user.${String(at)}`).concat('3 more extended attributes'),
  ],
  ['holes', found({}, { holes: [{ from: 0, count: 4 }] }), ['holes']],
])('%s is named, with both values where they are short', (_what, stat, said) => {
  expect(differingValues(STATED, stat, 'file')).toEqual(said);
});

it.each<[string, Stat, string[], string[]]>([
  ['nothing', found({}, { holes: [{ from: 0, count: 4 }] }), [], []],
  [
    'flags alone',
    found({}, { holes: [{ from: 0, count: 4 }], flags: FILE_FLAG.immutable }),
    ['flags immutable instead of none'],
    ['flags'],
  ],
])('of a file whose holes are not told, %s is named', (_what, stat, said, what) => {
  const stated = { ...STATED, extended: withHolesUntold(packExtended(NOTHING_EXTENDED)) };
  expect(differingValues(stated, stat, 'file')).toEqual(said);
  expect(differingAttributes(stated, stat, 'file')).toEqual(what);
  expect(sameAttributes(stated, stat, 'file')).toBe(said.length === 0);
});
