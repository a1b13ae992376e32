import type { ByteString } from '../../src/kernel/byte-string.ts';
import { FileError, type NameAt, type Stat } from '../../src/kernel/files.ts';
import { OPEN } from '../../src/kernel/open-flags.ts';
import type { Random } from '../../src/kernel/random.ts';
import type { JournalFiles } from '../../src/journal/queue-folder.ts';
import { SimulatedFile } from './simulated-file.ts';

/*
 * A disk in memory that forgets what was not made durable.
 *
 * Faults it injects, all chosen by the seed:
 * - power cut: of each file any subset of its unsynced pages survives, some torn at a sector; a size
 *   that was not synced is the old one, the new one or one between, with zeros where no page survived;
 * - power cut: of each folder any subset of its unsynced changes of names survives, in their order;
 *   a rename happens as a whole or not at all;
 * - power cut in the middle of any operation: before or after one of its calls;
 * - process kill: open files are gone, what was written stays;
 * - a named call fails, `write` after part of the bytes; a failed `syncData` or `sync` leaves the pages
 *   as good as written, without their being durable (what Linux does since 4.13).
 *
 * Faults it does not inject: pages that were synced and come back different or not at all, misplaced
 * writes, stale content of freed blocks (an unwritten page reads as zeros), names that turn up in
 * another folder, failing reads unless asked for, and more than one process. A test that wants a
 * flipped bit changes the bytes with `corrupt`.
 */

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

interface Folder {
  readonly kind: 'folder';
  names: Map<string, Node>;
  durable: Map<string, Node>;
  /** Since the folder was last synced. */
  pending: NameOperation[];
}

type Node = Folder | SimulatedFile;

type NameOperation =
  | { readonly kind: 'set'; readonly name: string; readonly node: Node }
  | { readonly kind: 'unset'; readonly name: string; readonly node: Node }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly node: Node };

export type Call = 'open' | 'write' | 'read' | 'setSize' | 'syncData' | 'sync' | 'unlink' | 'rename';

/** Syncs that a faulty program forgets: they do nothing. */
export interface DiskOptions {
  readonly random: Random;
  readonly forgets?: readonly ('syncData' | 'syncFolder')[];
}

export class SimulatedDisk implements JournalFiles {
  readonly #random: Random;
  readonly #forgets: ReadonlySet<string>;
  readonly #root: Folder = newFolder();
  #open = new Map<number, Node>();
  #nextFile = 3;
  #callsLeft: number | null = null;
  #fault: { readonly call: Call; readonly code: string } | null = null;

  constructor(options: DiskOptions) {
    this.#random = options.random;
    this.#forgets = new Set(options.forgets ?? []);
  }

  /** The next calls work, then one throws PowerCut: follow it with `crash`. */
  cutPowerAfter(calls: number): void {
    this.#callsLeft = calls;
  }

  /** The next call of this name fails once. */
  failNext(call: Call, code: string): void {
    this.#fault = { call, code };
  }

  /** Power was cut: only what was durable is left, and by chance some of the rest. */
  crash(): void {
    this.kill();
    this.#crashFolder(this.#root);
  }

  /** The process died: nothing is lost but its open files. */
  kill(): void {
    this.#open = new Map();
    this.#callsLeft = null;
    this.#fault = null;
  }

  /** Names in a folder, as they are now. */
  names(path: string): string[] {
    const node = this.#find(path);
    return node?.kind === 'folder' ? [...node.names.keys()].sort() : [];
  }

  /** Flips bits of one byte, durably. */
  corrupt(path: string, offset: number): void {
    const node = this.#find(path);
    if (node?.kind === 'file') node.corrupt(offset);
  }

  openFolder(path: ByteString): number {
    this.#enter('open', path);
    const node = this.#find(path);
    if (node === undefined) throw new FileError({ code: 'ENOENT', call: 'open', path });
    if (node.kind !== 'folder') throw new FileError({ code: 'ENOTDIR', call: 'open', path });
    return this.#descriptor(node);
  }

  makeFolderAt(folder: number, name: ByteString, _mode: number): void {
    this.#enter('open', name);
    const parent = this.#folder(folder);
    if (parent.names.has(name)) throw new FileError({ code: 'EEXIST', call: 'mkdir', path: name });
    change(parent, { kind: 'set', name, node: newFolder() });
  }

