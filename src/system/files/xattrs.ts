import { type ByteString, fromLatin1, toBytes } from '../../kernel/byte-string.ts';
import type { FileOrName } from '../../kernel/files.ts';
import { nativeComponent, nativePathIn } from './names.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel: there is no longer list and no longer value. */
const BYTES_MAX = 64 * 1024;
/** Asked for first: the kernel allocates as much as it is asked for at every call. */
const BYTES_FIRST = 512;

const ENODATA = 61;
const EOPNOTSUPP = 95;
const ERANGE = 34;
const ENOSYS = 38;
const LISTXATTRAT = 465;
const AT_SYMLINK_NOFOLLOW = 0x100;
const NONE: readonly ByteString[] = [];

/** Extended attributes (xattr(7)), of open files and of names in open folders. For one thread. */
export class Xattrs {
  readonly #failed: (call: string, of: FileOrName) => never;
  readonly #short = Buffer.allocUnsafeSlow(BYTES_FIRST);
  #long: Buffer | null = null;
  /** The kernel takes a folder and a name; else the way leads through /proc, which costs three times as much. */
  #takesNames = true;

  /** @param failed - throws the failure of the call made last. */
  constructor(failed: (call: string, of: FileOrName) => never) {
    this.#failed = failed;
  }

  list(of: FileOrName): readonly ByteString[] {
    let into: Buffer = this.#short;
    let length = this.#list(of, into);
    if (length === 0) return NONE;
    if (length < 0 && errno() === ERANGE) {
      into = this.#long ??= Buffer.allocUnsafeSlow(BYTES_MAX);
      length = this.#list(of, into);
    }
    if (length > 0) return into.toString('latin1', 0, length - 1).split('\0') as ByteString[];
    return length === 0 || errno() === EOPNOTSUPP ? NONE : this.#failed('listxattr', of);
  }

  #list(of: FileOrName, into: Buffer): number {
    if (typeof of === 'number') return native.flistxattr(of, into, into.length);
    const { folder, name } = of;
    if (this.#takesNames) {
      const at = nativeComponent(name);
      const length = native.listxattrat(LISTXATTRAT, folder, at, AT_SYMLINK_NOFOLLOW, into, into.length);
      if (length >= 0 || errno() !== ENOSYS) return length;
      this.#takesNames = false;
    }
    return native.llistxattr(nativePathIn(folder, name), into, into.length);
  }

  get(of: FileOrName, name: ByteString): ByteString | null {
    const bytes = toNative(name);
    let into: Buffer = this.#short;
    let length = get(of, bytes, into);
    if (length < 0 && errno() === ERANGE) {
      into = this.#long ??= Buffer.allocUnsafeSlow(BYTES_MAX);
      length = get(of, bytes, into);
    }
    if (length >= 0) return fromLatin1(into.toString('latin1', 0, length));
    const code = errno();
    return code === ENODATA || code === EOPNOTSUPP ? null : this.#failed(`getxattr ${name}`, of);
  }

  set(of: FileOrName, name: ByteString, value: ByteString): void {
    const bytes = toBytes(value);
    const outcome =
      typeof of === 'number'
        ? native.fsetxattr(of, toNative(name), bytes, bytes.length, 0)
        : native.lsetxattr(nativePathIn(of.folder, of.name), toNative(name), bytes, bytes.length, 0);
    if (outcome < 0) this.#failed(`setxattr ${name}`, of);
  }

  remove(of: FileOrName, name: ByteString): void {
    const outcome =
      typeof of === 'number'
        ? native.fremovexattr(of, toNative(name))
        : native.lremovexattr(nativePathIn(of.folder, of.name), toNative(name));
    if (outcome < 0 && errno() !== ENODATA) this.#failed(`removexattr ${name}`, of);
  }
}

function get(of: FileOrName, name: Buffer, into: Buffer): number {
  if (typeof of === 'number') return native.fgetxattr(of, name, into, into.length);
  return native.lgetxattr(nativePathIn(of.folder, of.name), name, into, into.length);
}

function toNative(name: ByteString): Buffer {
  return Buffer.from(`${name}\0`, 'latin1');
}
