import type { ByteString } from '../../kernel/byte-string.ts';
import type { DeviceNumber, FileOrName, FileTime, NameAt, Owner } from '../../kernel/files.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { type NodeNumber, numberAt, numberOf } from './node-handle.ts';
import { type Underneath, UnderneathFiles } from './underneath-files.ts';

/** What the kernel remembers of what it was told through mounts. */
export interface KernelMemory {
  /** It can't remember anything. */
  readonly isEmpty: boolean;
  /** It is to forget a node's content and attributes; of a folder what stands in it. */
  forget(node: NodeNumber): void;
}

/**
 * Files underneath mounts through which others only read. What is changed here is seen through the mounts before the
 * call that changed it returns, also by whoever has it open or mapped.
 */
export class ToldFiles extends UnderneathFiles {
  readonly #kernel: KernelMemory;

  constructor(mounts: readonly Underneath[], kernel: KernelMemory) {
    super(mounts);
    this.#kernel = kernel;
  }

  override openAt(folder: number, name: ByteString, flags: number, mode = 0): number {
    const file = super.openAt(folder, name, flags, mode);
    if ((flags & OPEN.create) !== 0) this.#changed(folder);
    if ((flags & OPEN.truncate) !== 0) this.#changed(file);
    return file;
  }

  override nameFile(file: number, target: NameAt): void {
    super.nameFile(file, target);
    this.#changed(target.folder);
  }

  override makeFolderAt(folder: number, name: ByteString, mode: number): void {
    super.makeFolderAt(folder, name, mode);
    this.#changed(folder);
  }

  override symlinkAt(target: ByteString, folder: number, name: ByteString): void {
    super.symlinkAt(target, folder, name);
    this.#changed(folder);
  }

  override makeNodeAt(at: NameAt, mode: number, device: DeviceNumber): void {
    super.makeNodeAt(at, mode, device);
    this.#changed(at.folder);
  }

  override linkAt(source: NameAt, target: NameAt): void {
    super.linkAt(source, target);
    this.#changed(target.folder);
    this.#changed(target);
  }

  override renameAt(source: NameAt, target: NameAt): void {
    super.renameAt(source, target);
    this.#changed(source.folder);
    this.#changed(target.folder);
  }

  override renameNewAt(source: NameAt, target: NameAt): void {
    super.renameNewAt(source, target);
    this.#changed(source.folder);
    this.#changed(target.folder);
  }

  override unlinkAt(folder: number, name: ByteString): void {
    super.unlinkAt(folder, name);
    this.#changed(folder);
  }

  override removeFolderAt(folder: number, name: ByteString): void {
    super.removeFolderAt(folder, name);
    this.#changed(folder);
  }

  override setModeAt(folder: number, name: ByteString, mode: number): void {
    super.setModeAt(folder, name, mode);
    this.#changed({ folder, name });
  }

  override setOwnerAt(folder: number, name: ByteString, owner: Owner): void {
    super.setOwnerAt(folder, name, owner);
    this.#changed({ folder, name });
  }

  override setMtimeAt(folder: number, name: ByteString, mtime: FileTime): void {
    super.setMtimeAt(folder, name, mtime);
    this.#changed({ folder, name });
  }

  override write(file: number, data: Uint8Array, position: number): void {
    try {
      super.write(file, data, position);
    } finally {
      // Where it failed some of it may have been written.
      this.#changed(file);
    }
  }

  override setSize(file: number, sizeBytes: number): void {
    super.setSize(file, sizeBytes);
    this.#changed(file);
  }

  override punch(file: number, offset: number, length: number): void {
    super.punch(file, offset, length);
    this.#changed(file);
  }

  override allocate(file: number, offset: number, length: number): void {
    super.allocate(file, offset, length);
    this.#changed(file);
  }

  override setMode(file: number, mode: number): void {
    super.setMode(file, mode);
    this.#changed(file);
  }

  override setOwner(file: number, owner: Owner): void {
    super.setOwner(file, owner);
    this.#changed(file);
  }

  override setMtime(file: number, mtime: FileTime): void {
    super.setMtime(file, mtime);
    this.#changed(file);
  }

  override setXattr(of: FileOrName, name: ByteString, value: ByteString): void {
    super.setXattr(of, name, value);
    this.#changed(of);
  }

  override removeXattr(of: FileOrName, name: ByteString): void {
    super.removeXattr(of, name);
    this.#changed(of);
  }

  override setFlags(file: number, flags: number): void {
    super.setFlags(file, flags);
    this.#changed(file);
  }

  #changed(what: FileOrName): void {
    if (this.#kernel.isEmpty) return;
    const node = typeof what === 'number' ? numberOf(what) : numberAt(what.folder, what.name);
    if (node !== null) this.#kernel.forget(node);
  }
}