  list(folder: number): ByteString[] {
    const names = [...this.#folder(folder).names.keys()] as ByteString[];
    return names.sort(() => this.#random() - 0.5);
  }

  openAt(folder: number, name: ByteString, flags: number, _mode?: number): number {
    this.#enter('open', name);
    const parent = this.#folder(folder);
    let node = parent.names.get(name);
    if (node !== undefined && (flags & OPEN.exclusive) !== 0) {
      throw new FileError({ code: 'EEXIST', call: 'open', path: name });
    }
    if (node === undefined) {
      if ((flags & OPEN.create) === 0) throw new FileError({ code: 'ENOENT', call: 'open', path: name });
      node = new SimulatedFile();
      change(parent, { kind: 'set', name, node });
    }
    if (node.kind === 'folder') throw new FileError({ code: 'EISDIR', call: 'open', path: name });
    if ((flags & OPEN.truncate) !== 0) node.setSize(0);
    return this.#descriptor(node);
  }

  renameAt(source: NameAt, target: NameAt): void {
    this.#enter('rename', source.name);
    const folder = this.#folder(source.folder);
    if (folder !== this.#folder(target.folder)) throw new Error('the simulated disk renames within a folder only');
    const node = folder.names.get(source.name);
    if (node === undefined) throw new FileError({ code: 'ENOENT', call: 'rename', path: source.name });
    change(folder, { kind: 'rename', from: source.name, to: target.name, node });
  }

  unlinkAt(folder: number, name: ByteString): void {
    this.#enter('unlink', name);
    const parent = this.#folder(folder);
    const node = parent.names.get(name);
    if (node === undefined) throw new FileError({ code: 'ENOENT', call: 'unlink', path: name });
    change(parent, { kind: 'unset', name, node });
  }

  stat(file: number, into: Stat): void {
    into.sizeBytes = this.#file(file).sizeBytes;
  }

  read(file: number, into: Uint8Array, at: { offset: number; length: number; position: number }): number {
    this.#enter('read', '');
    return this.#file(file).read(into.subarray(at.offset, at.offset + at.length), at.position);
  }

  write(file: number, data: Uint8Array, position: number): void {
    const node = this.#file(file);
    const partly = () => node.write(data.subarray(0, Math.floor(this.#random() * data.length)), position);
    this.#enter('write', '', partly);
    node.write(data, position);
  }

  setSize(file: number, sizeBytes: number): void {
    this.#enter('setSize', '');
    this.#file(file).setSize(sizeBytes);
  }

  syncData(file: number): void {
    this.#sync(file, 'syncData');
  }

  sync(file: number): void {
    this.#sync(file, 'sync');
  }

  close(file: number): void {
    if (!this.#open.delete(file)) throw new FileError({ code: 'EBADF', call: 'close', path: `${file}` });
  }

  #sync(file: number, call: 'syncData' | 'sync'): void {
    const node = this.#node(file);
    this.#enter(call, '', () => {
      if (node.kind === 'file') node.loseUnsynced();
    });
    if (node.kind === 'file') {
      if (!this.#forgets.has('syncData')) node.sync();
    } else if (!this.#forgets.has('syncFolder')) {
      node.durable = new Map(node.names);
      node.pending = [];
    }
  }

  /** Before a call takes effect: power may be cut, or the call may fail, perhaps half done. */
  #enter(call: Call, path: string, partly: () => void = () => undefined): void {
    if (this.#callsLeft !== null) {
      if (this.#callsLeft <= 0) {
        if (call === 'write') partly();
        throw new PowerCut(call);
      }
      this.#callsLeft -= 1;
    }
    if (this.#fault?.call !== call) return;
    const { code } = this.#fault;
    this.#fault = null;
    partly();
    throw new FileError({ code, call: call === 'syncData' ? 'fdatasync' : call === 'sync' ? 'fsync' : call, path });
  }

  #crashFolder(folder: Folder): void {
    for (const operation of folder.pending) if (this.#random() < 0.5) apply(folder.durable, operation);
    folder.names = new Map(folder.durable);
    folder.pending = [];
    for (const node of folder.names.values()) {
      if (node.kind === 'folder') this.#crashFolder(node);
      else node.crash(this.#random);
    }
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of path.split('/').filter((each) => each !== '')) {
      node = node?.kind === 'folder' ? node.names.get(part) : undefined;
    }
    return node;
  }

  #descriptor(node: Node): number {
    this.#nextFile += 1;
    this.#open.set(this.#nextFile, node);
    return this.#nextFile;
  }

  #node(file: number): Node {
    const node = this.#open.get(file);
    if (node === undefined) throw new FileError({ code: 'EBADF', call: 'any', path: `${file}` });
    return node;
  }

  #folder(file: number): Folder {
    const node = this.#node(file);
    if (node.kind !== 'folder') throw new FileError({ code: 'ENOTDIR', call: 'any', path: `${file}` });
    return node;
  }

  #file(file: number): SimulatedFile {
    const node = this.#node(file);
    if (node.kind !== 'file') throw new FileError({ code: 'EISDIR', call: 'any', path: `${file}` });
    return node;
  }
}

function newFolder(): Folder {
  return { kind: 'folder', names: new Map(), durable: new Map(), pending: [] };
}

function change(folder: Folder, operation: NameOperation): void {
  apply(folder.names, operation);
  folder.pending.push(operation);
}

function apply(names: Map<string, Node>, operation: NameOperation): void {
  switch (operation.kind) {
    case 'set':
      names.set(operation.name, operation.node);
      return;
    case 'unset':
      if (names.get(operation.name) === operation.node) names.delete(operation.name);
      return;
    case 'rename':
      if (names.get(operation.from) === operation.node) names.delete(operation.from);
      names.set(operation.to, operation.node);
  }
}
