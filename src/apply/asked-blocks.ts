import type { NodeId } from '../changes/change.ts';
import type { PullAnswer } from '../changes/data-frame.ts';
import type { Node } from '../changes/node-tree.ts';
import { ALL_BLOCKS } from '../changes/pull-blocks.ts';
import type { PresentContent } from './present-content.ts';
import type { Range } from './pull.ts';

/**
 * Ranges that were asked for with hashes of what is here, so that only what differs is sent. Such an answer
 * makes the range whole only where the rest of it is still what was hashed: the stream may have written
 * into it, or cut the file, while the answer was on its way.
 */
export class AskedBlocks {
  readonly #present: PresentContent;
  /** By node and offset: the hashes; null where all of the range is to be sent, whatever is here. */
  readonly #asked = new Map<NodeId, Map<number, readonly bigint[] | null>>();

  constructor(present: PresentContent) {
    this.#present = present;
  }

  /** Hashes to ask for a range with; none where all of it is to be sent. */
  ask(node: Node, range: Range): readonly bigint[] {
    const ofNode = this.#ofNode(node.id);
    // Where an answer is still on its way nobody could tell which one is to be compared with what.
    const have = ofNode.has(range.offset) ? null : this.#present.blocks(node, range);
    ofNode.set(range.offset, have);
    return have ?? [];
  }

  /** Does the answer make the range whole? Where not, it is to be asked for again, and comes as a whole. */
  completes(node: Node, { offset, length, blocks = ALL_BLOCKS }: PullAnswer): boolean {
    const ofNode = this.#ofNode(node.id);
    const have = ofNode.get(offset) ?? null;
    const now = blocks === ALL_BLOCKS || have === null ? [] : this.#present.blocks(node, { offset, length });
    const isSent = (block: number): boolean => (blocks & (1 << block)) !== 0;
    const isWhole =
      blocks === ALL_BLOCKS || have?.every((hash, block) => isSent(block) || now[block] === hash) === true;
    if (isWhole) ofNode.delete(offset);
    else ofNode.set(offset, null);
    return isWhole;
  }

  giveUp(node: NodeId): void {
    this.#asked.delete(node);
  }

  clear(): void {
    this.#asked.clear();
  }

  #ofNode(node: NodeId): Map<number, readonly bigint[] | null> {
    let ofNode = this.#asked.get(node);
    if (ofNode === undefined) this.#asked.set(node, (ofNode = new Map()));
    return ofNode;
  }
}
