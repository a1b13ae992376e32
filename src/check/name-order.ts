import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';

/** Longest file name on Linux, in bytes (NAME_MAX, limits.h). */
const NAME_BYTES_MAX = 255;

const SLASH = 0x2f;

/**
 * A possible file name that sorts before `name` with no other possible one between them (empty where
 * none sorts before), so that the range after it and up to `name` holds that one name only.
 */
export function predecessor(name: ByteString): ByteString {
  const cut = name.length - 1;
  const byte = name.charCodeAt(cut);
  const prefix = fromLatin1(name.slice(0, cut));
  // No name holds NUL, so nothing lies between "ab" and "ab\x01"; and the dot folders are no names.
  if (byte <= 1) return prefix === '.' || prefix === '..' ? predecessor(prefix) : prefix;
  const lower = byte - 1 === SLASH ? byte - 2 : byte - 1;
  return fromLatin1((prefix + String.fromCharCode(lower)).padEnd(NAME_BYTES_MAX, '\xff'));
}
