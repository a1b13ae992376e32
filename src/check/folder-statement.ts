import { FOLDER_ENTRIES_MAX, type FolderEntry, RECORD_BYTES_MAX } from '../changes/change.ts';
import { readExtended } from '../changes/extended.ts';
import { attributesOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, fromLatin1 } from '../kernel/byte-string.ts';
import { Stat } from '../kernel/files.ts';
import { isCurrent } from './compare.ts';
import type { Scan } from './scan.ts';

/** The name under which a folder itself is looked at. */
const ITSELF = fromLatin1('');
/** Far below the limit of a record, so that the estimate need not be exact and records stay quick to send. */
const PART_BYTES_MAX = RECORD_BYTES_MAX / 4;
/** Everything in an entry but its name, its target and what it carries beyond its status, generously. */
const ENTRY_BYTES = 96;

/**
 * Gathers entries of one folder, in byte order, and states them in parts. A part says what the names
 * after `after` and up to its last entry are; a name that can't be stated is left out by a gap: one
 * part ends before it, the next begins after it.
 */
export class FolderStatement {
  readonly #scan: Scan;
  readonly #folder: Node;
  readonly #attributesCount: boolean;
  readonly #stat = new Stat();
  #after: ByteString;
  #entries: FolderEntry[] = [];
  #bytes = 0;

  /** @param after - the first part begins after this name. */
  constructor(scan: Scan, folder: Node, after: ByteString = fromLatin1('')) {
    this.#scan = scan;
    this.#folder = folder;
    this.#after = after;
    this.#attributesCount =
      folder.parent !== null ||
      (scan.protectedSet.folders.find((f) => f.path === folder.name)?.attributesCount ?? true);
  }

  /** Up to this name all is stated, or will be with the next part. */
  get reached(): ByteString {
    return this.#entries.at(-1)?.name ?? this.#after;
  }

  /** @param descriptor - of the folder; its attributes are read from it when a part goes out. */
  add(entry: FolderEntry, descriptor: number): void {
    this.#entries.push(entry);
    this.#bytes += ENTRY_BYTES + entry.name.length + entry.target.length + (entry.attributes.extended?.length ?? 0);
    if (this.#entries.length >= FOLDER_ENTRIES_MAX || this.#bytes >= PART_BYTES_MAX) this.flush(descriptor);
  }

  /** Nothing will be said about the name. */
  leaveOut(name: ByteString, descriptor: number): void {
    this.flush(descriptor);
    this.#after = name;
  }

  /** States what was gathered; nothing where there is nothing. */
  flush(descriptor: number): void {
    if (this.#entries.length > 0) this.#state(descriptor, false);
  }

  /** States the rest, and that there are no names after it. */
  finish(descriptor: number): void {
    this.#state(descriptor, true);
  }

  #state(descriptor: number, last: boolean): void {
    const after = this.#after;
    const entries = this.#entries;
    this.#after = this.reached;
    this.#entries = [];
    this.#bytes = 0;
    this.#scan.files.stat(descriptor, this.#stat);
    // What the stream has not said of the folder itself goes out first.
    if (!isCurrent(this.#folder, this.#stat)) this.#scan.look(this.#folder, ITSELF);
    readExtended(this.#scan.files, descriptor, this.#stat);
    this.#scan.emit({
      kind: 'verifyFolder',
      check: this.#scan.request.check,
      node: this.#folder.id,
      attributes: attributesOf(this.#stat),
      attributesCount: this.#attributesCount,
      after,
      last,
      entries,
    });
  }
}
