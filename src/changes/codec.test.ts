import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../kernel/assert.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { type Change, type ChangeKind, type FolderEntry, INLINE_BYTES_MAX, RECORD_BYTES_MAX } from './change.ts';
import { change } from './change.testing.ts';
import { KIND_NUMBERS } from './change-body.ts';
import { checksum } from './checksum.ts';
import {
  decodeRecord,
  encodeChange,
  isNext,
  peekPosition,
  readRecords,
  RECORD_HEADER_BYTES,
  recordBytes,
  recordLengthAt,
} from './codec.ts';
import { FOLDER_STATE } from './folder-state.testing.ts';
import { MalformedRecord } from './malformed-record.ts';

const position = fc.record({ epoch: fc.nat(0xffffffff), sequence: fc.integer({ min: 1, max: 2 ** 48 - 1 }) });
const AT = { epoch: 3, sequence: 70_000_000_000 };
const SET = { mode: 0o644, uid: 1000, gid: 100, mtimeSeconds: -2, mtimeNanoseconds: 5, extended: fromLatin1('') };
const NONE = fromLatin1('');

/** One of each kind, small. */
const SAMPLES: { readonly [Kind in ChangeKind]: Change & { kind: Kind } } = {
  root: { kind: 'root', node: 2, folder: fromLatin1('/srv/a') },
  create: {
    kind: 'create',
    node: 2 ** 52,
    parent: 2,
    name: fromLatin1('b\xff'),
    type: 'file',
    attributes: SET,
    sizeBytes: 2,
    content: Buffer.from('hi'),
  },
  content: { kind: 'content', node: 9, attributes: SET, content: Buffer.from('yes') },
  write: { kind: 'write', node: 9, attributes: SET, sizeBytes: 2 ** 33, offset: 2 ** 32, content: Buffer.from('w') },
  attributes: { kind: 'attributes', node: 9, attributes: SET },
  rename: { kind: 'rename', node: 9, parent: 2, name: fromLatin1('b'), newParent: 7, newName: fromLatin1('c') },
  link: { kind: 'link', node: 9, parent: 2, name: fromLatin1('l') },
  unlink: { kind: 'unlink', node: 9, parent: 2, name: fromLatin1('l') },
  checkBegin: {
    kind: 'checkBegin',
    check: 4,
    mode: 'full',
    repair: true,
    complete: false,
    itemsTotal: 10,
    bytesTotal: 2 ** 40,
  },
  verifyFolder: {
    kind: 'verifyFolder',
    check: 4,
    node: 2,
    attributes: SET,
    attributesCount: true,
    after: fromLatin1('a'),
    last: false,
    entries: [
      {
        name: fromLatin1('b'),
        node: 9,
        type: 'file',
        attributes: SET,
        sizeBytes: 3,
        hash: 1n,
        target: NONE,
        linked: true,
      },
      {
        name: fromLatin1('c'),
        node: 8,
        type: 'symlink',
        attributes: SET,
        sizeBytes: 1,
        hash: 0n,
        target: fromLatin1('b'),
        linked: false,
      },
    ],
  },
  verifyContent: {
    kind: 'verifyContent',
    check: 4,
    node: 9,
    attributes: SET,
    sizeBytes: 300_000,
    firstRange: 1,
    hashes: [2n ** 64n - 1n],
    last: true,
  },
  checkEnd: { kind: 'checkEnd', check: 4, finished: true },
  folderState: FOLDER_STATE,
  filters: { kind: 'filters', include: [fromLatin1('/srv/\xff/**')], exclude: [fromLatin1('/srv/*.tmp')] },
  exactness: { kind: 'exactness', isExact: true, resume: 3, answers: 70_000 },
  registry: { kind: 'registry', piece: 0, last: true, content: Buffer.from('batch') },
};

function rechecked(record: Buffer): Buffer {
  record.writeUInt32LE(checksum(record.subarray(8)), 4);
  return record;
}

