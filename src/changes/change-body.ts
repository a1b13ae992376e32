import type {
  Attributes,
  Change,
  ChangeKind,
  CheckBegin,
  CreateChange,
  FolderEntry,
  NodeType,
  RenameChange,
  VerifyContent,
  VerifyFolder,
} from './change.ts';
import { FOLDER_ENTRIES_MAX, RANGES_MAX } from './change.ts';
import type { ByteReader } from './byte-reader.ts';
import { EXACTNESS_BYTES, readExactness, writeExactness } from './exactness-body.ts';
import { filtersBytes, readFilters, writeFilters } from './filters-body.ts';
import { folderStateBytes, readFolderState, writeFolderState } from './folder-state-body.ts';
import { type ByteWriter, INTEGER_BYTES } from './byte-writer.ts';

/** Numbers of the kinds on disk and on the wire: never used again, never renumbered. */
export const KIND_NUMBERS: Readonly<Record<ChangeKind, number>> = {
  root: 1,
  create: 2,
  content: 3,
  write: 4,
  attributes: 5,
  rename: 6,
  link: 7,
  unlink: 8,
  checkBegin: 9,
  verifyFolder: 10,
  verifyContent: 11,
  checkEnd: 12,
  folderState: 13,
  filters: 14,
  exactness: 15,
  registry: 16,
};

const KINDS: readonly (ChangeKind | undefined)[] = [undefined, ...(Object.keys(KIND_NUMBERS) as ChangeKind[])];
const TYPES: readonly NodeType[] = ['file', 'folder', 'symlink', 'fifo', 'characterDevice', 'blockDevice'];
const TYPE_BITS = 7;
const LINKED = 8;
const HASHED = 16;
const TARGET = 32;

/** Of attributes without anything extended: what they take at least. */
export const ATTRIBUTES_BYTES_MIN = 2 + 4 + 4 + 8 + 4;
/** Beside a mode: more than the least follows. */
const EXTENDED = 0x8000;
const ENTRY_BYTES = 1 + INTEGER_BYTES + 1 + INTEGER_BYTES;

export function attributesBytes({ extended }: Attributes): number {
  return extended === undefined || extended === '' ? ATTRIBUTES_BYTES_MIN : ATTRIBUTES_BYTES_MIN + 4 + extended.length;
}

/** Exact size of a body. */
export function bodyBytes(change: Change): number {
  switch (change.kind) {
    case 'filters':
      return filtersBytes(change);
    case 'exactness':
      return EXACTNESS_BYTES;
    case 'root':
      return INTEGER_BYTES + 2 + change.folder.length;
    case 'folderState':
      return folderStateBytes(change);
    case 'create':
      return (
        3 * INTEGER_BYTES + 2 + change.name.length + attributesBytes(change.attributes) + 4 + change.content.length
      );
    case 'content':
      return INTEGER_BYTES + attributesBytes(change.attributes) + 4 + change.content.length;
    case 'write':
      return 3 * INTEGER_BYTES + attributesBytes(change.attributes) + 4 + change.content.length;
    case 'attributes':
      return INTEGER_BYTES + attributesBytes(change.attributes);
    case 'rename':
      return 3 * INTEGER_BYTES + 2 + change.name.length + change.newName.length;
    case 'link':
    case 'unlink':
      return 2 * INTEGER_BYTES + 1 + change.name.length;
    case 'checkBegin':
      return 3 * INTEGER_BYTES + 1;
    case 'verifyFolder':
      return folderBytes(change);
    case 'verifyContent':
      return 4 * INTEGER_BYTES + attributesBytes(change.attributes) + 2 + 8 * change.hashes.length;
    case 'checkEnd':
      return INTEGER_BYTES + 1;
    case 'registry':
      return INTEGER_BYTES + 1 + 4 + change.content.length;
  }
}

function folderBytes(change: VerifyFolder): number {
  let bytes = 2 * INTEGER_BYTES + attributesBytes(change.attributes) + 1 + 1 + change.after.length + 2;
  for (const entry of change.entries) bytes += folderEntryBytes(entry);
  return bytes;
}

/** What one entry adds to a verifyFolder record. */
export function folderEntryBytes(entry: FolderEntry): number {
  const hash = entry.hash === 0n ? 0 : 8;
  const target = entry.target === '' ? 0 : 2 + entry.target.length;
  return ENTRY_BYTES + entry.name.length + attributesBytes(entry.attributes) + hash + target;
}

