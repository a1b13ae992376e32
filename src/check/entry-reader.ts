import { type FolderEntry, INLINE_BYTES_MAX } from '../changes/change.ts';
import { readExtended, UNTOLD } from '../changes/extended.ts';
import { attributesOf, typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { deviceTarget, isDevice } from '../changes/node-type.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { FileError, type FileOrName, Stat } from '../kernel/files.ts';
import { isCurrent, sameMoment } from './compare.ts';
import type { Scan } from './scan.ts';

/** How often a name that changes under our eyes is looked at again before it is stated as it was read last. */
const TRIES_MAX = 3;
const NO_TARGET = fromLatin1('');
/** The disk does not say what the tree says (any more). */
const CHANGED = Symbol('changed');

/**
 * Reads names of the active server as entries of a verify record. Where disk and tree differ, the
 * change goes out first, so that an entry never states what the stream before it has not said.
 */
export class EntryReader {
  readonly #scan: Scan;
  readonly #full: boolean;
  readonly #before = new Stat();
  readonly #after = new Stat();

  constructor(scan: Scan) {
    this.#scan = scan;
    this.#full = scan.request.mode === 'full';
  }

  /**
   * @param descriptor - of `folder`.
   * @param beforeLook - called before a change may go out: state what was read until then.
   * @returns null where the name is gone, or is nothing that is carried.
   * @throws FileError where it is there and can't be read.
   */
  read(folder: Node, descriptor: number, name: ByteString, beforeLook: () => void): FolderEntry | null {
    for (let tries = 0; ; tries += 1) {
      const node = folder.children?.get(name);
      if (node === undefined) return null;
      const entry = this.#once(node, descriptor, name, tries >= TRIES_MAX);
      if (entry !== CHANGED) return entry;
      beforeLook();
      this.#scan.look(folder, name);
    }
  }

  /** @param settle - true to take it as it is found now. */
  #once(node: Node, descriptor: number, name: ByteString, settle: boolean): FolderEntry | null | typeof CHANGED {
    try {
      return this.#full && node.type === 'file' && node.sizeBytes <= INLINE_BYTES_MAX
        ? this.#smallFile(node, descriptor, name, settle)
        : this.#byStatus(node, descriptor, name, settle);
    } catch (error) {
      // EINVAL: no link any more.
      const replaced = error instanceof FileError && (error.isAbsence || error.code === 'EINVAL');
      if (!replaced) throw error;
      return settle ? null : CHANGED;
    }
  }

  #smallFile(node: Node, descriptor: number, name: ByteString, settle: boolean): FolderEntry | null | typeof CHANGED {
    const { files, reader } = this.#scan;
    const stat = this.#before;
    const file = reader.open(descriptor, name);
    try {
      files.stat(file, stat);
      if (!isCurrent(node, stat)) {
        if (!settle) return CHANGED;
        if (typeOf(stat) !== node.type) return null;
      }
      this.#readExtended(node, file);
      if (stat.sizeBytes > INLINE_BYTES_MAX) return this.#entry(node, name, 0n, NO_TARGET);
      const hash = reader.hash(file, 0, stat.sizeBytes);
      files.stat(file, this.#after);
      if (hash === null || !sameMoment(stat, this.#after)) {
        if (!settle) return CHANGED;
        return this.#asPresent(node, name, file);
      }
      return this.#entry(node, name, hash, NO_TARGET);
    } finally {
      files.close(file);
    }
  }

  /** A file that won't hold still: what one read gives, whole or not. The next notice of it corrects that. */
  #asPresent(node: Node, name: ByteString, file: number): FolderEntry {
    this.#scan.files.stat(file, this.#before);
    this.#readExtended(node, file);
    const { hash, length } = this.#scan.reader.hashPresent(file, 0, Math.min(this.#before.sizeBytes, INLINE_BYTES_MAX));
    if (this.#before.sizeBytes > INLINE_BYTES_MAX) return this.#entry(node, name, 0n, NO_TARGET);
    this.#before.sizeBytes = length;
    return this.#entry(node, name, hash, NO_TARGET);
  }

  #byStatus(node: Node, descriptor: number, name: ByteString, settle: boolean): FolderEntry | null | typeof CHANGED {
    const stat = this.#before;
    const there = this.#scan.files.statAt(descriptor, name, stat);
    if (!there || !isCurrent(node, stat)) {
      if (!settle) return CHANGED;
      if (!there || typeOf(stat) !== node.type) return null;
      if (this.#full && node.type === 'file' && stat.sizeBytes <= INLINE_BYTES_MAX) {
        return this.#smallFile(node, descriptor, name, settle);
      }
    }
    this.#readExtended(node, { folder: descriptor, name });
    if (stat.extended !== '' && !this.#isStill(descriptor, name)) {
      if (!settle) return CHANGED;
      stat.extended = UNTOLD;
    }
    return this.#entry(node, name, 0n, this.#target(node, descriptor, name));
  }

  /** What was read by a name may be that of what has it by now. */
  #isStill(descriptor: number, name: ByteString): boolean {
    return this.#scan.files.statAt(descriptor, name, this.#after) && sameMoment(this.#before, this.#after);
  }

  /** Into the status that was taken before. */
  #readExtended(node: Node, of: FileOrName): void {
    const leftOut = readExtended(this.#scan.files, of, this.#before);
    const path = leftOut.length > 0 ? this.#scan.tree.pathOf(node) : null;
    if (path !== null) this.#scan.leftOut(path, leftOut);
  }

  #target(node: Node, descriptor: number, name: ByteString): ByteString {
    if (isDevice(node.type)) return deviceTarget(this.#before);
    return node.type === 'symlink' ? this.#scan.files.readLinkAt(descriptor, name) : NO_TARGET;
  }

  #entry(node: Node, name: ByteString, hash: bigint, target: ByteString): FolderEntry {
    const stat = this.#before;
    return {
      name,
      node: node.id,
      type: node.type,
      attributes: attributesOf(stat),
      sizeBytes: node.type === 'file' ? stat.sizeBytes : 0,
      hash,
      target,
      linked: node.type !== 'folder' && stat.linkCount > 1,
    };
  }
}
