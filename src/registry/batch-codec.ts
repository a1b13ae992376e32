import { ByteReader } from '../changes/byte-reader.ts';
import { ByteWriter, INTEGER_BYTES } from '../changes/byte-writer.ts';
import { keyPath, VALUE_NAME_LENGTH_MAX } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';

/**
 * What the stream says of registries at one position: changes, or everything that is protected. All of a batch
 * is applied together.
 */
export interface RegistryBatch {
  /** Of the active server's capture: numbers of batches count within it. */
  readonly run: number;
  /** From 1 on, without gaps. */
  readonly number: number;
  readonly purpose: BatchPurpose;
  /** Of the check that somebody asked for and this is; 0 for none. */
  readonly check: number;
  readonly sections: readonly BatchSection[];
}

/** `whole` and `verify` state everything; the latter changes nothing. */
export type BatchPurpose = 'changes' | 'whole' | 'verify';

export interface BatchSection {
  /** The store's name in the settings. */
  readonly store: string;
  /** What is protected in it by the active server's settings. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** False where the active server could not read it: nothing is known of it. */
  readonly isRead: boolean;
  readonly edits: readonly RegistryEdit[];
}

/*
 * All numbers little-endian; text is UTF-16 behind its length in characters.
 *
 *   u8 version, u8 purpose, integer run, integer number, integer check, u16 sections; of each:
 *   text store, u8 isRead, u16 includes, texts, u16 excludes, texts, u32 edits; of each:
 *   u8 kind, text key (empty: the same as before), and by kind: text name; u32 type, u32 length, data
 */

const VERSION = 1;
const PURPOSES: readonly BatchPurpose[] = ['changes', 'whole', 'verify'];
const EDITS: readonly RegistryEdit['kind'][] = ['key', 'deleteKey', 'set', 'unset'];
const STORES_MAX = 1000;
/** A path of the deepest key with the longest names fits. */
const TEXT_LENGTH_MAX = 256 * 1024;

export function encodeBatch(batch: RegistryBatch): Buffer {
  const measure = new Measure();
  put(measure, batch);
  const out = new ByteWriter(measure.bytes);
  put(out, batch);
  return out.finish();
}

/** The same calls as ByteWriter's, which only count. */
class Measure {
  bytes = 0;
  u8(): void {
    this.bytes += 1;
  }
  u16(): void {
    this.bytes += 2;
  }
  u32(): void {
    this.bytes += 4;
  }
  integer(): void {
    this.bytes += INTEGER_BYTES;
  }
  raw(value: Uint8Array): void {
    this.bytes += value.length;
  }
  utf16(text: string): void {
    this.bytes += text.length * 2;
  }
}

type Out = Pick<ByteWriter, 'u8' | 'u16' | 'u32' | 'integer' | 'raw'>;

function put(out: Out, batch: RegistryBatch): void {
  out.u8(VERSION);
  out.u8(PURPOSES.indexOf(batch.purpose));
  for (const number of [batch.run, batch.number, batch.check]) out.integer(number);
  out.u16(batch.sections.length);
  for (const section of batch.sections) {
    putText(out, section.store);
    out.u8(section.isRead ? 1 : 0);
    for (const patterns of [section.include, section.exclude]) {
      out.u16(patterns.length);
      for (const pattern of patterns) putText(out, pattern);
    }
    putEdits(out, section.edits);
  }
}

function putEdits(out: Out, edits: readonly RegistryEdit[]): void {
  out.u32(edits.length);
  let key = '';
  for (const edit of edits) {
    out.u8(EDITS.indexOf(edit.kind));
    putText(out, edit.key === key ? '' : edit.key);
    ({ key } = edit);
    if (edit.kind === 'unset') putText(out, edit.name);
    if (edit.kind !== 'set') continue;
    putText(out, edit.value.name);
    out.u32(edit.value.type);
    out.u32(edit.value.data.length);
    out.raw(edit.value.data);
  }
}

function putText(out: Out, text: string): void {
  out.u32(text.length);
  // Making the bytes takes longer than all else.
  if (out instanceof Measure) out.utf16(text);
  else out.raw(Buffer.from(text, 'utf16le'));
}

/** The check that a batch is of, by its first bytes. @throws MalformedRecord */
export function checkOf(beginning: Buffer): number {
  const from = new ByteReader(beginning, { start: 0, at: 0, end: beginning.length });
  if (from.u8() !== VERSION) from.fail('a batch of an unknown version');
  from.u8();
  const [, , check] = [from.integer(), from.integer(), from.integer()];
  return check;
}

/** Never allocates more than a small multiple of the bytes. @throws MalformedRecord */
export function decodeBatch(bytes: Buffer): RegistryBatch {
  const from = new ByteReader(bytes, { start: 0, at: 0, end: bytes.length });
  if (from.u8() !== VERSION) from.fail('a batch of an unknown version');
  const purpose = PURPOSES[from.u8()] ?? from.fail('a batch of an unknown purpose');
  const [run, number, check] = [from.integer(), from.integer(), from.integer()];
  const count = from.u16();
  if (count > STORES_MAX) from.fail('too many stores');
  const sections: BatchSection[] = [];
  while (sections.length < count) sections.push(getSection(from));
  from.finish();
  return { run, number, purpose, check, sections };
}

function getSection(from: ByteReader): BatchSection {
  const store = getText(from);
  const isRead = from.flags(1) === 1;
  const [include, exclude] = [getPatterns(from), getPatterns(from)];
  return { store, include, exclude, isRead, edits: getEdits(from) };
}

function getPatterns(from: ByteReader): string[] {
  const patterns: string[] = [];
  for (let left = from.u16(); left > 0; left -= 1) patterns.push(getText(from));
  return patterns;
}

function getEdits(from: ByteReader): RegistryEdit[] {
  const edits: RegistryEdit[] = [];
  let key = '';
  // Each takes bytes that are there: a count beyond them fails at the first one that is missing.
  for (let left = from.u32(); left > 0; left -= 1) {
    const kind = EDITS[from.u8()] ?? from.fail('an unknown kind of edit');
    const named = getText(from);
    if (named !== '') key = checkedKey(from, named);
    if (key === '') from.fail('an edit without a key');
    edits.push(getEdit(from, kind, key));
  }
  return edits;
}

function getEdit(from: ByteReader, kind: RegistryEdit['kind'], key: string): RegistryEdit {
  if (kind === 'key' || kind === 'deleteKey') return { kind, key };
  const name = getText(from);
  if (name.length > VALUE_NAME_LENGTH_MAX) from.fail('a name of a value is too long');
  if (kind === 'unset') return { kind, key, name };
  const type = from.u32();
  return { kind, key, value: { name, type, data: from.view(from.u32()) } };
}

function checkedKey(from: ByteReader, text: string): string {
  const named = keyPath(text);
  return 'path' in named ? named.path : from.fail('a key is malformed');
}

function getText(from: ByteReader): string {
  const length = from.u32();
  if (length > TEXT_LENGTH_MAX) from.fail('a text is too long');
  return from.view(length * 2).toString('utf16le');
}
