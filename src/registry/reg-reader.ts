import { keyPath, VALUE_NAME_LENGTH_MAX } from './key-path.ts';
import { decodeReg, type RegEncoding } from './reg-encoding.ts';
import { RegScanner } from './reg-scanner.ts';
import { HEADERS, type RegVersion } from './reg-syntax.ts';
import type { RegistryEdit } from './registry-edit.ts';
import { REG, TEXT_TYPES } from './value-type.ts';

/** What a `.reg` file says. */
interface RegText {
  readonly version: RegVersion;
  readonly encoding: RegEncoding;
  readonly edits: readonly RegistryEdit[];
}

/**
 * Reads a `.reg` file as regedit, Samba and Wine write them: versions 4 and 5, UTF-16 or UTF-8, continued lines,
 * comments, deletions. Takes time and memory in proportion to the bytes.
 * @throws RegSyntaxError with the first thing found wrong.
 */
export function readReg(bytes: Uint8Array): RegText {
  const { text, encoding } = decodeReg(bytes);
  const scanner = new RegScanner(text);
  const version = readHeader(scanner);
  const edits: RegistryEdit[] = [];
  let key: string | null = null;
  for (scanner.skipToStatement(); !scanner.isAtEnd; scanner.skipToStatement()) {
    const start = scanner.at;
    if (scanner.take('[')) {
      const edit = readKey(scanner, start);
      key = edit.kind === 'key' ? edit.key : null;
      edits.push(edit);
    } else {
      const name = readName(scanner);
      if (key === null) return scanner.fail('a value without a key above it', start);
      edits.push(readValue(scanner, { key, name, version }));
      scanner.endLine();
    }
  }
  return { version, encoding, edits };
}

function readHeader(scanner: RegScanner): RegVersion {
  scanner.skipToStatement();
  const start = scanner.at;
  const line = scanner.restOfLine().trimEnd();
  if (line === HEADERS[5]) return 5;
  if (line === HEADERS[4]) return 4;
  return scanner.fail(`the first line is not "${HEADERS[5]}"`, start);
}

function readKey(scanner: RegScanner, start: number): RegistryEdit & { kind: 'key' | 'deleteKey' } {
  const line = scanner.restOfLine().trimEnd();
  // A name may hold the closing bracket, too.
  const end = line.lastIndexOf(']');
  if (end === -1) return scanner.fail('a key without its closing bracket', start);
  if (end !== line.length - 1) return scanner.fail('something else behind the key', start + end + 2);
  const kind = line.startsWith('-') ? 'deleteKey' : 'key';
  const named = keyPath(line.slice(kind === 'deleteKey' ? 1 : 0, end));
  if ('fault' in named) return scanner.fail(`the key ${named.fault}`, start + 1);
  if (kind === 'deleteKey' && !named.path.includes('\\')) return scanner.fail('a hive can’t be deleted', start + 1);
  return { kind, key: named.path };
}

function readName(scanner: RegScanner): string {
  const start = scanner.at;
  let name = '';
  if (!scanner.take('@')) {
    if (!scanner.take('"')) return scanner.fail('neither a key nor a value');
    name = scanner.quoted();
  }
  if (name.length > VALUE_NAME_LENGTH_MAX) {
    return scanner.fail(`a name of more than ${VALUE_NAME_LENGTH_MAX} characters`, start);
  }
  scanner.skipBlanks();
  if (!scanner.take('=')) return scanner.fail('= is missing behind the name');
  scanner.skipBlanks();
  return name;
}

function readValue(
  scanner: RegScanner,
  at: { readonly key: string; readonly name: string; readonly version: RegVersion },
): RegistryEdit {
  const { key, name, version } = at;
  const set = (type: number, data: Uint8Array): RegistryEdit => ({ kind: 'set', key, value: { name, type, data } });
  if (scanner.take('-')) return { kind: 'unset', key, name };
  if (scanner.take('"')) return set(REG.sz, Buffer.from(`${scanner.quoted()}\0`, 'utf16le'));
  if (scanner.take('dword:')) {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(scanner.hexNumber());
    return set(REG.dword, data);
  }
  if (!scanner.take('hex')) return scanner.fail('no value: neither text, dword:, hex: nor -');
  let type: number = REG.binary;
  if (scanner.take('(')) {
    type = scanner.hexNumber();
    if (!scanner.take(')')) return scanner.fail(') is missing behind the type');
  }
  if (!scanner.take(':')) return scanner.fail(': is missing behind hex');
  const data = scanner.hexBytes();
  // Version 4 has text in one byte a character.
  return set(type, version === 4 && TEXT_TYPES.has(type) ? widened(data) : data);
}

function widened(data: Buffer): Buffer {
  return Buffer.from(new TextDecoder('windows-1252').decode(data), 'utf16le');
}
