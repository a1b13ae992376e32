import { INLINE_BYTES_MAX, type NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { ContentPass } from './content-pass.ts';
import { EntryReader } from './entry-reader.ts';
import { FolderPass } from './folder-pass.ts';
import { FolderStatement } from './folder-statement.ts';
import { predecessor } from './name-order.ts';
import { type Pass, Patience, type Scan, type Slice } from './scan.ts';

/**
 * States one name of a folder: a record of its folder that covers the range from the name's
 * predecessor to the name itself. That a name is absent can only be said up to a name that is there:
 * then the record goes on to the next sibling, or to the end.
 */
export class NamePass implements Pass {
  readonly #scan: Scan;
  readonly #folder: Node;
  readonly #name: ByteString;
  readonly #below: boolean;
  readonly #stated: (node: NodeId) => void;
  readonly #patience = new Patience();

  /**
   * @param target.name - of a file or link, of a folder, or of nothing.
   * @param target.below - true to go on with the content of a large file, or all that is in a folder;
   *   false for a folder on the way to what was asked for, so that the other side knows it.
   * @param target.stated - told which node has the name, once that was stated, or found to be unreadable.
   */
  constructor(scan: Scan, target: { folder: Node; name: ByteString; below: boolean; stated?: (node: NodeId) => void }) {
    this.#scan = scan;
    this.#folder = target.folder;
    this.#name = target.name;
    this.#below = target.below;
    this.#stated = target.stated ?? (() => undefined);
  }

  /** One name is little work: interrupted only where its folder has to be found. */
  advance(slice: Slice): readonly Pass[] | null {
    const { tree } = this.#scan;
    const path = tree.get(this.#folder.id) === this.#folder ? tree.pathOf(this.#folder) : null;
    if (path === null) return [];
    try {
      this.#state(this.#scan.descriptors.openAgain(this.#folder));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (this.#folder.parent !== null) this.#scan.look(this.#folder.parent, this.#folder.name);
      const there = tree.get(this.#folder.id) === this.#folder;
      if (there && this.#patience.withError(error, slice)) return null;
      if (there) this.#unreadable(joinPath(path, this.#name), error.code);
    }
    return this.#below ? this.#next() : [];
  }

  #unreadable(path: ByteString, code: string): void {
    this.#scan.unreadable(path, code);
    const node = this.#folder.children?.get(this.#name);
    if (node !== undefined) this.#stated(node.id);
  }

  #state(descriptor: number): void {
    const reader = new EntryReader(this.#scan);
    const statement = new FolderStatement(this.#scan, this.#folder, predecessor(this.#name));
    const ignore = (): void => undefined;
    if (this.#folder.children?.has(this.#name) !== true) this.#scan.look(this.#folder, this.#name);
    let name: ByteString | null = this.#name;
    while (name !== null) {
      const entry = reader.read(this.#folder, descriptor, name, ignore);
      if (entry !== null) {
        statement.add(entry, descriptor);
        statement.flush(descriptor);
        if (name === this.#name) this.#stated(entry.node);
        if (this.#below) this.#scan.itemsDone += 1;
        if (this.#scan.request.mode === 'full' && entry.sizeBytes <= INLINE_BYTES_MAX) {
          this.#scan.bytesDone += entry.sizeBytes;
        }
        return;
      }
      name = this.#scan.siblings.next(this.#folder, name);
    }
    statement.finish(descriptor);
  }

  #next(): Pass[] {
    const node = this.#folder.children?.get(this.#name);
    if (node === undefined) return [];
    if (node.type === 'folder') return [new FolderPass(this.#scan, node)];
    const large = node.type === 'file' && node.sizeBytes > INLINE_BYTES_MAX;
    return large && this.#scan.request.mode === 'full' ? [new ContentPass(this.#scan, node)] : [];
  }
}
