import type { NodeId } from '../changes/change.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, isAbsence, type NameAt, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Presence } from './presence.ts';
import type { Replica } from './replica.ts';

const STAGED = 'node-';

/** Large files that are being gathered in `staging`, each named by its node. They survive a restart. */
export class StagedFiles {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #stat = new Stat();

  constructor(replica: Replica, presence: Presence) {
    this.#replica = replica;
    this.#presence = presence;
  }

  /** Makes the file, or takes up what is left of it. `reused`: it holds content that nobody vouches for. */
  begin(node: Node, sizeBytes: number): { at: NameAt; reused: boolean } {
    const { files } = this.#replica;
    const at: NameAt = { folder: this.#replica.stashOf(node).staging, name: stagedName(node.id) };
    this.#takeOverOwn(node, at);
    const reused = files.statAt(at.folder, at.name, this.#stat) && typeOf(this.#stat) === 'file';
    const file = files.openAt(at.folder, at.name, OPEN.readWrite | OPEN.create, 0o600);
    try {
      files.setSize(file, sizeBytes);
    } finally {
      files.close(file);
    }
    return { at, reused };
  }

  /** Can the file get its name from there? It may have been renamed into a protected folder on another file system since. */
  isNear(node: Node, at: NameAt | null): boolean {
    const { staging, device } = this.#replica.stashOf(node);
    if (at === null || at.folder === staging) return at !== null;
    this.#replica.files.stat(at.folder, this.#stat);
    return this.#stat.device === device;
  }

  /** @returns null where it is gone. */
  open(at: NameAt, flags: number): number | null {
    try {
      return this.#replica.files.openAt(at.folder, at.name, flags);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  setSize(at: NameAt, sizeBytes: number): void {
    const file = this.open(at, OPEN.readWrite);
    if (file === null) return;
    try {
      this.#replica.files.setSize(file, sizeBytes);
    } finally {
      this.#replica.files.close(file);
    }
  }

  /** @returns false where the file is gone. */
  write(at: NameAt, content: Uint8Array, offset: number): boolean {
    const file = this.open(at, OPEN.readWrite);
    if (file === null) return false;
    try {
      if (content.length > 0) this.#replica.files.write(file, content, offset);
    } finally {
      this.#replica.files.close(file);
    }
    return true;
  }

  remove(at: NameAt): void {
    try {
      this.#replica.files.unlinkAt(at.folder, at.name);
    } catch (error) {
      // What stays behind is taken up, or thrown away, by the next who needs the name.
      if (!(error instanceof FileError)) throw error;
    }
  }

  /** Removes what a run before this one left and nobody took up. */
  sweep(isAwaited: (node: NodeId) => boolean): void {
    for (const [, { staging }] of this.#replica.stashes) {
      for (const name of this.#replica.files.list(staging)) {
        const isLeft = name.startsWith(STAGED) && !isAwaited(Number(name.slice(STAGED.length)));
        if (isLeft) this.remove({ folder: staging, name });
      }
    }
  }

  /** After a crash the file may be whole under its name already: begin with that instead of with nothing. */
  #takeOverOwn(node: Node, staged: NameAt): void {
    const { files } = this.#replica;
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const at = { folder: this.#replica.folders.open(first.parent), name: first.name };
    if (!files.statAt(at.folder, at.name, this.#stat)) return;
    if (typeOf(this.#stat) !== 'file' || this.#stat.linkCount > 1) return;
    if (!this.#presence.isOwn(first.parent, this.#stat) || this.#replica.known(this.#stat) !== undefined) return;
    files.renameAt(at, staged);
    this.#replica.touch(first.parent);
  }
}

function stagedName(id: NodeId): ByteString {
  return fromText(STAGED + String(id));
}
