declare const bytes: unique symbol;

/**
 * A file name, path or link target as Linux knows it: any bytes but NUL, one byte in each character
 * (code points 0 to 255). Such strings sort in byte order, take one byte a character in memory, and
 * carry names that are not UTF-8 unharmed. People see them through {@link toDisplay}.
 */
export type ByteString = string & { readonly [bytes]: 'ByteString' };

const NON_ASCII = /[^\x00-\x7f]/;

/** The bytes of UTF-8 text, such as a path from the settings. */
export function fromText(text: string): ByteString {
  return (NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text) as ByteString;
}

/** Takes a string that already holds one byte in each character (`readdir` with encoding `latin1`). */
export function fromLatin1(text: string): ByteString {
  return text as ByteString;
}

/** The bytes themselves, without a closing NUL. */
export function toBytes(value: ByteString): Buffer {
  return Buffer.from(value, 'latin1');
}

/** As UTF-8 where it is that, otherwise with the odd bytes as `\xNN`, so that every name can be shown. */
export function toDisplay(value: ByteString): string {
  if (!NON_ASCII.test(value)) return value;
  const raw = toBytes(value);
  const text = raw.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(raw)) return text;
  return value.replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** `folder/name`; the root folder is the empty string or `/`. */
export function joinPath(folder: ByteString, name: ByteString): ByteString {
  if (folder === '') return name;
  return (folder.endsWith('/') ? folder + name : `${folder}/${name}`) as ByteString;
}

/** Is it the folder itself, or something below it? Names are compared whole. */
export function isWithin(path: ByteString, folder: ByteString): boolean {
  return (
    path.startsWith(folder) && (path.length === folder.length || folder.endsWith('/') || path[folder.length] === '/')
  );
}
