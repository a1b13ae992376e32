import { type ByteString, fromLatin1, toBytes } from '../kernel/byte-string.ts';
import type { FileOrName } from '../kernel/files.ts';
import { nativePathIn } from './names.ts';
import * as native from './native.ts';

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel: there is no longer list and no longer value. */
const LIST_BYTES_MAX = 64 * 1024;
const VALUE_BYTES_MAX = 64 * 1024;

const ENODATA = 61;
const EOPNOTSUPP = 95;
const NONE: readonly ByteString[] = [];

/** Extended attributes (xattr(7)), of open files and of names in open folders. For one thread. */
export class Xattrs {
  readonly #failed: (call: string, of: FileOrName) => never;
  #list: Buffer | null = null;
  #value: Buffer | null = null;

  /** @param failed - throws the failure of the call made last. */
  constructor(failed: (call: string, of: FileOrName) => never) {
    this.#failed = failed;
  }

  list(of: FileOrName): readonly ByteString[] {
    const into = (this.#list ??= Buffer.allocUnsafeSlow(LIST_BYTES_MAX));
    const length =
      typeof of === 'number'
        ? native.flistxattr(of, into, LIST_BYTES_MAX)
        : native.llistxattr(nativePathIn(of.folder, of.name), into, LIST_BYTES_MAX);
    if (length === 0) return NONE;
    if (length > 0) return into.toString('latin1', 0, length - 1).split('\0') as ByteString[];
    return native.errno() === EOPNOTSUPP ? NONE : this.#failed('listxattr', of);
  }

  get(of: FileOrName, name: ByteString): ByteString | null {
    const into = (this.#value ??= Buffer.allocUnsafeSlow(VALUE_BYTES_MAX));
    const length =
      typeof of === 'number'
        ? native.fgetxattr(of, toNative(name), into, VALUE_BYTES_MAX)
        : native.lgetxattr(nativePathIn(of.folder, of.name), toNative(name), into, VALUE_BYTES_MAX);
    if (length >= 0) return fromLatin1(into.toString('latin1', 0, length));
    const code = native.errno();
    return code === ENODATA || code === EOPNOTSUPP ? null : this.#failed(`getxattr ${name} of`, of);
  }

  set(of: FileOrName, name: ByteString, value: ByteString): void {
    const bytes = toBytes(value);
    const outcome =
      typeof of === 'number'
        ? native.fsetxattr(of, toNative(name), bytes, bytes.length, 0)
        : native.lsetxattr(nativePathIn(of.folder, of.name), toNative(name), bytes, bytes.length, 0);
    if (outcome < 0) this.#failed(`setxattr ${name} of`, of);
  }

  remove(of: FileOrName, name: ByteString): void {
    const outcome =
      typeof of === 'number'
        ? native.fremovexattr(of, toNative(name))
        : native.lremovexattr(nativePathIn(of.folder, of.name), toNative(name));
    if (outcome < 0 && native.errno() !== ENODATA) this.#failed(`removexattr ${name} of`, of);
  }
}

function toNative(name: ByteString): Buffer {
  return Buffer.from(`${name}\0`, 'latin1');
}
