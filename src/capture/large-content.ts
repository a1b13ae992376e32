import { type Files, FileError, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { RANGE_BYTES, RANGES_MAX } from '../changes/change.ts';
import { readExtended } from '../changes/extended.ts';
import type { Node } from '../changes/node-tree.ts';
import type { NodeReader } from './node-reader.ts';
import { remember, sameAttributes, unchanged } from './node-status.ts';
import type { OpenFolders } from './open-folders.ts';
import { NOT_KNOWN, type SentHashes } from './sent-hashes.ts';
import type { Shadow } from './shadow.ts';

/** Ranges that differ from what was sent last and are sent as they are; beyond that, hashes go out. */
const WRITES_MAX = 16;

/** One pass over one large file. */
interface Pass {
  readonly node: Node;
  /** -1 until begun. */
  file: number;
  readonly stat: Stat;
  nextRange: number;
  readonly hashes: bigint[];
  /** What was sent last; null: everything goes out as hashes. */
  sent: readonly bigint[] | null;
  sizeBefore: number;
  attributesMoved: boolean;
  writes: number;
  /** First range not yet stated, where hashes go out; -1 while differing ranges are sent themselves. */
  statedUpTo: number;
  costMs: number;
  /** Offsets of content the passive was given meanwhile. */
  readonly given: { readonly offset: number; readonly length: number }[];
  /** It changed meanwhile, or was asked for again. */
  again: boolean;
}

export interface LargeContentListener {
  /** A pass ended. `again`: the file changed during it and must be looked at again. */
  passed(node: Node, costMs: number, again: boolean): void;
  unreadable(node: Node, reason: string): void;
  /** It was read to its end. */
  wasRead(node: Node): void;
}

/**
 * States the content of large files: by the ranges themselves where few differ from what was sent
 * last, otherwise by hashes of which the passive pulls what it lacks. Works in slices, one file after
 * the other.
 */
export class LargeContent {
  readonly #files: Files;
  readonly #folders: OpenFolders;
  readonly #reader: NodeReader;
  readonly #shadow: Shadow;
  readonly #hash: HashContent;
  readonly #sent: SentHashes;
  readonly #listener: LargeContentListener;
  readonly #nowMs: () => number;
  readonly #passes = new Map<Node, Pass>();
  /** Attributes that moved and that a pass was to tell, but came to no end. */
  readonly #untold = new WeakSet<Node>();
  readonly #buffer = new Uint8Array(RANGE_BYTES);
  readonly #stat = new Stat();

  constructor(options: {
    files: Files;
    folders: OpenFolders;
    reader: NodeReader;
    shadow: Shadow;
    hash: HashContent;
    sent: SentHashes;
    listener: LargeContentListener;
    nowMs: () => number;
  }) {
    this.#files = options.files;
    this.#folders = options.folders;
    this.#reader = options.reader;
    this.#shadow = options.shadow;
    this.#hash = options.hash;
    this.#sent = options.sent;
    this.#listener = options.listener;
    this.#nowMs = options.nowMs;
  }

  /** Files waiting or in work. */
  get size(): number {
    return this.#passes.size;
  }

  /** Asks for a pass. A file in work is looked at once more when its pass ends. */
  state(node: Node, attributesMoved: boolean): void {
    const running = this.#passes.get(node);
    if (running !== undefined) {
      running.attributesMoved ||= attributesMoved;
      if (running.file >= 0) running.again = true;
      return;
    }
    this.#passes.set(node, {
      node,
      file: -1,
      stat: new Stat(),
      nextRange: 0,
      hashes: [],
      sent: null,
      sizeBefore: 0,
      attributesMoved: this.#untold.delete(node) || attributesMoved,
      writes: 0,
      statedUpTo: 0,
      costMs: 0,
      given: [],
      again: false,
    });
  }

  /** The passive was given this content on its request. */
  given(node: Node, offset: number, content: Uint8Array): void {
    this.#sent.given(node.id, offset, content);
    const pass = this.#passes.get(node);
    if (pass !== undefined && pass.file >= 0) pass.given.push({ offset, length: content.length });
  }

  /** Ends a pass. */
  drop(node: Node): void {
    const pass = this.#passes.get(node);
    if (pass === undefined) return;
    this.#passes.delete(node);
    if (pass.file >= 0) this.#files.close(pass.file);
  }

  /** The passive no longer holds what was sent of it: it is new, or small now. */
  forget(node: Node): void {
    this.drop(node);
    this.#untold.delete(node);
    this.#sent.drop(node.id);
  }

  /** Works on the first file, at least one range, until the time is up. */
  step(deadlineMs: number): void {
    for (const pass of this.#passes.values()) {
      const beganMs = this.#nowMs();
      const ended = this.#work(pass, deadlineMs);
      pass.costMs += this.#nowMs() - beganMs;
      if (ended) {
        this.drop(pass.node);
        this.#listener.passed(pass.node, pass.costMs, pass.again);
      }
      return;
    }
  }

  closeAll(): void {
    for (const pass of this.#passes.values()) this.drop(pass.node);
  }

  /** @returns true when the pass is over. */
  #work(pass: Pass, deadlineMs: number): boolean {
    try {
      if (pass.file < 0 && !this.#begin(pass)) return true;
      do {
        if (pass.nextRange >= rangesOf(pass.stat.sizeBytes) || !this.#range(pass)) return this.#end(pass);
      } while (this.#nowMs() < deadlineMs);
      return false;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (pass.attributesMoved) this.#untold.add(pass.node);
      this.#listener.unreadable(pass.node, error.code);
      return true;
    }
  }

  #begin(pass: Pass): boolean {
    const { node } = pass;
    if (!this.#shadow.holds(node) || node.parent === null) return false;
    const folder = this.#folders.open(node.parent);
    const opened = folder === null ? 'gone' : this.#reader.open(folder, node.name, node.inode, pass.stat);
    if (typeof opened !== 'number') {
      // Gone or moved: the notice of that leads to a look.
      if (opened !== 'gone') this.#listener.unreadable(node, opened.failure);
      else pass.again = true;
      if (pass.attributesMoved) this.#untold.add(node);
      return false;
    }
    pass.file = opened;
    pass.sent = this.#sent.get(node.id);
    pass.sizeBefore = this.#sent.sizeBytesOf(node.id);
    pass.statedUpTo = pass.sent === null ? 0 : -1;
    readExtended(this.#files, opened, pass.stat);
    pass.attributesMoved ||= !sameAttributes(node, pass.stat);
    remember(node, pass.stat);
    return true;
  }

  /** @returns false where the file ended early. */
  #range(pass: Pass): boolean {
    const range = pass.nextRange;
    const offset = range * RANGE_BYTES;
    const want = Math.min(RANGE_BYTES, pass.stat.sizeBytes - offset);
    const length = this.#read(pass.file, want, offset);
    if (length < want) {
      pass.again = true;
      return false;
    }
    const content = this.#buffer.subarray(0, length);
    const hash = this.#hash(content);
    pass.hashes.push(hash);
    pass.nextRange += 1;
    if (pass.statedUpTo < 0 && pass.sent?.[range] !== hash) {
      if (pass.writes < WRITES_MAX) {
        this.#shadow.write(pass.node, pass.stat, { offset, content });
        pass.writes += 1;
      } else {
        pass.statedUpTo = range;
      }
    }
    if (pass.statedUpTo >= 0 && pass.nextRange - pass.statedUpTo === RANGES_MAX) this.#verify(pass);
    return true;
  }

  #verify(pass: Pass): void {
    this.#shadow.verify(pass.node, pass.stat, {
      firstRange: pass.statedUpTo,
      hashes: pass.hashes.slice(pass.statedUpTo, pass.nextRange),
      last: pass.nextRange >= rangesOf(pass.stat.sizeBytes),
    });
    pass.statedUpTo = pass.nextRange;
  }

  #end(pass: Pass): boolean {
    if (pass.statedUpTo >= 0 && pass.nextRange > pass.statedUpTo) this.#verify(pass);
    if (pass.statedUpTo < 0 && pass.writes === 0) this.#tellRest(pass);
    this.#files.stat(pass.file, this.#stat);
    if (!unchanged(pass.stat, this.#stat)) pass.again = true;
    // A look told other attributes meanwhile, and records of this pass told the older ones after that.
    if (!sameAttributes(pass.node, pass.stat)) {
      readExtended(this.#files, pass.file, this.#stat);
      this.#shadow.attributes(pass.node, this.#stat);
    }
    if (pass.nextRange >= rangesOf(pass.stat.sizeBytes)) {
      this.#listener.wasRead(pass.node);
      for (const { offset, length } of pass.given) {
        const end = Math.min(rangesOf(offset + length), pass.hashes.length);
        for (let range = Math.floor(offset / RANGE_BYTES); range < end; range += 1) pass.hashes[range] = NOT_KNOWN;
      }
      this.#sent.set(pass.node.id, pass.hashes, pass.stat.sizeBytes);
    } else {
      this.#sent.drop(pass.node.id);
    }
    return true;
  }

  /** No range differs; size or attributes may. */
  #tellRest(pass: Pass): void {
    if (pass.sizeBefore !== pass.stat.sizeBytes) {
      this.#shadow.write(pass.node, pass.stat, { offset: pass.stat.sizeBytes, content: this.#buffer.subarray(0, 0) });
    } else if (pass.attributesMoved) {
      this.#shadow.attributes(pass.node, pass.stat);
    }
  }

  #read(file: number, want: number, position: number): number {
    let length = 0;
    while (length < want) {
      const at = { offset: length, length: want - length, position: position + length };
      const count = this.#files.read(file, this.#buffer, at);
      if (count === 0) break;
      length += count;
    }
    return length;
  }
}

function rangesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / RANGE_BYTES);
}
