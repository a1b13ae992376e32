import {
  type Attributes,
  type Change,
  type CreateChange,
  FILTER_BYTES_MAX,
  type FiltersChange,
  FOLDER_ENTRIES_MAX,
  type FolderEntry,
  INLINE_BYTES_MAX,
  RANGE_BYTES,
  RANGES_MAX,
  REGISTRY_PIECE_BYTES,
  type RegistryChange,
  type VerifyContent,
  type VerifyFolder,
} from './change.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { unpackExtended } from './extended.ts';
import { isDevice, parseDeviceTarget } from './node-type.ts';

/** Longest name, and longest path with its closing NUL not counted (limits.h: NAME_MAX, PATH_MAX). */
export const NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 4095;

const MARK_LENGTH_MAX = 64;
const RANGE_MAX = Math.floor(Number.MAX_SAFE_INTEGER / RANGE_BYTES) - RANGES_MAX;

/**
 * What is wrong with a change, null where it keeps the rules. The same rules hold where a change is
 * encoded (breaking them is a bug) and where it is decoded (then the bytes are malformed).
 */
export function objectionTo(change: Change): string | null {
  switch (change.kind) {
    case 'filters':
      return filters(change);
    case 'exactness':
      return sizes(change.resume, change.answers);
    case 'root':
      return nodes(change.node) ?? rootFolder(change.folder);
    case 'folderState':
      return rootFolder(change.folder) ?? mark(change.fileSystem) ?? mark(change.identity) ?? sizes(change.items ?? 0);
    case 'create':
      return (
        nodes(change.node, change.parent) ??
        nameOf(change.name) ??
        objectionToAttributes(change.attributes) ??
        create(change)
      );
    case 'content':
      return nodes(change.node) ?? objectionToAttributes(change.attributes) ?? inline(change.content);
    case 'write':
      return (
        nodes(change.node) ??
        objectionToAttributes(change.attributes) ??
        sizes(change.sizeBytes, change.offset, change.offset + change.content.length)
      );
    case 'attributes':
      return nodes(change.node) ?? objectionToAttributes(change.attributes);
    case 'rename':
      return (
        nodes(change.node, change.parent) ?? nodes(change.newParent) ?? nameOf(change.name) ?? nameOf(change.newName)
      );
    case 'link':
    case 'unlink':
      return nodes(change.node, change.parent) ?? nameOf(change.name);
    case 'checkBegin':
      return sizes(change.check, change.itemsTotal, change.bytesTotal);
    case 'verifyFolder':
      return (
        sizes(change.check) ?? nodes(change.node) ?? objectionToAttributes(change.attributes) ?? verifyFolder(change)
      );
    case 'verifyContent':
      return (
        sizes(change.check) ?? nodes(change.node) ?? objectionToAttributes(change.attributes) ?? verifyContent(change)
      );
    case 'checkEnd':
      return sizes(change.check);
    case 'registry':
      return sizes(change.piece) ?? registry(change);
  }
}

export function objectionToAttributes(attributes: Attributes): string | null {
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds, extended = '' } = attributes;
  if (!isWhole(mode) || mode > 0o7777) return 'a mode has bits beyond 07777';
  if (!isWhole(uid) || !isWhole(gid) || uid > 0xffffffff || gid > 0xffffffff) return 'an owner is beyond 32 bits';
  if (!Number.isSafeInteger(mtimeSeconds)) return 'a time is not a whole number of seconds';
  if (!isWhole(mtimeNanoseconds) || mtimeNanoseconds > 999_999_999) return 'nanoseconds are out of bounds';
  return extended === '' || unpackExtended(extended as ByteString) !== null
    ? null
    : 'extended attributes are malformed';
}

/** One component of a path: what may safely be looked up inside a folder. */
export function nameOf(name: string): string | null {
  if (name.length === 0 || name.length > NAME_BYTES_MAX) return 'a name is empty or too long';
  if (name.includes('/') || name.includes('\0')) return 'a name holds a slash or a NUL';
  return name === '.' || name === '..' ? 'a name is a dot folder' : null;
}

