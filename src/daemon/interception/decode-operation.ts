import { ITS_ROOT, type NodeStatus, type Operation } from '../../capture/operation.ts';
import { FATTR } from '../../fuse/flags.ts';
import { OPCODE } from '../../fuse/opcodes.ts';
import { isRootNode } from '../../fuse/root-node.ts';
import {
  COPY_FILE_RANGE_IN,
  CREATE_IN,
  FALLOCATE_IN,
  IN_HEADER,
  LINK_IN,
  MKDIR_IN,
  MKNOD_IN,
  RENAME2_IN,
  RENAME_IN,
  WRITE_IN,
} from '../../fuse/structures.ts';
import { ALLOCATE, RENAME } from '../../intercept/codes.ts';
import { RECORD, RECORDED } from '../../intercept/record.ts';
import { type ByteString, fromLatin1 } from '../../kernel/byte-string.ts';

const HIGH = 2 ** 32;
const NOTHING = new Uint8Array(0);

/** A record's request and what came of it. Its content is part of the record's memory. */
class Recorded {
  readonly #record: Buffer;
  readonly #request: Buffer;

  constructor(record: Uint8Array) {
    this.#record = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
    this.#request = this.#record.subarray(RECORD.request);
  }

  get mount(): number {
    return this.#record.readUInt32LE(RECORD.mount);
  }
  get opcode(): number {
    return this.#request.readUInt32LE(IN_HEADER.opcode);
  }
  get node(): number {
    return inodeAt(this.#record, RECORD.node);
  }
  /** The folder, or the node, that the request names first. */
  get named(): number {
    return inodeAt(this.#request, IN_HEADER.node);
  }
  get outcome(): number {
    return this.#record.readUInt32LE(RECORD.outcome);
  }
  /** Null where it could not be read. */
  get status(): NodeStatus | null {
    const record = this.#record;
    if ((record.readUInt32LE(RECORD.recorded) & RECORDED.attributes) === 0) return null;
    return {
      mode: record.readUInt32LE(RECORD.mode),
      uid: record.readUInt32LE(RECORD.uid),
      gid: record.readUInt32LE(RECORD.gid),
      sizeBytes: longAt(record, RECORD.size),
      mtimeSeconds: Number(record.readBigInt64LE(RECORD.mtime)),
      mtimeNanoseconds: record.readUInt32LE(RECORD.mtimeNanoseconds),
    };
  }

  inode(field: number): number {
    return inodeAt(this.#request, IN_HEADER.bytes + field);
  }
  u32(field: number): number {
    return this.#request.readUInt32LE(IN_HEADER.bytes + field);
  }
  long(field: number): number {
    return longAt(this.#request, IN_HEADER.bytes + field);
  }
  bytes(field: number, length: number): Uint8Array {
    return this.#request.subarray(IN_HEADER.bytes + field, IN_HEADER.bytes + field + length);
  }
  /** Up to its NUL. */
  text(field: number): Buffer {
    const start = IN_HEADER.bytes + field;
    const end = this.#request.indexOf(0, start);
    return this.#request.subarray(start, end < 0 ? this.#request.length : end);
  }
  name(field: number): ByteString {
    return fromLatin1(this.text(field).toString('latin1'));
  }
  /** The one behind the name at `field`. */
  second(field: number): number {
    return field + this.text(field).length + 1;
  }
}

/**
 * What a record says.
 * @param folders - protected folders by the numbers of their mounts.
 * @returns null where it says nothing that matters: a file without a name was made.
 */
export function decodeOperation(record: Uint8Array, folders: ReadonlyMap<number, ByteString>): Operation | null {
  const one = new Recorded(record);
  const root = folders.get(one.mount);
  if (root === undefined || one.opcode === OPCODE.tmpfile) return null;
  return named(one, root) ?? changed(one, root);
}

function named(one: Recorded, root: ByteString): Operation | null {
  switch (one.opcode) {
    case OPCODE.create:
      return made(one, root, CREATE_IN.name);
    case OPCODE.mkdir:
      return made(one, root, MKDIR_IN.name);
    case OPCODE.mknod:
      return made(one, root, MKNOD_IN.name);
    case OPCODE.symlink:
      return made(one, root, 0, one.text(one.second(0)));
    case OPCODE.link: {
      const [{ status, node }, name] = [one, one.name(LINK_IN.name)];
      return status === null
        ? { kind: 'unknown', root, node }
        : { kind: 'link', root, node, folder: one.named, name, status };
    }
    case OPCODE.unlink:
    case OPCODE.rmdir:
      return { kind: 'remove', root, node: one.node, folder: one.named, name: one.name(0) };
    case OPCODE.rename:
      return renamed(one, root, { newFolder: RENAME_IN.newFolder, names: RENAME_IN.names, flags: 0 });
    case OPCODE.rename2: {
      const flags = one.u32(RENAME2_IN.flags);
      return renamed(one, root, { newFolder: RENAME2_IN.newFolder, names: RENAME2_IN.names, flags });
    }
    default:
      return null;
  }
}

function made(one: Recorded, root: ByteString, nameField: number, content: Uint8Array = NOTHING): Operation {
  const { node, status } = one;
  const folder = one.named;
  if (status === null) return { kind: 'unknown', root, node: folder };
  return { kind: 'make', root, node, folder, name: one.name(nameField), status, content };
}

function renamed(
  one: Recorded,
  root: ByteString,
  fields: { readonly newFolder: number; readonly names: number; readonly flags: number },
): Operation {
  return {
    kind: 'rename',
    root,
    node: one.node,
    folder: one.named,
    name: one.name(fields.names),
    newFolder: one.inode(fields.newFolder),
    newName: one.name(one.second(fields.names)),
    exchange: (fields.flags & RENAME.exchange) !== 0,
  };
}

function changed(one: Recorded, root: ByteString): Operation {
  const { node, status, outcome } = one;
  if (status === null) return { kind: 'unknown', root, node };
  const about = { root, node, status };
  switch (one.opcode) {
    case OPCODE.write: {
      const content = one.bytes(WRITE_IN.data, outcome);
      return { kind: 'write', ...about, offset: one.long(WRITE_IN.offset), content };
    }
    case OPCODE.open:
      return { kind: 'write', ...about, offset: 0, content: NOTHING };
    case OPCODE.setattr:
      if ((outcome & FATTR.size) === 0) return { kind: 'attributes', ...about };
      return { kind: 'write', ...about, offset: 0, content: NOTHING };
    case OPCODE.fallocate: {
      const [offset, length] = [one.long(FALLOCATE_IN.offset), one.long(FALLOCATE_IN.length)];
      const isZeroed = (one.u32(FALLOCATE_IN.mode) & (ALLOCATE.punchHole | ALLOCATE.zeroRange)) !== 0;
      return { kind: 'zero', ...about, offset, length: isZeroed ? length : 0 };
    }
    case OPCODE.copyFileRange:
    case OPCODE.copyFileRange64:
      return { kind: 'copy', ...about, offset: one.long(COPY_FILE_RANGE_IN.offsetOut), length: outcome };
    case OPCODE.setxattr:
    case OPCODE.removexattr:
    case OPCODE.ioctl:
      return { kind: 'extended', ...about };
    default:
      return { kind: 'unknown', root, node };
  }
}

/** The inode in a node that the kernel names; {@link ITS_ROOT} for the root of a mount. */
export function inodeAt(bytes: Buffer, at: number): number {
  const low = bytes.readUInt32LE(at);
  return isRootNode(low, bytes.readUInt32LE(at + 4)) ? ITS_ROOT : low;
}

function longAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * HIGH;
}
