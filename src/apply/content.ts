import type { Attributes } from '../changes/change.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { copyContent } from './disk-tree.ts';
import { isAsLeft, permissionsOf, typeOf } from './file-facts.ts';
import { isAbsence } from './folders.ts';
import { type NewFile, NewFiles, STAGED_MODE } from './new-files.ts';
import type { Presence } from './presence.ts';
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
    try {
      this.#fill(node, made.file, content, attributes);
      this.#giveName(node, first, made, content);
      this.#replica.touch(first.parent);
      files.stat(made.file, this.#stat);
    } catch (error) {
      throw this.newFiles.discard(made, error);
    } finally {
      files.close(made.file);
    }
    this.#settle(node, first);
  }

  /** Publishes a staged file that is whole, attributes included, under all names of its node. */
  publish(node: Node, staged: NameAt, standIn: number): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const { files } = this.#replica;
    const target = this.#at(first);
    const occupied = files.statAt(target.folder, target.name, this.#stat);
    if (occupied && this.#stat.inode === standIn) this.#replica.inUse.expectFree(first);
    else if (occupied) this.#presence.clear(first.parent, first.name, 'replaced');
    files.statAt(staged.folder, staged.name, this.#stat);
    this.#replica.own(node, this.#stat.inode);
    files.renameAt(staged, this.#at(first));
    this.#replica.touch(first.parent);
    this.finish(node, first);
  }

  /** The whole content, in place, so that inode and hard links stay; made anew where the file is gone. */
  put(node: Node, content: Uint8Array, attributes: Attributes): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const file = this.#openInPlace(node, first, attributes);
    if (file === null) return this.create(node, content, attributes);
    const { files } = this.#replica;
    try {
      const sizeBefore = this.#stat.sizeBytes;
      files.write(file, content, 0);
      if (sizeBefore > content.length) files.setSize(file, content.length);
      this.#finishFile(node, file, attributes);
    } finally {
      files.close(file);
    }
    this.#replica.unmark(node);
  }

  /** Bytes into a large file. @returns false where the file is gone: only the active server can tell its content. */
  write(
    node: Node,
    change: { offset: number; content: Uint8Array; sizeBytes: number; attributes: Attributes },
  ): boolean {
    const first = this.#replica.firstName(node);
    if (first === null) return true;
    const file = this.#openInPlace(node, first, change.attributes);
    if (file === null) return false;
    const { files } = this.#replica;
    try {
      if (change.content.length > 0) files.write(file, change.content, change.offset);
      files.stat(file, this.#stat);
      if (this.#stat.sizeBytes !== change.sizeBytes) files.setSize(file, change.sizeBytes);
      this.#finishFile(node, file, change.attributes);
    } finally {
      files.close(file);
    }
    return true;
  }

  /** Mode, owner and time of a file or link that is there. @returns false where it is gone. */
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
    const { uid, gid, mode, mtimeSeconds, mtimeNanoseconds } = attributes;
    const ownerDiffers = this.#stat.uid !== uid || this.#stat.gid !== gid;
    if (ownerDiffers) files.setOwnerAt(at.folder, at.name, attributes);
    const modeDiffers = permissionsOf(this.#stat) !== mode || (ownerDiffers && (mode & SPECIAL_BITS) !== 0);
    if (modeDiffers && node.type !== 'symlink') files.setModeAt(at.folder, at.name, mode);
    files.setMtimeAt(at.folder, at.name, { seconds: mtimeSeconds, nanoseconds: mtimeNanoseconds });
    files.statAt(at.folder, at.name, this.#stat);
    // What a stranger did to the content stays to be seen.
    if (isOurs) this.#replica.record(node, this.#stat);
    return true;
  }

  /** Mode and owner at once; the time when nothing in the folder changes any more. */
  setFolderAttributes(folder: Node, attributes: Attributes): void {
    const { files } = this.#replica;
    const descriptor = this.#replica.folders.open(folder);
    files.stat(descriptor, this.#stat);
    if (this.#stat.uid !== attributes.uid || this.#stat.gid !== attributes.gid) files.setOwner(descriptor, attributes);
    files.setMode(descriptor, attributes.mode);
    files.stat(descriptor, this.#stat);
    this.#replica.record(folder, this.#stat);
    this.#replica.intend(folder, attributes);
  }

  /** A symbolic link, put in place by a rename so that the name is never missing. */
  symlink(node: Node, target: ByteString, attributes: Attributes): void {
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const { files } = this.#replica;
    const staged = this.#replica.newName(node);
    files.symlinkAt(target, staged.folder, staged.name);
    try {
      files.statAt(staged.folder, staged.name, this.#stat);
      this.#replica.own(node, this.#stat.inode);
      const { uid, gid, mtimeSeconds, mtimeNanoseconds } = attributes;
      if (this.#stat.uid !== uid || this.#stat.gid !== gid) files.setOwnerAt(staged.folder, staged.name, attributes);
      files.setMtimeAt(staged.folder, staged.name, { seconds: mtimeSeconds, nanoseconds: mtimeNanoseconds });
      const at = this.#at(first);
      if (!this.#presence.holds(node, at, this.#stat)) this.#presence.clear(first.parent, first.name, 'replaced');
      files.renameAt(staged, this.#at(first));
    } catch (error) {
      throw this.newFiles.discard({ staged }, error);
    }
    this.#replica.touch(first.parent);
    this.finish(node, first);
  }

  /** Sets what a staged file will carry when it gets its name. The time comes last. */
  dress(file: number, attributes: Attributes): void {
    const { files } = this.#replica;
    files.stat(file, this.#stat);
    if (this.#stat.uid !== attributes.uid || this.#stat.gid !== attributes.gid) files.setOwner(file, attributes);
    // Writing and a change of owner take setuid and setgid away.
    files.setMode(file, attributes.mode);
    files.setMtime(file, { seconds: attributes.mtimeSeconds, nanoseconds: attributes.mtimeNanoseconds });
  }

  /** Takes the new file's status over and leads its other names to it. */
  finish(node: Node, first: Name): void {
    const { files } = this.#replica;
    const at = this.#at(first);
    if (!files.statAt(at.folder, at.name, this.#stat)) return;
    this.#settle(node, first);
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

  #fill(node: Node, file: number, content: Uint8Array, attributes: Attributes): void {
    const { files } = this.#replica;
    if (content.length > 0) files.write(file, content, 0);
    files.stat(file, this.#stat);
    const ownerDiffers = this.#stat.uid !== attributes.uid || this.#stat.gid !== attributes.gid;
    if (ownerDiffers) files.setOwner(file, attributes);
    if (permissionsOf(this.#stat) !== attributes.mode) files.setMode(file, attributes.mode);
    files.setMtime(file, { seconds: attributes.mtimeSeconds, nanoseconds: attributes.mtimeNanoseconds });
    this.#replica.own(node, this.#stat.inode);
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
    const isOwn = this.#presence.isOwn(first.parent, this.#stat);
    if (!isOwn && !isAsLeft(node, this.#stat))
      this.#quarantine.keepCopy(first.parent, first.name, 'changed-on-passive');
    if (this.#stat.linkCount > 1 + (node.otherNames?.length ?? 0)) {
      files.close(file);
      return this.#unshare(node, first, attributes);
    }
    if (!isOwn) this.#replica.own(node, this.#stat.inode);
    return file;
  }

  #openExpected(node: Node, first: Name): number | null {
    const { files } = this.#replica;
    this.#replica.inUse.expectFree(first, true);
    const at = this.#at(first);
    let file: number;
    try {
      file = files.openAt(at.folder, at.name, OPEN.readWrite | OPEN.nonBlocking);
    } catch (error) {
      if (isAbsence(error) || (error instanceof FileError && (error.code === 'EISDIR' || error.code === 'ENXIO')))
        return null;
      throw error;
    }
    files.stat(file, this.#stat);
    if (this.#stat.inode === node.inode && typeOf(this.#stat) === 'file') return file;
    files.close(file);
    return null;
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
      this.finish(node, first);
      files.stat(copy, this.#stat);
      return copy;
    } catch (error) {
      if (copy !== null) files.close(copy);
      throw this.newFiles.discard({ staged }, error);
    } finally {
      files.close(source);
    }
  }

  #finishFile(node: Node, file: number, attributes: Attributes): void {
    const { files } = this.#replica;
    const { uid, gid, mode } = attributes;
    if (this.#stat.uid !== uid || this.#stat.gid !== gid) files.setOwner(file, attributes);
    const modeDiffers = permissionsOf(this.#stat) !== mode || (mode & SPECIAL_BITS) !== 0;
    if (modeDiffers) files.setMode(file, mode);
    files.setMtime(file, { seconds: attributes.mtimeSeconds, nanoseconds: attributes.mtimeNanoseconds });
    files.stat(file, this.#stat);
    this.#replica.record(node, this.#stat);
  }
}