function reasonOf(bytes: Uint8Array, offset = 0): string {
  try {
    decodeRecord(bytes, offset);
  } catch (error) {
    if (error instanceof MalformedRecord) return error.reason;
    throw error;
  }
  return 'decoded';
}

describe('a record', () => {
  it('says after decoding what was encoded, whatever the change', () => {
    fc.assert(
      fc.property(position, change, (at, made) => {
        const bytes = encodeChange(at, made);
        expect(bytes.length).toBe(recordBytes(made));
        expect(recordLengthAt(bytes, 0)).toBe(bytes.length);
        expect(peekPosition(bytes, 0)).toEqual(at);
        expect(decodeRecord(bytes)).toEqual({ position: at, change: made, length: bytes.length });
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when cut at any length', () => {
    for (const sample of Object.values(SAMPLES)) {
      const bytes = encodeChange(AT, sample);
      for (let length = 0; length < bytes.length; length += 1)
        expect(reasonOf(bytes.subarray(0, length))).toBe('too short');
    }
  });

  it('is refused when any byte was changed', () => {
    for (const sample of Object.values(SAMPLES)) {
      const bytes = encodeChange(AT, sample);
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ (1 << (at % 8));
        expect(reasonOf(changed)).not.toBe('decoded');
      }
    }
  });

  it('with a right checksum over arbitrary bytes decodes to what encodes to the same bytes, or is refused', () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(change, fc.nat(), fc.nat(255)).map(([made, where, value]) => {
        const body = Buffer.from(encodeChange(AT, made).subarray(RECORD_HEADER_BYTES));
        body[where % body.length] = value;
        return body;
      }),
    );
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 12 }), (body, kind) => {
        const record = Buffer.concat([encodeChange(AT, SAMPLES.checkEnd).subarray(0, RECORD_HEADER_BYTES), body]);
        record.writeUInt32LE(record.length, 0);
        record[9] = kind;
        rechecked(record);
        if (reasonOf(record) !== 'decoded') return;
        expect(encodeChange(AT, decodeRecord(record).change).equals(record)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused by the first thing wrong with its header', () => {
    const record = (edit: (bytes: Buffer) => void) => {
      const bytes = encodeChange(AT, SAMPLES.link);
      edit(bytes);
      return reasonOf(rechecked(bytes));
    };
    expect(record((bytes) => bytes.writeUInt32LE(RECORD_BYTES_MAX + 1, 0))).toBe('length out of bounds');
    expect(record((bytes) => bytes.writeUInt32LE(0xffffffff, 0))).toBe('length out of bounds');
    expect(record((bytes) => bytes.writeUInt32LE(19, 0))).toBe('length out of bounds');
    expect(record((bytes) => bytes.writeUInt8(2, 8))).toBe('unknown format version');
    expect(record((bytes) => bytes.writeUInt8(0, 9))).toBe('unknown kind');
    expect(record((bytes) => bytes.writeUInt8(17, 9))).toBe('unknown kind');
    expect(record((bytes) => bytes.fill(0, 14, 20))).toBe('sequence is zero');
    expect(reasonOf(Buffer.alloc(64))).toBe('length out of bounds');
  });

  it('hands content out as a view, not a copy', () => {
    const bytes = encodeChange(AT, SAMPLES.content);
    const { change: decoded } = decodeRecord(bytes);
    expect(decoded.kind === 'content' && decoded.content.buffer === bytes.buffer).toBe(true);
  });

  it('is read where it stands in a batch, also from a plain Uint8Array', () => {
    const records = [SAMPLES.root, SAMPLES.create, SAMPLES.checkEnd].map((made, index) =>
      encodeChange({ epoch: 1, sequence: index + 1 }, made),
    );
    const batch = new Uint8Array(Buffer.concat(records));
    const read = [...readRecords(batch)];
    expect(read.map((record) => record.change.kind)).toEqual(['root', 'create', 'checkEnd']);
    expect(read.map((record) => record.position.sequence)).toEqual([1, 2, 3]);
    expect(() => [...readRecords(batch.subarray(0, batch.length - 1))]).toThrow(
      new MalformedRecord('too short', (records[0] as Buffer).length + (records[1] as Buffer).length),
    );
  });

  it('keeps the bytes of format version 1', () => {
    const golden = Object.fromEntries(
      Object.values(SAMPLES).map((sample) => [sample.kind, encodeChange(AT, sample).toString('hex')]),
    );
    expect(Object.keys(golden)).toEqual(Object.keys(KIND_NUMBERS));
    expect(golden).toMatchInlineSnapshot(`
      {
        "attributes": "31000000e6cfb59f010503000000003c534c100009000000000000a401e803000064000000feffffffffffffff05000000",
        "checkBegin": "2a000000319a7abe010903000000003c534c100004000000000000030a00000000000000000000000100",
        "checkEnd": "1c0000004a856abe010c03000000003c534c10000400000000000001",
        "content": "380000009d5d8f37010303000000003c534c100009000000000000a401e803000064000000feffffffffffffff0500000003000000796573",
        "create": "4900000035f4660d010203000000003c534c100000000000000010020000000000000262ff00a401e803000064000000feffffffffffffff0500000002000000000000020000006869",
        "exactness": "23000000f478dc75010f03000000003c534c1000010300000000000070110100000000",
        "filters": "2f000000ba7276f1010e03000000003c534c1000010009002f7372762fff2f2a2a01000a002f7372762f2a2e746d70",
        "folderState": "490000004455e58a010d03000000003c534c100006002f7372762f610315656635333a303132333435363738396162636465660e323a313730303030303030302e3507000000000000",
        "link": "24000000b7c7071d010703000000003c534c10000900000000000002000000000000016c",
        "registry": "25000000227df9ae011003000000003c534c10000000000000000001050000006261746368",
        "rename": "2d0000005350f8e2010603000000003c534c100009000000000000020000000000000162070000000000000163",
        "root": "23000000d3deb15c010103000000003c534c10000200000000000006002f7372762f61",
        "unlink": "24000000bb57500d010803000000003c534c10000900000000000002000000000000016c",
        "verifyContent": "50000000d8262b8e010b03000000003c534c10000400000000000009000000000000a401e803000064000000feffffffffffffff05000000e0930400000000010000000000000101ffffffffffffffff",
        "verifyFolder": "960000004c377109010a03000000003c534c10000400000000000002000000000000a401e803000064000000feffffffffffffff05000000010161020001620900000000000018a401e803000064000000feffffffffffffff0500000003000000000000010000000000000001630800000000000022a401e803000064000000feffffffffffffff0500000001000000000000010062",
        "write": "44000000fbf351e9010403000000003c534c100009000000000000a401e803000064000000feffffffffffffff0500000000000000020000000000000100000100000077",
      }
    `);
  });
});