/** Writes a body that keeps the rules of change-rules.ts. */
export function writeBody(out: ByteWriter, change: Change): void {
  switch (change.kind) {
    case 'filters':
      return writeFilters(out, change);
    case 'exactness':
      return writeExactness(out, change);
    case 'root':
      out.integer(change.node);
      out.u16(change.folder.length);
      return out.latin1(change.folder);
    case 'folderState':
      return writeFolderState(out, change);
    case 'create':
      return writeCreate(out, change);
    case 'content':
      out.integer(change.node);
      writeAttributes(out, change.attributes);
      return writeContent(out, change.content);
    case 'write':
      out.integer(change.node);
      writeAttributes(out, change.attributes);
      out.integer(change.sizeBytes);
      out.integer(change.offset);
      return writeContent(out, change.content);
    case 'attributes':
      out.integer(change.node);
      return writeAttributes(out, change.attributes);
    case 'rename':
      return writeRename(out, change);
    case 'link':
    case 'unlink':
      out.integer(change.node);
      out.integer(change.parent);
      return writeName(out, change.name);
    case 'checkBegin':
      return writeCheckBegin(out, change);
    case 'verifyFolder':
      return writeVerifyFolder(out, change);
    case 'verifyContent':
      return writeVerifyContent(out, change);
    case 'checkEnd':
      out.integer(change.check);
      return out.u8(change.finished ? 1 : 0);
    case 'registry':
      out.integer(change.piece);
      out.u8(change.last ? 1 : 0);
      return writeContent(out, change.content);
  }
}

export function writeAttributes(out: ByteWriter, attributes: Attributes): void {
  const extended = attributes.extended ?? '';
  out.u16(attributes.mode | (extended === '' ? 0 : EXTENDED));
  out.u32(attributes.uid);
  out.u32(attributes.gid);
  out.signed(attributes.mtimeSeconds);
  out.u32(attributes.mtimeNanoseconds);
  if (extended === '') return;
  out.u32(extended.length);
  out.latin1(extended);
}

function writeName(out: ByteWriter, name: string): void {
  out.u8(name.length);
  out.latin1(name);
}

function writeContent(out: ByteWriter, content: Uint8Array): void {
  out.u32(content.length);
  out.raw(content);
}

function writeCreate(out: ByteWriter, change: CreateChange): void {
  out.integer(change.node);
  out.integer(change.parent);
  writeName(out, change.name);
  out.u8(TYPES.indexOf(change.type));
  writeAttributes(out, change.attributes);
  out.integer(change.sizeBytes);
  writeContent(out, change.content);
}

function writeRename(out: ByteWriter, change: RenameChange): void {
  out.integer(change.node);
  out.integer(change.parent);
  writeName(out, change.name);
  out.integer(change.newParent);
  writeName(out, change.newName);
}

function writeCheckBegin(out: ByteWriter, change: CheckBegin): void {
  out.integer(change.check);
  out.u8((change.mode === 'full' ? 1 : 0) | (change.repair ? 2 : 0) | (change.complete ? 4 : 0));
  out.integer(change.itemsTotal);
  out.integer(change.bytesTotal);
}

function writeVerifyFolder(out: ByteWriter, change: VerifyFolder): void {
  out.integer(change.check);
  out.integer(change.node);
  writeAttributes(out, change.attributes);
  out.u8((change.attributesCount ? 1 : 0) | (change.last ? 2 : 0));
  writeName(out, change.after);
  out.u16(change.entries.length);
  for (const entry of change.entries) {
    const hashed = entry.hash !== 0n;
    writeName(out, entry.name);
    out.integer(entry.node);
    out.u8(
      TYPES.indexOf(entry.type) |
        (entry.linked ? LINKED : 0) |
        (hashed ? HASHED : 0) |
        (entry.target === '' ? 0 : TARGET),
    );
    writeAttributes(out, entry.attributes);
    out.integer(entry.sizeBytes);
    if (hashed) out.u64(entry.hash);
    if (entry.target !== '') {
      out.u16(entry.target.length);
      out.latin1(entry.target);
    }
  }
}

function writeVerifyContent(out: ByteWriter, change: VerifyContent): void {
  out.integer(change.check);
  out.integer(change.node);
  writeAttributes(out, change.attributes);
  out.integer(change.sizeBytes);
  out.integer(change.firstRange);
  out.u8(change.last ? 1 : 0);
  out.u8(change.hashes.length);
  for (const hash of change.hashes) out.u64(hash);
}

