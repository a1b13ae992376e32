import { type Files, FileError, Stat } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { RANGE_BYTES, RANGES_MAX } from '../changes/change.ts';
import { readExtended } from '../changes/extended.ts';
import type { Node } from '../changes/node-tree.ts';
import type { NodeReader } from './node-reader.ts';
import { remember, sameAttributes, unchanged } from './node-status.ts';
import type { OpenFolders } from './open-folders.ts';
import { changedPieces, type Piece } from './changed-pieces.ts';
import { type BlockHashes, forgetBlocks, roomForHashes, type SentHashes } from './sent-hashes.ts';
import type { Shadow } from './shadow.ts';

/** What differs from what was sent last is sent as it is up to here, in writes and in bytes; beyond that, hashes go out. */
const WRITES_MAX = 256;
const WRITTEN_BYTES_MAX = 16 * RANGE_BYTES;

/** One pass over one large file. */
interface Pass {
  readonly node: Node;
  /** -1 until begun. */
  file: number;
  readonly stat: Stat;
  nextRange: number;
  /** Of what is read; null where the file is too large to keep any. */
  hashes: BlockHashes | null;
  /** What was sent last; null: everything goes out as hashes. */
  sent: BlockHashes | null;
  attributesMoved: boolean;
  writes: number;
  writtenBytes: number;
  /** First range not yet stated, where hashes go out; -1 while what differs is sent itself. */
  statedUpTo: number;
  /** Hashes of ranges from there on. */
  toState: bigint[];
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
 * States the content of large files: by the blocks themselves where few differ from what was sent
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

  /** Of these, which are. */
  get nodes(): Iterable<Node> {
    return this.#passes.keys();
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
      hashes: null,
      sent: null,
      attributesMoved: this.#untold.delete(node) || attributesMoved,
      writes: 0,
      writtenBytes: 0,
      statedUpTo: 0,
      toState: [],
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

  /** Operations tell what is written into the file: what was sent of it before is not what the passive will hold. */
  written(node: Node): void {
    this.#sent.drop(node.id);
    const pass = this.#passes.get(node);
    if (pass !== undefined) forgetSent(pass);
  }

  /** Another stream goes on where the one before was cut off: what was told in that, by passes that still run too, may never have arrived. */
  streamGoesOn(): void {
    this.#sent.clear();
    for (const pass of this.#passes.values()) forgetSent(pass);
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
    pass.hashes = roomForHashes(pass.stat.sizeBytes);
    const sent = this.#sent.get(node.id);
    pass.sent = sent?.blockBytes === pass.hashes?.blockBytes ? sent : null;
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
    const pieces = pass.hashes === null ? [] : changedPieces({ offset, content }, pass.hashes, pass.sent, this.#hash);
    pass.nextRange += 1;
    if (pass.statedUpTo < 0 && !this.#write(pass, pieces)) pass.statedUpTo = range;
    if (pass.statedUpTo >= 0) pass.toState.push(this.#hash(content));
    if (pass.toState.length === RANGES_MAX) this.#verify(pass);
    return true;
  }

  /** @returns false where it would be too much. */
  #write(pass: Pass, pieces: readonly Piece[]): boolean {
    const bytes = pieces.reduce((sum, { content }) => sum + content.length, 0);
    if (pass.writes + pieces.length > WRITES_MAX || pass.writtenBytes + bytes > WRITTEN_BYTES_MAX) return false;
    for (const piece of pieces) this.#shadow.write(pass.node, pass.stat, piece);
    pass.writes += pieces.length;
    pass.writtenBytes += bytes;
    return true;
  }

  #verify(pass: Pass): void {
    this.#shadow.verify(pass.node, pass.stat, {
      firstRange: pass.statedUpTo,
      hashes: pass.toState,
      last: pass.nextRange >= rangesOf(pass.stat.sizeBytes),
    });
    pass.statedUpTo = pass.nextRange;
    pass.toState = [];
  }

  #end(pass: Pass): boolean {
    if (pass.toState.length > 0) this.#verify(pass);
    // Of a file that has become empty there is no range to state.
    const isUnstated = pass.statedUpTo < 0 || pass.stat.sizeBytes === 0;
    if (isUnstated && pass.writes === 0) this.#tellRest(pass);
    this.#files.stat(pass.file, this.#stat);
    if (!unchanged(pass.stat, this.#stat)) pass.again = true;
    // A look told other attributes meanwhile, and records of this pass told the older ones after that.
    if (!sameAttributes(pass.node, pass.stat)) {
      readExtended(this.#files, pass.file, this.#stat);
      this.#shadow.attributes(pass.node, this.#stat);
    }
    if (pass.nextRange >= rangesOf(pass.stat.sizeBytes)) {
      this.#listener.wasRead(pass.node);
      this.#keep(pass);
    } else {
      this.#sent.drop(pass.node.id);
    }
    return true;
  }

  /** What was told is what the passive holds, but for what it was given meanwhile. */
  #keep({ node, hashes, given }: Pass): void {
    if (hashes === null) return this.#sent.drop(node.id);
    for (const { offset, length } of given) forgetBlocks(hashes, offset, length);
    this.#sent.set(node.id, hashes);
  }

  /** No block differs; size or attributes may. */
  #tellRest(pass: Pass): void {
    if (pass.sent?.sizeBytes !== pass.stat.sizeBytes) {
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

/** From here on a pass that has begun tells hashes, and what it told by then is not kept. */
function forgetSent(pass: Pass): void {
  if (pass.file < 0) return;
  pass.hashes = null;
  pass.sent = null;
  if (pass.statedUpTo < 0) pass.statedUpTo = pass.nextRange;
}

function rangesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / RANGE_BYTES);
}