describe('a change that breaks the rules', () => {
  const bad: readonly (readonly [string, Change])[] = [
    ['a name is empty or too long', { ...SAMPLES.link, name: NONE }],
    ['a name is empty or too long', { ...SAMPLES.link, name: 'n'.repeat(256) as ByteString }],
    ['a name holds a slash or a NUL', { ...SAMPLES.link, name: fromLatin1('a/b') }],
    ['a name holds a slash or a NUL', { ...SAMPLES.rename, newName: fromLatin1('a\0') }],
    ['a name is a dot folder', { ...SAMPLES.create, name: fromLatin1('..') }],
    ['a protected folder is not absolute', { ...SAMPLES.root, folder: fromLatin1('srv') }],
    ['a protected folder is no plain path', { ...SAMPLES.root, folder: fromLatin1('/srv/../etc') }],
    ['a pattern is not absolute or holds a NUL', { ...SAMPLES.filters, exclude: [fromLatin1('srv/**')] }],
    ['the patterns are too long', { ...SAMPLES.filters, include: [fromLatin1(`/${'x'.repeat(2 ** 18)}`)] }],
    ['a node id is no whole number', { ...SAMPLES.link, node: 2 ** 53 }],
    ['a node id is no whole number', { ...SAMPLES.link, node: -1 }],
    ['a number is negative or not whole', { ...SAMPLES.write, sizeBytes: -1 }],
    ['a number is negative or not whole', { ...SAMPLES.write, offset: Number.MAX_SAFE_INTEGER }],
    ['content and size of a new file differ', { ...SAMPLES.create, sizeBytes: 3 }],
    ['what is no file has content', { ...SAMPLES.create, type: 'folder' }],
    ['inline content is too long', { ...SAMPLES.content, content: Buffer.alloc(INLINE_BYTES_MAX + 1) }],
    ['nanoseconds are out of bounds', { ...SAMPLES.attributes, attributes: { ...SET, mtimeNanoseconds: 1e9 } }],
    ['a mode has bits beyond 07777', { ...SAMPLES.attributes, attributes: { ...SET, mode: 0o100644 } }],
    [
      'a content record names too many ranges',
      { ...SAMPLES.verifyContent, hashes: Array.from({ length: 65 }, () => 1n) },
    ],
    [
      'folder entries are not in order',
      { ...SAMPLES.verifyFolder, entries: SAMPLES.verifyFolder.entries.toReversed() },
    ],
    ['folder entries are not in order', { ...SAMPLES.verifyFolder, after: fromLatin1('b') }],
  ];

  it.each(bad)('is a bug where it is encoded: %s', (reason, made) => {
    expect(() => encodeChange(AT, made)).toThrow(AssertionError);
    expect(() => encodeChange(AT, made)).toThrow(reason);
  });

  it('is refused where it is decoded, though its checksum is right', () => {
    const edited = (made: Change, from: string, to: string) => {
      const bytes = encodeChange(AT, made);
      bytes.write(to, bytes.lastIndexOf(Buffer.from(from, 'latin1')), 'latin1');
      return reasonOf(rechecked(bytes));
    };
    expect(edited({ ...SAMPLES.link, name: fromLatin1('ab') }, 'ab', '..')).toBe('a name is a dot folder');
    expect(edited({ ...SAMPLES.link, name: fromLatin1('ab') }, 'ab', 'a/')).toBe('a name holds a slash or a NUL');
    expect(edited(SAMPLES.root, '/srv', 'xsrv')).toBe('a protected folder is not absolute');
    expect(edited(SAMPLES.verifyFolder, '\x01b', '\x01d')).toBe('folder entries are not in order');
  });

  it('cannot make a record beyond the limit', () => {
    const entries = Array.from(
      { length: 400 },
      (_, index): FolderEntry => ({
        ...(SAMPLES.verifyFolder.entries[1] as FolderEntry),
        name: fromLatin1(`n${String(index).padStart(4, '0')}`),
        target: fromLatin1('t'.repeat(4000)),
      }),
    );
    const made: Change = { ...SAMPLES.verifyFolder, entries };
    expect(recordBytes(made)).toBeGreaterThan(RECORD_BYTES_MAX);
    expect(() => encodeChange(AT, made)).toThrow(AssertionError);
  });
});

it('a position comes next in its epoch, or first in a later one', () => {
  expect(isNext({ epoch: 1, sequence: 5 }, { epoch: 1, sequence: 6 })).toBe(true);
  expect(isNext({ epoch: 1, sequence: 5 }, { epoch: 4, sequence: 1 })).toBe(true);
  expect(isNext({ epoch: 1, sequence: 5 }, { epoch: 1, sequence: 7 })).toBe(false);
  expect(isNext({ epoch: 1, sequence: 5 }, { epoch: 2, sequence: 2 })).toBe(false);
  expect(isNext({ epoch: 2, sequence: 5 }, { epoch: 1, sequence: 1 })).toBe(false);
});
