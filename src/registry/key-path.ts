/*
 * A key is named by its path: the hive, then the names of keys, with backslashes between. Names may hold any
 * other character. They are UTF-16 as Windows has it, lone surrogates included, and so are strings here.
 */

/** Hives by their full names, with the short ones that people type. */
const HIVES: readonly (readonly [full: string, short: string])[] = [
  ['HKEY_LOCAL_MACHINE', 'HKLM'],
  ['HKEY_USERS', 'HKU'],
  ['HKEY_CURRENT_USER', 'HKCU'],
  ['HKEY_CLASSES_ROOT', 'HKCR'],
  ['HKEY_CURRENT_CONFIG', 'HKCC'],
];

/** As Windows bounds them, in characters. */
export const KEY_NAME_LENGTH_MAX = 255;
export const VALUE_NAME_LENGTH_MAX = 16_383;
/** Keys below one another. */
export const KEY_DEPTH_MAX = 512;

/** The hive's full name; null where there is no such hive. */
function hiveNamed(text: string): string | null {
  const upper = text.toUpperCase();
  return HIVES.find((names) => names.includes(upper))?.[0] ?? null;
}

/** The path with the hive's full name. @returns why it can't be a key's path, where it can't. */
export function keyPath(text: string): { readonly path: string } | { readonly fault: string } {
  const parts = text.split('\\');
  const hive = hiveNamed(parts[0] ?? '');
  if (hive === null) return { fault: `begins with no hive (${HIVES.map(([, short]) => short).join(', ')})` };
  if (parts.length - 1 > KEY_DEPTH_MAX) return { fault: `has more than ${KEY_DEPTH_MAX} keys below one another` };
  for (const part of parts.slice(1)) {
    if (part === '') return { fault: 'has an empty name between two backslashes, or at its end' };
    if (part.length > KEY_NAME_LENGTH_MAX)
      return { fault: `has a name of more than ${KEY_NAME_LENGTH_MAX} characters` };
    if (/[\0\r\n]/.test(part)) return { fault: 'has a name with a line break or a NUL' };
  }
  return { path: [hive, ...parts.slice(1)].join('\\') };
}

/** As people read it: with the hive's short name. */
export function shownKey(path: string): string {
  const end = path.indexOf('\\');
  const hive = end === -1 ? path : path.slice(0, end);
  const short = HIVES.find(([full]) => full === hive)?.[1] ?? hive;
  return end === -1 ? short : short + path.slice(end);
}

/** The path of the key above; null for a hive. Works on folded paths, too. */
export function parentOf(path: string): string | null {
  const end = path.lastIndexOf('\\');
  return end === -1 ? null : path.slice(0, end);
}

const ASCII = /^[\x00-\x7f]*$/;

const FINAL_SIGMA = 'ς';

/**
 * What is equal here is the same name: each UTF-16 unit in upper case, as Windows compares; where that is one unit, and
 * this is its lower case. `µ`, `ı` and `ſ` are no other names for the Greek letter, `I` and `S`, in Samba neither.
 */
export function fold(name: string): string {
  if (ASCII.test(name)) return name.toUpperCase();
  let folded = '';
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charAt(at);
    const upper = unit.toUpperCase();
    const isPair = upper.length === 1 && (upper.toLowerCase() === unit || unit === FINAL_SIGMA);
    folded += isPair ? upper : unit;
  }
  return folded;
}
