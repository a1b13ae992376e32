import { RANGE_BYTES, RANGES_MAX } from '../changes/change.ts';
import { readExtended } from '../changes/extended.ts';
import { attributesOf, typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { isCurrent, sameMoment } from './compare.ts';
import { type Pass, Patience, type Scan, type Slice } from './scan.ts';

/** How often one record's ranges are read where the file is written meanwhile; the last reading counts. */
const READINGS_MAX = 2;

/** States the content of one large file, 16 MiB a record, each read in one go. */
export class ContentPass implements Pass {
  readonly #scan: Scan;
  readonly #node: Node;
  readonly #before = new Stat();
  readonly #after = new Stat();
  readonly #patience = new Patience();
  #range = 0;

  constructor(scan: Scan, node: Node) {
    this.#scan = scan;
    this.#node = node;
  }

  advance(slice: Slice): readonly Pass[] | null {
    for (;;) {
      const { parent } = this.#node;
      if (parent === null || this.#scan.tree.get(this.#node.id) !== this.#node) return [];
      const first = this.#range;
      const outcome = this.#record(parent, slice);
      if (outcome !== 'more') return outcome === 'later' ? null : [];
      if (slice.spend((this.#range - first) * RANGE_BYTES)) return null;
    }
  }

  /** States the next ranges. @returns `done` when that were the last, `later` where the file has to be found first. */
  #record(parent: Node, slice: Slice): 'done' | 'more' | 'later' {
    const { descriptors, files, reader } = this.#scan;
    let file: number | null = null;
    try {
      file = reader.open(descriptors.open(parent), this.#node.name);
      files.stat(file, this.#before);
      // What is known by now goes out first; what happens while we read, its own notice will tell.
      if (this.#range === 0 && !isCurrent(this.#node, this.#before)) {
        this.#scan.look(parent, this.#node.name);
        if (this.#scan.tree.get(this.#node.id) !== this.#node) return 'done';
      }
      // Another file has the name by now, and the tree does not know yet.
      if (this.#before.inode !== this.#node.inode) {
        throw new FileError({ code: 'ENOENT', call: 'openat', path: this.#node.name });
      }
      return typeOf(this.#before) !== 'file' || this.#state(file) ? 'done' : 'more';
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.#giveUp(error, parent, slice);
    } finally {
      if (file !== null) files.close(file);
    }
  }

  #state(file: number): boolean {
    let hashes: bigint[] = [];
    for (let readings = 1; readings <= READINGS_MAX; readings += 1) {
      this.#scan.files.stat(file, this.#before);
      hashes = this.#hashes(file, this.#before.sizeBytes);
      this.#scan.files.stat(file, this.#after);
      if (sameMoment(this.#before, this.#after)) break;
    }
    const { sizeBytes } = this.#after;
    readExtended(this.#scan.files, file, this.#after);
    const firstRange = this.#range;
    this.#range += hashes.length;
    const last = hashes.length === 0 || this.#range * RANGE_BYTES >= sizeBytes;
    this.#scan.bytesDone += Math.max(0, Math.min(hashes.length * RANGE_BYTES, sizeBytes - firstRange * RANGE_BYTES));
    this.#scan.emit({
      kind: 'verifyContent',
      check: this.#scan.request.check,
      node: this.#node.id,
      attributes: attributesOf(this.#after),
      sizeBytes,
      firstRange,
      hashes,
      last,
    });
    return last;
  }

  #hashes(file: number, sizeBytes: number): bigint[] {
    const hashes: bigint[] = [];
    for (let range = this.#range; hashes.length < RANGES_MAX && range * RANGE_BYTES < sizeBytes; range += 1) {
      const offset = range * RANGE_BYTES;
      const { hash, length } = this.#scan.reader.hashPresent(file, offset, Math.min(RANGE_BYTES, sizeBytes - offset));
      if (length === 0) break;
      hashes.push(hash);
      if (this.#scan.isSpent()) break;
    }
    return hashes;
  }

  #giveUp(error: FileError, parent: Node, slice: Slice): 'done' | 'later' {
    const path = this.#scan.tree.pathOf(this.#node);
    this.#scan.look(parent, this.#node.name);
    if (this.#scan.tree.get(this.#node.id) !== this.#node || path === null) return 'done';
    if (this.#patience.withError(error, slice)) return 'later';
    this.#scan.unreadable(path, error.code);
    return 'done';
  }
}
