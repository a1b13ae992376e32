import fs from 'node:fs';
import { FATTR } from '../../src/fuse/flags.ts';
import { OPCODE } from '../../src/fuse/opcodes.ts';
import {
  COPY_FILE_RANGE_IN,
  CREATE_IN,
  FALLOCATE_IN,
  IN_HEADER,
  IOCTL_IN,
  LINK_IN,
  MKDIR_IN,
  MKNOD_IN,
  RENAME2_IN,
  RENAME_IN,
  SETATTR_IN,
  SETXATTR_IN,
  WRITE_IN,
} from '../../src/fuse/structures.ts';
import { RECORD, RECORDED } from '../../src/intercept/record.ts';
import { errno, libraryCall } from '../../src/system/native/c-library.ts';

const setxattr = libraryCall('int setxattr(const void *, const void *, const void *, size_t, int)');
const removexattr = libraryCall('int removexattr(const void *, const void *)');
const fallocate = libraryCall('int fallocate(int, int, int64_t, int64_t)');
const mknod = libraryCall('int mknod(const void *, uint32_t, uint64_t)');
const renameat2 = libraryCall('int renameat2(int, const void *, int, const void *, uint32_t)');
const linkat = libraryCall('int linkat(int, const void *, int, const void *, int)');
const utimensat = libraryCall('int utimensat(int, const void *, const void *, int)');
const ioctl = libraryCall('int ioctl(int, unsigned long, void *)');

const O_PATH = 0o10000000;
const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY;
const ANYWHERE = -100;
const FOLLOW = 0x400;
const UTIME_OMIT = 0x3ffffffe;
const SETFLAGS = 0x4008_6602;
const ROOT = '1:0';

interface Time {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** One record, read without the product's help. */
class Replayed {
  readonly #record: Buffer;
  readonly #request: Buffer;
  readonly #body: Buffer;

  constructor(record: Buffer) {
    this.#record = record;
    const length = record.readUInt32LE(RECORD.requestLength);
    this.#request = record.subarray(RECORD.request, RECORD.request + length);
    this.#body = this.#request.subarray(IN_HEADER.bytes);
  }

