import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteString, fromLatin1, fromText } from '../kernel/byte-string.ts';
import { FILE_FLAG, FileError, Stat } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import {
  carries,
  isCarried,
  lookAtExtended,
  NOTHING_EXTENDED,
  packExtended,
  readExtended,
  UNREADABLE,
  UNTOLD,
  unpackExtended,
  withHolesUntold,
} from './extended.ts';

const byteText = fc.uint8Array({ maxLength: 300 }).map((bytes) => fromLatin1(Buffer.from(bytes).toString('latin1')));
const name = fc
  .tuple(fc.constantFrom('user.', 'trusted.', 'security.'), byteText)
  .map(([space, rest]) => fromLatin1(`${space}x${rest.replaceAll('\0', '_').slice(0, 200)}`));
const extended = fc.record({
  flags: fc.constantFrom(0, FILE_FLAG.immutable, FILE_FLAG.appendOnly),
  holes: fc
    .uniqueArray(fc.nat(2 ** 40), { maxLength: 6 })
    .map((starts) => starts.sort((a, b) => a - b).map((from) => ({ from: from * 3, count: 2 }))),
  xattrs: fc.dictionary(name, byteText).map((all) => new Map(Object.entries(all) as [ByteString, ByteString][])),
});

describe('what is packed', () => {
  it('comes out again, whatever the order in which it was listed', () => {
    fc.assert(
      fc.property(extended, (made) => {
        const packed = packExtended(made);
        expect(unpackExtended(packed)).toEqual(made);
        expect(packExtended({ ...made, xattrs: new Map([...made.xattrs].reverse()) })).toBe(packed);
      }),
    );
  });

  it('is carried by who has the same, with holes anywhere where they are not told', () => {
    fc.assert(
      fc.property(extended, extended, (made, other) => {
        const [packed, shaped] = [packExtended(made), packExtended({ ...made, holes: other.holes })];
        expect(carries(shaped, packed)).toBe(shaped === packed);
        expect(carries(shaped, withHolesUntold(packed))).toBe(true);
        const sameBeside = packExtended({ ...other, holes: [] }) === packExtended({ ...made, holes: [] });
        expect(carries(packExtended(other), withHolesUntold(packed))).toBe(sameBeside);
        expect(carries(UNREADABLE, withHolesUntold(packed))).toBe(false);
      }),
    );
  });

  it('may leave all of it untold: then anybody carries it', () => {
    fc.assert(fc.property(extended, (made) => carries(packExtended(made), UNTOLD)));
    expect(carries(UNTOLD, packExtended(NOTHING_EXTENDED))).toBe(false);
    expect(unpackExtended(UNTOLD)).toMatchObject({ xattrs: new Map(), areHolesUntold: true, isUntold: true });
    expect(withHolesUntold(UNTOLD)).toBe(UNTOLD);
    expect(unpackExtended(n(`${UNTOLD}user.a\0\0\0\0`))).toBeNull();
  });

  it('is refused where it is anything else', () => {
    fc.assert(
      fc.property(byteText, (bytes) => {
        const made = unpackExtended(bytes);
        expect(made === null || packExtended(made) === bytes).toBe(true);
      }),
    );
    const two = packExtended({
      flags: 0,
      holes: [],
      xattrs: new Map([
        [n('user.a'), n('1')],
        [n('user.b'), n('2')],
      ]),
    });
    expect(unpackExtended(two.slice(0, -1) as ByteString)).toBeNull();
    expect(unpackExtended(UNREADABLE)).toBeNull();
    expect(unpackExtended(n('\0'))).toBeNull();
    expect(unpackExtended(two.replace('user.a', 'user.c') as ByteString)).toBeNull();
    expect(unpackExtended(two.replace('user.a', 'other1') as ByteString)).toBeNull();
  });
});

it.each([
  ['user.a', true],
  ['user.', false],
  ['trusted.overlay.opaque', true],
  ['security.capability', true],
  ['security.selinux', false],
  ['security.ima', false],
  ['system.posix_acl_access', true],
  ['system.posix_acl_default', true],
  ['system.nfs4_acl', false],
  ['trusted.SGI_ACL_FILE', false],
  ['btrfs.compression', false],
])('%s is carried: %s', (one, carried) => expect(isCarried(n(one))).toBe(carried));

describe('what a file carries', () => {
  const files = new NodeFiles();
  let top: string;
  let folder: number;

  beforeEach(() => {
    top = fs.mkdtempSync(join(tmpdir(), 'understudy-extended-'));
    fs.writeFileSync(join(top, 'file'), 'x');
    folder = files.openFolder(fromText(top));
  });

  afterEach(() => {
    files.close(folder);
    fs.rmSync(top, { recursive: true });
  });

  it('is read by its name as on the open file', () => {
    const at = { folder, name: n('file') };
    files.setXattr(at, n('user.b'), n('\xff\0'));
    files.setXattr(at, n('user.a'), n(''));
    const file = files.openAt(folder, n('file'), 0);
    const [byName, open] = [new Stat(), new Stat()];
    files.statAt(folder, n('file'), byName);
    files.stat(file, open);
    readExtended(files, at, byName);
    readExtended(files, file, open);
    files.close(file);
    expect(byName.extended).toBe(open.extended);
    expect(unpackExtended(byName.extended ?? UNREADABLE)?.xattrs).toEqual(
      new Map([
        ['user.a', ''],
        ['user.b', '\xff\0'],
      ]),
    );
    files.removeXattr(at, n('user.a'));
    files.removeXattr(at, n('user.b'));
    files.statAt(folder, n('file'), byName);
    readExtended(files, at, byName);
    expect(byName.extended).toBe('');
  });

  it('of more than is carried is refused, and looks like nothing else', () => {
    class Full extends NodeFiles {
      override listXattrs(): ByteString[] {
        return Array.from({ length: 5 }, (_, index) => n(`user.${index}`));
      }

      override getXattr(): ByteString {
        return n('x'.repeat(60_000));
      }
    }
    const full = new Full();
    const stat = new Stat();
    expect(() => readExtended(full, folder, stat)).toThrow(FileError);
    lookAtExtended(full, folder, stat);
    expect(stat.extended).toBe(UNREADABLE);
  });
});

function n(text: string): ByteString {
  return fromLatin1(text);
}
