import { hexKind, hexLines } from './hex-lines.ts';
import { encodeReg } from './reg-encoding.ts';
import { HEADERS } from './reg-syntax.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryValue } from './registry-tree.ts';
import { REG } from './value-type.ts';

const LINE_END = '\r\n';

/** Characters that would not come back from between quotation marks, whoever reads them. */
const CONTROL = /[\0-\x1f\x7f]/;

/** A `.reg` file of version 5 that says this. */
export function writeReg(edits: readonly RegistryEdit[], encoding: 'utf-16le' | 'utf-8'): Buffer {
  const lines: string[] = [HEADERS[5], ''];
  let key: string | null = null;
  for (const edit of edits) {
    if (edit.kind === 'deleteKey') {
      lines.push(`[-${edit.key}]`, '');
      key = null;
    } else if (edit.kind === 'key' || edit.key !== key) {
      if (key !== null) lines.push('');
      ({ key } = edit);
      lines.push(`[${key}]`);
    }
    if (edit.kind === 'set') lines.push(valueLine(edit.value));
    if (edit.kind === 'unset') lines.push(`${nameText(edit.name)}=-`);
  }
  // Samba passes over a last value that no empty line follows.
  lines.push('', '');
  return encodeReg(lines.join(LINE_END), encoding);
}

function nameText(name: string): string {
  return name === '' ? '@' : `"${escaped(name)}"`;
}

/** Line breaks in names as Wine writes them; regedit would read letters. They are very rare. */
function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\0', '\\0');
}

function valueLine(value: RegistryValue): string {
  const { type, data } = value;
  const name = nameText(value.name);
  if (type === REG.sz) {
    const text = plainText(data);
    if (text !== null) return `${name}="${escaped(text)}"`;
  }
  if (type === REG.dword && data.length === 4) {
    return `${name}=dword:${Buffer.from(data).readUInt32LE().toString(16).padStart(8, '0')}`;
  }
  return hexLines(`${name}=${hexKind(type)}`, data).join(`\\${LINE_END}`);
}

/** Of a string that ends in its one NUL and can stand between quotation marks; null of anything else. */
function plainText(data: Uint8Array): string | null {
  if (data.length < 2 || data.length % 2 === 1) return null;
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf16le');
  if (!text.endsWith('\0')) return null;
  const plain = text.slice(0, -1);
  return CONTROL.test(plain) || !plain.isWellFormed() ? null : plain;
}