/** Reads a body. What the bytes say still has to pass change-rules.ts. */
export function readBody(from: ByteReader, kindNumber: number): Change {
  const kind = KINDS[kindNumber];
  switch (kind) {
    case undefined:
      return from.fail('unknown kind');
    case 'filters':
      return readFilters(from);
    case 'exactness':
      return readExactness(from);
    case 'root':
      return { kind, node: from.integer(), folder: from.latin1(from.u16()) };
    case 'folderState':
      return readFolderState(from);
    case 'create':
      return readCreate(from);
    case 'content':
      return { kind, node: from.integer(), attributes: readAttributes(from), content: from.view(from.u32()) };
    case 'write':
      return {
        kind,
        node: from.integer(),
        attributes: readAttributes(from),
        sizeBytes: from.integer(),
        offset: from.integer(),
        content: from.view(from.u32()),
      };
    case 'attributes':
      return { kind, node: from.integer(), attributes: readAttributes(from) };
    case 'rename':
      return {
        kind,
        node: from.integer(),
        parent: from.integer(),
        name: from.latin1(from.u8()),
        newParent: from.integer(),
        newName: from.latin1(from.u8()),
      };
    case 'link':
    case 'unlink':
      return { kind, node: from.integer(), parent: from.integer(), name: from.latin1(from.u8()) };
    case 'checkBegin':
      return readCheckBegin(from);
    case 'verifyFolder':
      return readVerifyFolder(from);
    case 'verifyContent':
      return readVerifyContent(from);
    case 'checkEnd':
      return { kind, check: from.integer(), finished: from.flags(1) === 1 };
    case 'registry':
      return { kind, piece: from.integer(), last: from.flags(1) === 1, content: from.view(from.u32()) };
  }
}

export function readAttributes(from: ByteReader): Attributes {
  const mode = from.u16();
  const uid = from.u32();
  const gid = from.u32();
  const mtimeSeconds = from.signed();
  const mtimeNanoseconds = from.u32();
  const length = (mode & EXTENDED) === 0 ? 0 : from.u32();
  if ((mode & EXTENDED) !== 0 && length === 0) from.fail('extended attributes that count are none');
  return { mode: mode & ~EXTENDED, uid, gid, mtimeSeconds, mtimeNanoseconds, extended: from.latin1(length) };
}

function readType(from: ByteReader, number: number): NodeType {
  return TYPES[number] ?? from.fail('unknown type of node');
}

function readCreate(from: ByteReader): CreateChange {
  return {
    kind: 'create',
    node: from.integer(),
    parent: from.integer(),
    name: from.latin1(from.u8()),
    type: readType(from, from.u8()),
    attributes: readAttributes(from),
    sizeBytes: from.integer(),
    content: from.view(from.u32()),
  };
}

function readCheckBegin(from: ByteReader): CheckBegin {
  const check = from.integer();
  const flags = from.flags(7);
  return {
    kind: 'checkBegin',
    check,
    mode: (flags & 1) !== 0 ? 'full' : 'fast',
    repair: (flags & 2) !== 0,
    complete: (flags & 4) !== 0,
    itemsTotal: from.integer(),
    bytesTotal: from.integer(),
  };
}

function readVerifyFolder(from: ByteReader): VerifyFolder {
  const check = from.integer();
  const node = from.integer();
  const attributes = readAttributes(from);
  const flags = from.flags(3);
  const after = from.latin1(from.u8());
  const count = from.u16();
  if (count > FOLDER_ENTRIES_MAX || count * ENTRY_BYTES > from.remaining) from.fail('too many folder entries');
  const entries: FolderEntry[] = [];
  for (let index = 0; index < count; index += 1) entries.push(readEntry(from));
  return {
    kind: 'verifyFolder',
    check,
    node,
    attributes,
    attributesCount: (flags & 1) !== 0,
    after,
    last: (flags & 2) !== 0,
    entries,
  };
}

function readEntry(from: ByteReader): FolderEntry {
  const name = from.latin1(from.u8());
  const node = from.integer();
  const flags = from.flags(TYPE_BITS | LINKED | HASHED | TARGET);
  const type = readType(from, flags & TYPE_BITS);
  const attributes = readAttributes(from);
  const sizeBytes = from.integer();
  const hash = (flags & HASHED) !== 0 ? from.u64() : 0n;
  if ((flags & HASHED) !== 0 && hash === 0n) from.fail('a hash that counts is zero');
  const target = from.latin1((flags & TARGET) !== 0 ? from.u16() : 0);
  return { name, node, type, attributes, sizeBytes, hash, target, linked: (flags & LINKED) !== 0 };
}

function readVerifyContent(from: ByteReader): VerifyContent {
  const check = from.integer();
  const node = from.integer();
  const attributes = readAttributes(from);
  const sizeBytes = from.integer();
  const firstRange = from.integer();
  const last = from.flags(1) === 1;
  const count = from.u8();
  if (count > RANGES_MAX || count * 8 > from.remaining) from.fail('too many ranges');
  const hashes: bigint[] = [];
  for (let index = 0; index < count; index += 1) hashes.push(from.u64());
  return { kind: 'verifyContent', check, node, attributes, sizeBytes, firstRange, hashes, last };
}
