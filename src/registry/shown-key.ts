import { createHash } from 'node:crypto';
import { fold, keyPath, shownKey } from './key-path.ts';
import type { RegistryTree } from './registry-tree.ts';
import { REG, typeName } from './value-type.ts';

const SHOWN_BYTES = 64;
const HASH_DIGITS = 16;

/** A key as findings and lists name it, with the store it is in. */
export function shownItem(store: string, path: string): string {
  return `${store}:${shownKey(path)}`;
}

export function shownValue(name: string): string {
  return name === '' ? 'the default value' : `the value "${name}"`;
}

/** The store and the key that people mean by `file:HKLM\Software\Acme`; null where it is not of this form. */
export function keyNamed(item: string): { readonly store: string; readonly key: string } | null {
  const colon = item.indexOf(':');
  if (colon < 1) return null;
  const named = keyPath(item.slice(colon + 1));
  return 'path' in named ? { store: item.slice(0, colon), key: named.path } : null;
}

/** What a key holds, each value by its name in lower case, as text; null where it is not there. */
export function shownValues(tree: RegistryTree, key: string): Record<string, string> | null {
  const found = tree.get(key);
  if (found === undefined) return null;
  const shown: Record<string, string> = {};
  for (const { name, type, data } of found.values.values()) {
    shown[nameOf(name)] = `${typeName(type)} ${shownData(type, data)}`;
  }
  return shown;
}

/** Hashes of the data that is too long to be shown as a whole, by the same names: two values may begin alike. */
export function hashesOfLong(tree: RegistryTree, key: string): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const { name, data } of tree.get(key)?.values.values() ?? []) {
    if (data.length <= SHOWN_BYTES) continue;
    hashes[nameOf(name)] = createHash('sha256').update(data).digest('hex').slice(0, HASH_DIGITS);
  }
  return hashes;
}

function nameOf(name: string): string {
  return shownValue(fold(name).toLowerCase());
}

function shownData(type: number, data: Uint8Array): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (type === REG.dword && data.length === 4) return `0x${bytes.readUInt32LE().toString(16)}`;
  const text = bytes.toString('utf16le');
  if ((type === REG.sz || type === REG.expandSz) && text.endsWith('\0') && text.length <= SHOWN_BYTES) {
    return JSON.stringify(text.slice(0, -1));
  }
  const hex = bytes.toString('hex', 0, SHOWN_BYTES);
  return data.length > SHOWN_BYTES ? `${hex}… (${data.length} bytes)` : hex;
}