function rootFolder(folder: string): string | null {
  if (!folder.startsWith('/')) return 'a protected folder is not absolute';
  if (folder.length > PATH_BYTES_MAX) return 'a protected folder is too long';
  if (folder === '/') return null;
  return folder
    .slice(1)
    .split('/')
    .every((part) => nameOf(part) === null)
    ? null
    : 'a protected folder is no plain path';
}

function filters({ include, exclude }: FiltersChange): string | null {
  let bytes = 0;
  for (const pattern of [...include, ...exclude]) {
    if (!pattern.startsWith('/') || pattern.includes('\0')) return 'a pattern is not absolute or holds a NUL';
    bytes += pattern.length;
  }
  return bytes <= FILTER_BYTES_MAX ? null : 'the patterns are too long';
}

/** Printable ASCII: what tells file systems and folders apart. */
function mark(text: string): string | null {
  return text.length <= MARK_LENGTH_MAX && /^[!-~]*$/.test(text) ? null : 'a mark of a folder is malformed';
}

function target(length: number, holdsNul: boolean): string | null {
  return length === 0 || length > PATH_BYTES_MAX || holdsNul ? 'a link target is empty, too long or holds a NUL' : null;
}

function device(number: ByteString): string | null {
  return parseDeviceTarget(number) === null ? 'a device has no number' : null;
}

function create(change: CreateChange): string | null {
  const { type, sizeBytes, content } = change;
  const size = sizes(sizeBytes);
  if (size !== null) return size;
  if (type === 'symlink') return target(content.length, content.includes(0));
  if (isDevice(type)) return device(Buffer.from(content).toString('latin1') as ByteString);
  if (type !== 'file') return content.length === 0 ? null : 'what is no file has content';
  const whole = sizeBytes > INLINE_BYTES_MAX ? 0 : sizeBytes;
  return content.length === whole ? null : 'content and size of a new file differ';
}

function registry({ content, last }: RegistryChange): string | null {
  const isFull = content.length === REGISTRY_PIECE_BYTES;
  return isFull || (last && content.length < REGISTRY_PIECE_BYTES)
    ? null
    : 'a piece of a registry batch has a wrong length';
}

function inline(content: Uint8Array): string | null {
  return content.length <= INLINE_BYTES_MAX ? null : 'inline content is too long';
}

function verifyFolder(change: VerifyFolder): string | null {
  if (change.entries.length > FOLDER_ENTRIES_MAX) return 'a folder record has too many entries';
  let before = change.after;
  if (before !== '') {
    const objection = nameOf(before);
    if (objection !== null) return objection;
  }
  for (const entry of change.entries) {
    const objection = folderEntry(entry);
    if (objection !== null) return objection;
    if (entry.name <= before) return 'folder entries are not in order';
    before = entry.name;
  }
  return null;
}

function folderEntry(entry: FolderEntry): string | null {
  const objection =
    nameOf(entry.name) ?? nodes(entry.node) ?? sizes(entry.sizeBytes) ?? objectionToAttributes(entry.attributes);
  if (objection !== null) return objection;
  if (entry.type === 'symlink') return target(entry.target.length, entry.target.includes('\0'));
  if (isDevice(entry.type)) return device(entry.target);
  return entry.target === '' ? null : 'what is no link has a target';
}

function verifyContent(change: VerifyContent): string | null {
  if (change.hashes.length > RANGES_MAX) return 'a content record names too many ranges';
  if (!isWhole(change.firstRange) || change.firstRange > RANGE_MAX) return 'a range is out of bounds';
  return sizes(change.sizeBytes);
}

/** Without rest parameters: this runs for every folder entry. */
function nodes(first: number, second = 0): string | null {
  return isWhole(first) && isWhole(second) ? null : 'a node id is no whole number';
}

function sizes(first: number, second = 0, third = 0): string | null {
  return isWhole(first) && isWhole(second) && isWhole(third) ? null : 'a number is negative or not whole';
}

export function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
