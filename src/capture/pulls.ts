import { assert } from '../kernel/assert.ts';
import { FileError, type Files, Stat } from '../kernel/files.ts';
import { type Attributes, type NodeId, RANGE_BYTES } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import { readExtended } from '../changes/extended.ts';
import { attributesOf } from '../changes/node-facts.ts';
import type { NodeTree } from '../changes/node-tree.ts';
import { keepDiffering } from '../changes/pull-blocks.ts';
import type { HashContent } from '../kernel/hash.ts';
import type { LargeContent } from './large-content.ts';
import type { NodeReader } from './node-reader.ts';
import type { OpenFolders } from './open-folders.ts';
import { NOTHING } from './shadow.ts';

const NO_ATTRIBUTES: Attributes = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

/** Answers the passive's requests for content, from the files as they are now. */
export class Pulls {
  readonly #files: Files;
  readonly #tree: NodeTree;
  readonly #folders: OpenFolders;
  readonly #reader: NodeReader;
  readonly #large: LargeContent;
  readonly #hash: HashContent;
  readonly #stat = new Stat();

  constructor(options: {
    files: Files;
    tree: NodeTree;
    folders: OpenFolders;
    reader: NodeReader;
    large: LargeContent;
    hash: HashContent;
  }) {
    this.#files = options.files;
    this.#tree = options.tree;
    this.#folders = options.folders;
    this.#reader = options.reader;
    this.#large = options.large;
    this.#hash = options.hash;
  }

  answer(request: PullRequest, into: Uint8Array): PullAnswer {
    const { node: id, offset, length } = request;
    const isSound = Number.isSafeInteger(offset) && offset >= 0 && length > 0 && length <= RANGE_BYTES;
    if (!isSound) return failed(request, 'EINVAL');
    assert(into.length >= length, 'there is room for what is asked for');
    try {
      const file = this.#open(id);
      if (typeof file !== 'number') return failed(request, file.failure);
      try {
        return this.#read(request, file, into);
      } finally {
        this.#files.close(file);
      }
    } catch (error) {
      if (error instanceof FileError) return failed(request, error.code);
      throw error;
    }
  }

  /** By any of its names: one may just be moving. */
  #open(id: NodeId): number | { readonly failure: string } {
    const node = this.#tree.get(id);
    // What is no file any more has a record on its way that says so.
    if (node?.type !== 'file') return { failure: 'ENOENT' };
    for (const at of this.#tree.namesOf(node)) {
      const folder = this.#folders.open(at.parent);
      const opened = folder === null ? 'gone' : this.#reader.open(folder, at.name, node.inode, this.#stat);
      if (opened !== 'gone') return opened;
    }
    return { failure: 'ENOENT' };
  }

  #read(request: PullRequest, file: number, into: Uint8Array): PullAnswer {
    const { node, offset, length } = request;
    let count = 0;
    let isEnd = false;
    while (!isEnd) {
      const read = this.#files.read(file, into, { offset: count, length: length - count, position: offset + count });
      count += read;
      this.#files.stat(file, this.#stat);
      // The status tells, which is wanted in any case: no read only to learn that nothing follows.
      isEnd = read === 0 || count === length || offset + count >= this.#stat.sizeBytes;
    }
    readExtended(this.#files, file, this.#stat);
    const content = into.subarray(0, count);
    const known = this.#tree.get(node);
    if (known !== undefined) this.#large.given(known, offset, content);
    const attributes = attributesOf(this.#stat);
    const answer = { node, offset, length, failure: null, sizeBytes: this.#stat.sizeBytes, attributes };
    if (request.have === undefined) return { ...answer, content };
    const kept = keepDiffering(content, request.have, this.#hash);
    return { ...answer, blocks: kept.blocks, content: content.subarray(0, kept.length) };
  }
}

function failed(request: PullRequest, failure: string): PullAnswer {
  const { node, offset, length } = request;
  return { node, offset, length, failure, sizeBytes: 0, attributes: NO_ATTRIBUTES, content: NOTHING };
}
