import fc from 'fast-check';
import { fromLatin1 } from '../kernel/byte-string.ts';
import { type Change, type FolderEntry, INLINE_BYTES_MAX } from './change.ts';
import { packExtended } from './extended.ts';
import { anyFolderState } from './folder-state.testing.ts';

const whole = fc.maxSafeNat();
const byteText = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const name = byteText(40)
  .map((text) => text.replace(/[/\0]/g, '_'))
  .filter((text) => text !== '.' && text !== '..')
  .map(fromLatin1);
const target = byteText(60).map((text) => fromLatin1(text.replaceAll('\0', 'x')));
const extended = fc
  .record({
    flags: fc.constantFrom(0, 0x10, 0x20, 0x30),
    names: fc.array(byteText(20), { maxLength: 3 }),
    value: byteText(90),
  })
  .map(({ flags, names, value }) =>
    packExtended({
      flags,
      holes: [],
      xattrs: new Map(names.map((one) => [fromLatin1(`user.${one.replaceAll('\0', '_')}`), fromLatin1(value)])),
    }),
  );
/** Any attributes, with and without extended ones. */
export const attributes = fc.record({
  mode: fc.nat(0o7777),
  uid: fc.nat(0xffffffff),
  gid: fc.nat(0xffffffff),
  mtimeSeconds: fc.maxSafeInteger(),
  mtimeNanoseconds: fc.nat(999_999_999),
  extended,
});
const pattern = byteText(60).map((text) => fromLatin1(`/${text.replaceAll('\0', '*')}`));
const content = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const type = fc.constantFrom(
  'file' as const,
  'folder' as const,
  'symlink' as const,
  'fifo' as const,
  'blockDevice' as const,
);

const create = fc
  .record({ node: whole, parent: whole, name, type, attributes, sizeBytes: whole, content, target })
  .map((made): Change => {
    const { target: to, type: made1, ...rest } = made;
    const base = { kind: 'create' as const, ...rest, type: made1 };
    if (made1 === 'folder' || made1 === 'fifo') return { ...base, content: Buffer.alloc(0) };
    if (made1 === 'blockDevice') return { ...base, content: Buffer.from('4095:1048575') };
    if (made1 === 'symlink') return { ...base, content: Buffer.from(to, 'latin1') };
    return rest.sizeBytes > INLINE_BYTES_MAX
      ? { ...base, content: Buffer.alloc(0) }
      : { ...base, sizeBytes: rest.content.length };
  });

const entry = fc
  .record({ name, node: whole, type, attributes, sizeBytes: whole, hash, target, linked: fc.boolean() })
  .map((made): FolderEntry => {
    if (made.type === 'blockDevice') return { ...made, target: fromLatin1('8:1') };
    return { ...made, target: made.type === 'symlink' ? made.target : fromLatin1('') };
  });

const verifyFolder = fc
  .record({
    kind: fc.constant('verifyFolder' as const),
    check: whole,
    node: whole,
    attributes,
    attributesCount: fc.boolean(),
    last: fc.boolean(),
    entries: fc.uniqueArray(entry, { maxLength: 8, selector: (made) => made.name }),
    resumed: fc.boolean(),
  })
  .map(({ resumed, entries, ...rest }): Change => {
    const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const after = resumed && sorted.length > 1 ? (sorted[0] as FolderEntry).name : fromLatin1('');
    return { ...rest, after, entries: after === '' ? sorted : sorted.slice(1) };
  });

export const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('root' as const),
    node: whole,
    folder: fc.array(name, { maxLength: 4 }).map((parts) => fromLatin1(`/${parts.join('/')}`)),
  }),
  create,
  fc.record({ kind: fc.constant('content' as const), node: whole, attributes, content }),
  fc.record({
    kind: fc.constant('write' as const),
    node: whole,
    attributes,
    sizeBytes: whole,
    offset: fc.nat(2 ** 30),
    content,
  }),
  fc.record({ kind: fc.constant('attributes' as const), node: whole, attributes }),
  fc.record({
    kind: fc.constant('rename' as const),
    node: whole,
    parent: whole,
    name,
    newParent: whole,
    newName: name,
  }),
  fc.record({ kind: fc.constantFrom('link' as const, 'unlink' as const), node: whole, parent: whole, name }),
  fc.record({
    kind: fc.constant('checkBegin' as const),
    check: whole,
    mode: fc.constantFrom('full' as const, 'fast' as const),
    repair: fc.boolean(),
    complete: fc.boolean(),
    itemsTotal: whole,
    bytesTotal: whole,
  }),
  verifyFolder,
  fc.record({
    kind: fc.constant('verifyContent' as const),
    check: whole,
    node: whole,
    attributes,
    sizeBytes: whole,
    firstRange: fc.nat(2 ** 31 - 1),
    hashes: fc.array(hash, { maxLength: 64 }),
    last: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('checkEnd' as const), check: whole, finished: fc.boolean() }),
  anyFolderState,
  fc.record({ kind: fc.constant('registry' as const), piece: whole, last: fc.constant(true), content }),
  fc.record({ kind: fc.constant('filters' as const), include: fc.array(pattern), exclude: fc.array(pattern) }),
);
