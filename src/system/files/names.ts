import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import { FileError } from '../../kernel/files.ts';
import type { NativeName } from '../native/native.ts';

const NOT_PLAIN_COMPONENT = /[^ -.0-~]/;
const NOT_PLAIN_PATH = /[^ -~]/;
const NOT_BYTES = /[\u0100-\uffff]/;

/**
 * One component of a path, as the C library takes it.
 * @throws FileError EINVAL where it is empty, `.` or `..`, or holds `/`, NUL or more than a byte in a character.
 */
export function nativeComponent(name: ByteString): NativeName {
  if (name.length <= 2 && (name === '' || name === '.' || name === '..')) throw refused(name);
  if (!NOT_PLAIN_COMPONENT.test(name)) return name;
  if (name.includes('/')) throw refused(name);
  return nativeBytes(name);
}

/**
 * A whole path, or the target of a symbolic link.
 * @throws FileError EINVAL where it holds NUL or more than a byte in a character.
 */
export function nativePath(path: ByteString): NativeName {
  return NOT_PLAIN_PATH.test(path) ? nativeBytes(path) : path;
}

/**
 * A name in an open folder as a path, for calls that take no folder. It leads through the descriptor,
 * so nothing on the way to the folder can lead elsewhere.
 * @throws FileError EINVAL as {@link nativeComponent}.
 */
export function nativePathIn(folder: number, name: ByteString): NativeName {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) throw refused(name);
  return nativePath(`/proc/self/fd/${folder}/${name}` as ByteString);
}

function nativeBytes(name: ByteString): Buffer {
  if (NOT_BYTES.test(name) || name.includes('\0')) throw refused(name);
  return Buffer.from(`${name}\0`, 'latin1');
}

function refused(name: ByteString): FileError {
  return new FileError({ code: 'EINVAL', call: 'name', path: toDisplay(name) });
}