  get opcode(): number {
    return this.#request.readUInt32LE(IN_HEADER.opcode);
  }
  get order(): bigint {
    return this.#record.readBigUInt64LE(RECORD.order);
  }
  get folder(): string {
    return nodeAt(this.#request, IN_HEADER.node);
  }
  get node(): string {
    return nodeAt(this.#record, RECORD.node);
  }
  get outcome(): number {
    return this.#record.readUInt32LE(RECORD.outcome);
  }
  holds(bit: number): boolean {
    return (this.#record.readUInt32LE(RECORD.recorded) & bit) !== 0;
  }
  result(field: number): number {
    return this.#record.readUInt32LE(field);
  }
  result64(field: number): number {
    return Number(this.#record.readBigUInt64LE(field));
  }
  time(seconds: number, nanoseconds: number): Time {
    return { seconds: this.#record.readBigInt64LE(seconds), nanoseconds: this.#record.readUInt32LE(nanoseconds) };
  }
  u32(field: number): number {
    return this.#body.readUInt32LE(field);
  }
  u64(field: number): number {
    return Number(this.#body.readBigUInt64LE(field));
  }
  nodeAt(field: number): string {
    return nodeAt(this.#body, field);
  }
  name(field: number): Buffer {
    return this.#body.subarray(field, this.#body.indexOf(0, field));
  }
  /** The second name of those that begin there. */
  secondName(field: number): Buffer {
    return this.name(this.#body.indexOf(0, field) + 1);
  }
  data(field: number, length: number): Buffer {
    return this.#body.subarray(field, field + length);
  }
  /** Behind the name that begins there. */
  dataBehind(field: number, length: number): Buffer {
    return this.data(this.#body.indexOf(0, field) + 1, length);
  }
}

function nodeAt(bytes: Buffer, at: number): string {
  return `${bytes.readUInt32LE(at)}:${bytes.readUInt32LE(at + 4)}`;
}

/** Does to an empty folder what records say, and nothing else: what they lack, the folder lacks. */
export class RecordReplayer implements Disposable {
  /** How many of each opcode. */
  readonly counts = new Map<number, number>();
  readonly #files = new Map<string, number>();
  readonly #times = new Map<string, Time>();
  readonly #flags = new Map<string, Buffer>();
  /** By inode alone, which is the node's lower word. */
  readonly #known = new Map<string, number>();
  #order = 0n;

  /** @param folder - Holds what the recorded folder held at the beginning: nothing. */
  constructor(folder: string) {
    this.#files.set(ROOT, fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY));
  }

  /** What was there before the first record. @param inode - in the recorded folder. @param path - of its like. */
  know(inode: number, path: string): void {
    this.#known.set(String(inode), fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW));
  }

  /** @param records - one behind the other. */
  replay(records: Buffer): void {
    const mask = process.umask(0);
    try {
      for (let at = 0; at < records.length; at += records.readUInt32LE(at)) {
        const replayed = new Replayed(records.subarray(at, at + records.readUInt32LE(at)));
        // What failed had an order, too.
        if (replayed.order <= this.#order) throw new Error(`record ${replayed.order} after ${this.#order}`);
        this.#order = replayed.order;
        this.counts.set(replayed.opcode, (this.counts.get(replayed.opcode) ?? 0) + 1);
        this.#act(replayed);
        this.#settle(replayed);
      }
      this.#finish();
    } finally {
      process.umask(mask);
    }
  }

  [Symbol.dispose](): void {
    for (const files of [this.#files, this.#known]) {
      for (const file of files.values()) fs.closeSync(file);
      files.clear();
    }
  }

  #act(one: Replayed): void {
    switch (one.opcode) {
      case OPCODE.create:
        // A name that was there already stays what it is.
        return this.#made(one, CREATE_IN.name, (path) => fs.closeSync(fs.openSync(path, 'a', 0o600)));
      case OPCODE.tmpfile:
        this.#files.set(one.node, fs.openSync(this.#path(one.folder), O_TMPFILE | fs.constants.O_RDWR, 0o600));
        return;
      case OPCODE.mkdir:
        return this.#made(one, MKDIR_IN.name, (path) => fs.mkdirSync(path, 0o700));
      case OPCODE.mknod:
        return this.#made(one, MKNOD_IN.name, (path) =>
          done('mknod', mknod(native(path), one.result(RECORD.mode), one.u32(MKNOD_IN.device))),
        );
      case OPCODE.symlink:
        return this.#made(one, 0, (path) => fs.symlinkSync(one.secondName(0), path));
      case OPCODE.link: {
        const source = native(this.#path(one.nodeAt(LINK_IN.node)));
        return this.#made(one, LINK_IN.name, (path) =>
          done('linkat', linkat(ANYWHERE, source, ANYWHERE, native(path), FOLLOW)),
        );
      }
      case OPCODE.unlink:
        return fs.unlinkSync(this.#path(one.folder, one.name(0)));
      case OPCODE.rmdir:
        return fs.rmdirSync(this.#path(one.folder, one.name(0)));
      case OPCODE.rename:
        return this.#rename(one, RENAME_IN.newFolder, RENAME_IN.names, 0);
      case OPCODE.rename2:
        return this.#rename(one, RENAME2_IN.newFolder, RENAME2_IN.names, one.u32(RENAME2_IN.flags));
      default:
        return this.#actOnNode(one);
    }
  }

  #actOnNode(one: Replayed): void {
    const path = this.#path(one.node);
    switch (one.opcode) {
      case OPCODE.open:
        return fs.truncateSync(path, 0);
      case OPCODE.write:
        return this.#write(path, one.data(WRITE_IN.data, one.outcome), one.u64(WRITE_IN.offset));
      case OPCODE.copyFileRange:
      case OPCODE.copyFileRange64: {
        const content = Buffer.alloc(one.outcome);
        const from = fs.openSync(this.#path(one.folder), 'r');
        fs.readSync(from, content, 0, content.length, one.u64(COPY_FILE_RANGE_IN.offsetIn));
        fs.closeSync(from);
        return this.#write(path, content, one.u64(COPY_FILE_RANGE_IN.offsetOut));
      }
      case OPCODE.fallocate: {
        const file = fs.openSync(path, 'r+');
        const [offset, length] = [one.u64(FALLOCATE_IN.offset), one.u64(FALLOCATE_IN.length)];
        done('fallocate', fallocate(file, one.u32(FALLOCATE_IN.mode), offset, length));
        return fs.closeSync(file);
      }
      case OPCODE.setattr:
        if ((one.outcome & FATTR.size) !== 0) fs.truncateSync(path, one.u64(SETATTR_IN.size));
        return;
      case OPCODE.setxattr: {
        const value = one.dataBehind(SETXATTR_IN.names, one.u32(SETXATTR_IN.size));
        return done('setxattr', setxattr(native(path), native(one.name(SETXATTR_IN.names)), value, value.length, 0));
      }
      case OPCODE.removexattr:
        return done('removexattr', removexattr(native(path), native(one.name(0))));
      case OPCODE.ioctl:
        if (one.u32(IOCTL_IN.command) !== SETFLAGS) throw new Error('an ioctl that sets no flags');
        this.#flags.set(one.node, one.data(IOCTL_IN.data, 4));
        return;
      default:
        throw new Error(`opcode ${one.opcode} in a record`);
    }
  }

  #made(one: Replayed, nameField: number, make: (path: Buffer) => void): void {
    const path = this.#path(one.folder, one.name(nameField));
    make(path);
    if (!this.#files.has(one.node)) this.#files.set(one.node, fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW));
  }

  #rename(one: Replayed, folderField: number, namesField: number, flags: number): void {
    const newFolder = one.nodeAt(folderField);
    const from = native(this.#path(one.folder, one.name(namesField)));
    const to = native(this.#path(newFolder, one.secondName(namesField)));
    done('renameat2', renameat2(ANYWHERE, from, ANYWHERE, to, flags));
    this.#times.set(newFolder, one.time(RECORD.otherFolderMtime, RECORD.otherFolderMtimeNanoseconds));
  }

  #write(path: Buffer, content: Buffer, offset: number): void {
    const file = fs.openSync(path, 'r+');
    const written = fs.writeSync(file, content, 0, content.length, offset);
    fs.closeSync(file);
    if (written !== content.length) throw new Error('a write that was cut short');
  }

  /** What the record says that the node is afterwards. */
  #settle(one: Replayed): void {
    if (one.holds(RECORDED.folder)) {
      this.#times.set(one.folder, one.time(RECORD.folderMtime, RECORD.folderMtimeNanoseconds));
    }
    if (!one.holds(RECORDED.attributes)) return;
    const path = this.#path(one.node);
    const [mode, uid, gid] = [one.result(RECORD.mode), one.result(RECORD.uid), one.result(RECORD.gid)];
    const is = fs.statSync(path);
    // Whatever changes the owner takes rights from the file: nothing is set that is so already.
    if (is.uid !== uid || is.gid !== gid) fs.chownSync(path, uid, gid);
    const isLink = (mode & fs.constants.S_IFMT) === fs.constants.S_IFLNK;
    if (!isLink && fs.statSync(path).mode !== mode) fs.chmodSync(path, mode & 0o7777);
    if (is.isFile() && is.size !== one.result64(RECORD.size)) {
      throw new Error(`size ${is.size} instead of ${one.result64(RECORD.size)} after opcode ${one.opcode}`);
    }
    this.#times.set(one.node, one.time(RECORD.mtime, RECORD.mtimeNanoseconds));
  }

  #finish(): void {
    for (const [node, { seconds, nanoseconds }] of this.#times) {
      const times = Buffer.alloc(32);
      times.writeBigInt64LE(BigInt(UTIME_OMIT), 8);
      times.writeBigInt64LE(seconds, 16);
      times.writeBigInt64LE(BigInt(nanoseconds), 24);
      done('utimensat', utimensat(ANYWHERE, native(this.#path(node)), times, 0));
    }
    for (const [node, flags] of this.#flags) {
      const file = fs.openSync(this.#path(node), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      done('ioctl', ioctl(file, SETFLAGS, flags));
      fs.closeSync(file);
    }
  }

  /** Through the open file, so that it is found wherever it is by now. */
  #path(node: string, name?: Buffer): Buffer {
    const file = this.#files.get(node) ?? this.#known.get(node.slice(0, node.indexOf(':')));
    if (file === undefined) throw new Error(`node ${node} was never made`);
    const path = Buffer.from(`/proc/self/fd/${file}`);
    return name === undefined ? path : Buffer.concat([path, Buffer.from('/'), name]);
  }
}

function native(path: Buffer): Buffer {
  return Buffer.concat([path, Buffer.of(0)]);
}

function done(call: string, result: number): void {
  if (result < 0) throw new Error(`${call}: error ${errno()}`);
}
