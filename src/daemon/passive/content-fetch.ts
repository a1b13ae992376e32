import type { NodeId } from '../../changes/change.ts';
import { RANGE_BYTES } from '../../changes/change.ts';
import type { PullAnswer, PullRequest } from '../../changes/data-frame.ts';
import type { Node } from '../../changes/node-tree.ts';
import { ALL_BLOCKS, BLOCK_BYTES, hashesOfBlocks, piecesOf } from '../../changes/pull-blocks.ts';
import type { ContentNeed } from '../../check/content-needs.ts';
import type { FetchedContent } from '../../journal/fetched-content.ts';
import { copyBytes } from '../../kernel/bytes.ts';
import { FileError, type Files } from '../../kernel/files.ts';
import type { HashContent } from '../../kernel/hash.ts';
import { MIB } from '../../kernel/units.ts';

/** On its way at a time. */
const BYTES_MAX = 8 * MIB;
const REQUESTS_MAX = 1024;
/** What a request weighs besides its content. */
const OVERHEAD_BYTES = 4096;

interface Asked {
  need: ContentNeed;
  /** What it counts for in what is on its way. */
  readonly bytes: number;
  /** Hashes of the blocks here that need not be sent. */
  readonly have: readonly bigint[];
  /** It was stated once more since: what comes may be older than that. */
  isRestated: boolean;
}

export interface ContentFetchOptions {
  readonly content: FetchedContent;
  readonly files: Files;
  readonly hash: HashContent;
  /** As of ContentNeeds. */
  readonly open: (node: Node) => number | null;
  readonly send: (requests: readonly PullRequest[]) => void;
}

/** Fetches content into {@link FetchedContent}, as much at a time as may be on its way. */
export class ContentFetch {
  readonly #options: ContentFetchOptions;
  readonly #wanted = new Map<string, ContentNeed>();
  readonly #asked = new Map<string, Asked>();
  readonly #range = Buffer.alloc(RANGE_BYTES);
  #bytesWanted = 0;
  #bytesAsked = 0;
  #isGivenUp = false;
  #failure: FileError | null = null;

  constructor(options: ContentFetchOptions) {
    this.#options = options;
  }

  /** Is all here that was wanted? */
  get isDone(): boolean {
    return this.#wanted.size === 0 && this.#asked.size === 0;
  }

  get bytesWaiting(): number {
    return this.#bytesWanted + this.#bytesAsked;
  }

  /** What came could not be kept. */
  get failure(): FileError | null {
    return this.#failure;
  }

  want(need: ContentNeed): void {
    const key = keyOf(need);
    const asked = this.#asked.get(key);
    if (asked !== undefined) {
      asked.need = need;
      asked.isRestated = true;
    } else if (!this.#wanted.has(key)) {
      this.#wanted.set(key, need);
      this.#bytesWanted += need.length;
    }
  }

  /** Asks for what is wanted, as far as it may. */
  pump(): void {
    const requests: PullRequest[] = [];
    for (const [key, need] of this.#wanted) {
      if (this.#bytesAsked + this.#asked.size * OVERHEAD_BYTES >= BYTES_MAX || this.#asked.size >= REQUESTS_MAX) break;
      const { node, offset, here, length } = need;
      const have = here === null ? [] : hashesOfBlocks(this.#present(here, offset), this.#options.hash);
      this.#wanted.delete(key);
      this.#bytesWanted -= length;
      this.#asked.set(key, { need, have, bytes: length, isRestated: false });
      this.#bytesAsked += length;
      requests.push({ node, offset, length: RANGE_BYTES, ...(have.length > 0 ? { have } : {}) });
    }
    if (requests.length > 0) this.#options.send(requests);
  }

  /** @returns what nobody asked for here. */
  take(answers: readonly PullAnswer[]): readonly PullAnswer[] {
    return answers.filter((answer) => !this.#isTaken(answer));
  }

  /** The connection broke: what was asked for will not come, and is wanted again. */
  lost(): void {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    this.#bytesAsked = 0;
    if (!this.#isGivenUp) for (const { need } of asked) this.want(need);
  }

  /** Nothing is wanted any more. What was asked for is still met, and not taken for an answer to somebody else. */
  giveUp(): void {
    this.#wanted.clear();
    this.#bytesWanted = 0;
    this.#isGivenUp = true;
  }

  /** For other records. */
  begin(): void {
    this.giveUp();
    for (const asked of this.#asked.values()) asked.isRestated = true;
    this.#isGivenUp = false;
    this.#failure = null;
  }

  #isTaken(answer: PullAnswer): boolean {
    const key = keyOf(answer);
    const asked = this.#asked.get(key);
    if (asked === undefined) return false;
    this.#asked.delete(key);
    this.#bytesAsked -= asked.bytes;
    if (this.#isGivenUp || this.#failure !== null) return true;
    const whole = this.#whole(answer, asked);
    // Where what is here changed meanwhile all of it is to be sent.
    if (whole === null) this.want({ ...asked.need, here: null });
    else this.#keep(whole, asked);
    return true;
  }

  #keep(answer: PullAnswer, { need, isRestated }: Asked): void {
    const { content } = this.#options;
    try {
      content.put(answer);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#failure = error;
      return;
    }
    if (isRestated && content.hashOf(need.node, need.offset) !== need.hash) this.want(need);
  }

  /** With the blocks that are here already. */
  #whole(answer: PullAnswer, { need, have }: Asked): PullAnswer | null {
    const { blocks = ALL_BLOCKS, ...rest } = answer;
    if (blocks === ALL_BLOCKS || answer.failure !== null) return rest;
    const length = Math.max(0, Math.min(RANGE_BYTES, answer.sizeBytes - answer.offset));
    const present = need.here === null ? new Uint8Array(0) : this.#present(need.here, answer.offset);
    const now = hashesOfBlocks(present, this.#options.hash);
    const content = Buffer.alloc(length);
    copyBytes(present.subarray(0, length), content, 0);
    for (let block = 0; block * BLOCK_BYTES < length; block += 1) {
      if ((blocks & (1 << block)) === 0 && (now[block] === undefined || now[block] !== have[block])) return null;
    }
    for (const piece of piecesOf(answer.content, blocks)) {
      copyBytes(piece.content.subarray(0, Math.max(0, length - piece.offset)), content, piece.offset);
    }
    return { ...rest, content };
  }

  /** Good until the next call. */
  #present(node: Node, offset: number): Uint8Array {
    const { files, open } = this.#options;
    const file = open(node);
    if (file === null) return new Uint8Array(0);
    let count = 0;
    try {
      while (count < RANGE_BYTES) {
        const at = { offset: count, length: RANGE_BYTES - count, position: offset + count };
        const read = files.read(file, this.#range, at);
        if (read === 0) break;
        count += read;
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      count = 0;
    } finally {
      files.close(file);
    }
    return this.#range.subarray(0, count);
  }
}

function keyOf({ node, offset }: { readonly node: NodeId; readonly offset: number }): string {
  return `${String(node)}:${String(offset)}`;
}
