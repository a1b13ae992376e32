import type { Attributes, NodeType } from '../changes/change.ts';
import { flagsOf } from '../changes/extended.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { MADE_TYPES, parseDeviceTarget } from '../changes/node-type.ts';
import { FileError, type FileOrName, type Files, isAbsence, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { copyContent } from './disk-tree.ts';
import { dress, requireTime, setFlags, throwIf } from './dressing.ts';
import { isAsLeft } from './file-facts.ts';
import { type NewFile, NewFiles, STAGED_MODE } from './new-files.ts';
import type { Presence } from './presence.ts';
import type { Expected, Written } from './pull.ts';
import type { Quarantine } from './quarantine.ts';
import type { Replica } from './replica.ts';

const SPECIAL_BITS = 0o6000;

/** Writes content and attributes of files. New content is never seen half-written: it gets its name when it is whole. */
export class Content {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #quarantine: Quarantine;
  readonly newFiles: NewFiles;
  readonly #stat = new Stat();

  constructor(replica: Replica, presence: Presence, quarantine: Quarantine) {
    this.#replica = replica;
    this.#presence = presence;
    this.#quarantine = quarantine;
    this.newFiles = new NewFiles(replica);
  }

  /** Makes the file anew under all its names; whatever else has them gives way. */
  create(node: Node, content: Uint8Array, attributes: Attributes): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const { files } = this.#replica;
    const plain = (attributes.mode & SPECIAL_BITS) === 0;
    const made = this.newFiles.begin(first.parent, this.#at(first).folder, plain ? attributes.mode : STAGED_MODE);
    let refused: FileError | null;
    try {
      refused = this.#fill(node, made.file, content, attributes);
      this.#giveName(node, first, made, content);
      this.#replica.touch(first.parent);
      files.stat(made.file, this.#stat);
      const late = this.#flag(made.file, attributes) ?? requireTime(this.#stat, attributes);
      refused ??= late;
    } catch (error) {
      throw this.newFiles.discard(made, error);
    } finally {
      files.close(made.file);
    }
    this.#settle(node, first);
    throwIf(refused);
  }

  /**
   * Publishes a staged file that is whole, attributes included, under all names of its node.
   * @returns what the file system refused of its flags and its time.
   */
  publish(node: Node, staged: NameAt, standIn: number, attributes: Attributes): FileError | null {
    const first = this.#replica.firstName(node);
    if (first === null) return null;
    const { files } = this.#replica;
    const target = this.#at(first);
    const occupied = files.statAt(target.folder, target.name, this.#stat);
    if (occupied && this.#stat.inode === standIn) this.#replica.inUse.expectFree(first);
    else if (occupied) this.#presence.clear(first.parent, first.name, 'replaced');
    files.statAt(staged.folder, staged.name, this.#stat);
    this.#replica.own(node, this.#stat.inode);
    files.renameAt(staged, this.#at(first));
    this.#replica.touch(first.parent);
    return this.#finishNew(node, first, attributes);
  }

  /** The whole content, in place, so that inode and hard links stay; made anew where the file is gone. */
  put(node: Node, content: Uint8Array, attributes: Attributes): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const file = this.#openInPlace(node, first, attributes);
    if (file === null) return this.create(node, content, attributes);
    const { files } = this.#replica;
    let refused: FileError | null;
    try {
      const sizeBefore = this.#stat.sizeBytes;
      files.write(file, content, 0);
      if (sizeBefore > content.length) files.setSize(file, content.length);
      files.stat(file, this.#stat);
      refused = this.#finishFile(node, file, attributes);
    } finally {
      files.close(file);
    }
    this.#replica.unmark(node);
    throwIf(refused);
  }

  /** Bytes into a large file. @returns false where the file is gone: only the active server can tell its content. */
  write(node: Node, change: Written): boolean {
    const outcome = this.writePart(node, change);
    if (outcome === 'gone') return false;
    throwIf(outcome);
    return true;
  }

  /** As {@link write}, but what the file system refused of the attributes is returned: `gone` where the file is. */
  writePart(node: Node, change: Written): FileError | null | 'gone' {
    const first = this.#replica.firstName(node);
    if (first === null) return null;
    const file = this.#openInPlace(node, first, change.attributes);
    if (file === null) return 'gone';
    const { files } = this.#replica;
    try {
      if (change.content.length > 0) files.write(file, change.content, change.offset);
      files.stat(file, this.#stat);
      if (this.#stat.sizeBytes !== change.sizeBytes) {
        files.setSize(file, change.sizeBytes);
        files.stat(file, this.#stat);
      }
      return this.#finishFile(node, file, change.attributes);
    } finally {
      files.close(file);
    }
  }

  /** Size and attributes of a file whose ranges are all written. @returns as {@link writePart}. */
  finishInPlace(node: Node, { sizeBytes, attributes }: Expected): FileError | null | 'gone' {
    return this.writePart(node, { offset: 0, content: new Uint8Array(0), sizeBytes, attributes });
  }

  /** All that anything but a folder carries besides its content, where it is there. @returns false where it is gone. */
  setAttributes(node: Node, attributes: Attributes): boolean {
    const first = this.#replica.firstName(node);
    if (first === null) return true;
    const { files } = this.#replica;
    let at = this.#at(first);
    if (!this.#presence.holds(node, at, this.#stat)) {
      if (!this.#presence.reunite(node)) return false;
      at = this.#at(first);
      files.statAt(at.folder, at.name, this.#stat);
    }
    const isOurs = isAsLeft(node, this.#stat) || this.#presence.isOwn(first.parent, this.#stat);
    if (node.type === 'file') this.#replica.inUse.expectFree(first);
    this.#replica.own(node, this.#stat.inode);
    let refused = dress(files, { of: at, type: node.type, was: this.#stat }, attributes);
    files.statAt(at.folder, at.name, this.#stat);
    refused ??= requireTime(this.#stat, attributes);
    refused = this.#flag(at, attributes) ?? refused;
    // What a stranger did to the content stays to be seen.
    if (isOurs) this.#replica.record(node, this.#stat);
    throwIf(refused);
    return true;
  }

  /** Everything at once but the time: that when nothing in the folder changes any more. */
  setFolderAttributes(folder: Node, attributes: Attributes): void {
    const { files } = this.#replica;
    const descriptor = this.#replica.folders.open(folder);
    files.stat(descriptor, this.#stat);
    let refused = dress(files, { of: descriptor, type: 'folder', was: this.#stat }, attributes);
    files.stat(descriptor, this.#stat);
    refused ??= requireTime(this.#stat, attributes);
    refused = this.#flag(descriptor, attributes) ?? refused;
    this.#replica.record(folder, this.#stat);
    this.#replica.intend(folder, attributes);
    throwIf(refused);
  }

  /**
   * What has no content: a symbolic link, a named pipe or a device, put in place by a rename so that the
   * name is never missing. @param target - where the link leads, which device it is.
   */
  makeAnew(node: Node, target: ByteString, attributes: Attributes): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const { files } = this.#replica;
    const staged = this.#replica.newName(node);
    makeNode(files, staged, node.type, target);
    let refused: FileError | null;
    try {
      files.statAt(staged.folder, staged.name, this.#stat);
      this.#replica.own(node, this.#stat.inode);
      refused = dress(files, { of: staged, type: node.type, was: this.#stat }, attributes);
      const at = this.#at(first);
      if (!this.#presence.holds(node, at, this.#stat)) this.#presence.clear(first.parent, first.name, 'replaced');
      files.renameAt(staged, this.#at(first));
    } catch (error) {
      throw this.newFiles.discard({ staged }, error);
    }
    this.#replica.touch(first.parent);
    const late = this.#finishNew(node, first, attributes);
    throwIf(refused ?? late);
  }

  /** Sets what a staged file will carry when it gets its name, but for its flags. @returns the first refusal. */
  dress(file: number, attributes: Attributes): FileError | null {
    const { files } = this.#replica;
    files.stat(file, this.#stat);
    return dress(files, { of: file, type: 'file', was: this.#stat }, attributes);
  }

  /** What has its first name now gets its flags; takes its status over and leads its other names to it. */
  #finishNew(node: Node, first: Name, attributes: Attributes): FileError | null {
    const { files } = this.#replica;
    const at = this.#at(first);
    if (!files.statAt(at.folder, at.name, this.#stat)) return null;
    const refused = this.#flag(at, attributes) ?? requireTime(this.#stat, attributes);
    this.#settle(node, first);
    return refused;
  }

  /** `#stat` is its status, before and after. */
  #flag(of: FileOrName, attributes: Attributes): FileError | null {
    const { files } = this.#replica;
    const flags = this.#stat.flags;
    const refused = setFlags(files, { of, was: this.#stat }, attributes);
    if (flags === flagsOf(attributes.extended)) return refused;
    if (typeof of === 'number') files.stat(of, this.#stat);
    else files.statAt(of.folder, of.name, this.#stat);
    return refused;
  }

  /** `#stat` is the new file's under its first name. */
  #settle(node: Node, first: Name): void {
    this.#replica.record(node, this.#stat);
    if (node.otherNames !== null && this.#presence.reunite(node)) {
      const at = this.#at(first);
      this.#replica.files.statAt(at.folder, at.name, this.#stat);
      this.#replica.record(node, this.#stat);
    }
    this.#replica.unmark(node);
  }

  #at(name: Name): NameAt {
    return { folder: this.#replica.folders.open(name.parent), name: name.name };
  }

  #fill(node: Node, file: number, content: Uint8Array, attributes: Attributes): FileError | null {
    const { files } = this.#replica;
    if (content.length > 0) files.write(file, content, 0);
    const refused = this.dress(file, attributes);
    this.#replica.own(node, this.#stat.inode);
    return refused;
  }

  /** Where something has the name: the same content is kept as it is, a part of it (from before a power cut) is no loss. */
  #giveName(node: Node, first: Name, made: NewFile, content: Uint8Array): void {
    try {
      return this.newFiles.name(made, this.#at(first));
    } catch (error) {
      if (!(error instanceof FileError && error.code === 'EEXIST')) throw error;
    }
    const at = this.#at(first);
    const isPart = !this.#isKnownOrOwn(first, at) && this.#holdsPartOf(at, content);
    if (isPart || this.#presence.holds(node, at, this.#stat)) this.#replica.inUse.expectFree(first);
    else this.#presence.clear(first.parent, first.name, 'replaced');
    this.newFiles.nameOver(made, first.parent, this.#at(first));
  }

  #isKnownOrOwn(name: Name, at: NameAt): boolean {
    if (!this.#replica.files.statAt(at.folder, at.name, this.#stat)) return false;
    return this.#replica.known(this.#stat) !== undefined || this.#presence.isOwn(name.parent, this.#stat);
  }

  #holdsPartOf(at: NameAt, content: Uint8Array): boolean {
    const { files } = this.#replica;
    if (!files.statAt(at.folder, at.name, this.#stat) || typeOf(this.#stat) !== 'file') return false;
    const length = this.#stat.sizeBytes;
    if (length > content.length || this.#stat.linkCount > 1) return false;
    const file = files.openAt(at.folder, at.name, OPEN.readOnly | OPEN.nonBlocking);
    try {
      const found = Buffer.alloc(length);
      let done = 0;
      while (done < length) {
        const count = files.read(file, found, { offset: done, length: length - done, position: done });
        if (count === 0) return false;
        done += count;
      }
      return found.equals(content.subarray(0, length));
    } finally {
      files.close(file);
    }
  }

  /**
   * Opens the file for writing, its status in `#stat`.
   * @returns null where it is gone, or where it shares its inode with something that is not its name.
   */
  #openInPlace(node: Node, first: Name, attributes: Attributes): number | null {
    if (node.inode === 0) return null;
    const file =
      this.#openExpected(node, first) ?? (this.#presence.reunite(node) ? this.#openExpected(node, first) : null);
    if (file === null) return null;
    const { files } = this.#replica;
    // A descriptor that stays open for writing would make the file one in use: by ourselves, for good.
    try {
      const isOwn = this.#presence.isOwn(first.parent, this.#stat);
      const isShared = this.#stat.linkCount > 1 + (node.otherNames?.length ?? 0);
      if (!isOwn && !isAsLeft(node, this.#stat))
        this.#quarantine.keepCopy(first.parent, first.name, 'changed-on-passive');
      if (!isShared) {
        this.#replica.own(node, this.#stat.inode);
        return file;
      }
    } catch (error) {
      files.close(file);
      throw error;
    }
    files.close(file);
    return this.#unshare(node, first, attributes);
  }

  #openExpected(node: Node, first: Name): number | null {
    const { files } = this.#replica;
    this.#replica.inUse.expectFree(first, true);
    const at = this.#at(first);
    let file: number;
    try {
      file = files.openAt(at.folder, at.name, OPEN.readWrite | OPEN.nonBlocking);
    } catch (error) {
      if (isAbsence(error) || (error instanceof FileError && error.code === 'EISDIR')) return null;
      throw error;
    }
    let isExpected = false;
    try {
      files.stat(file, this.#stat);
      isExpected = this.#stat.inode === node.inode && typeOf(this.#stat) === 'file';
    } finally {
      if (!isExpected) files.close(file);
    }
    return isExpected ? file : null;
  }

  /** Writing in place would change a file of another name, too: go on with a copy of our own. */
  #unshare(node: Node, first: Name, attributes: Attributes): number {
    const { files } = this.#replica;
    const staged = this.#replica.newName(node);
    const at = this.#at(first);
    const source = files.openAt(at.folder, at.name, OPEN.readOnly | OPEN.nonBlocking);
    let copy: number | null = null;
    try {
      copy = files.openAt(staged.folder, staged.name, OPEN.readWrite | OPEN.create | OPEN.truncate, STAGED_MODE);
      copyContent(files, source, copy);
      this.dress(copy, attributes);
      files.stat(copy, this.#stat);
      this.#replica.own(node, this.#stat.inode);
      for (const name of this.#replica.tree.namesOf(node)) {
        const to = this.#at(name);
        if (!this.#presence.holds(node, to, this.#stat)) continue;
        files.unlinkAt(to.folder, to.name);
        this.#replica.touch(name.parent);
      }
      files.renameAt(staged, this.#at(first));
      this.#replica.touch(first.parent);
      files.stat(copy, this.#stat);
      this.#settle(node, first);
      files.stat(copy, this.#stat);
      return copy;
    } catch (error) {
      if (copy !== null) files.close(copy);
      throw this.newFiles.discard({ staged }, error);
    } finally {
      files.close(source);
    }
  }

  #finishFile(node: Node, file: number, attributes: Attributes): FileError | null {
    const { files } = this.#replica;
    let refused = dress(files, { of: file, type: 'file', was: this.#stat }, attributes);
    files.stat(file, this.#stat);
    refused ??= requireTime(this.#stat, attributes);
    refused = this.#flag(file, attributes) ?? refused;
    this.#replica.record(node, this.#stat);
    return refused;
  }
}

function makeNode(files: Files, at: NameAt, type: NodeType, target: ByteString): void {
  if (type === 'symlink') return files.symlinkAt(target, at.folder, at.name);
  assert(type !== 'file' && type !== 'folder', 'what is made anew has no content');
  const device = parseDeviceTarget(target) ?? { major: 0, minor: 0 };
  files.makeNodeAt(at, MADE_TYPES[type] | STAGED_MODE, device);
}
