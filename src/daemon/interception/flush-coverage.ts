import type { OperationIntake } from '../../capture/operation-intake.ts';
import { comparePositions, type Change, type NodeId, type Position } from '../../changes/change.ts';
import type { Node, NodeTree } from '../../changes/node-tree.ts';
import type { Flush } from './decode-flush.ts';

/** Nodes that are remembered one by one. */
const NAMED_MAX = 1000;

/** What has to reach the passive server before a flush is done there, beyond the records that come before it. */
export interface Covered {
  /** `nothing`: it is about no item. `untold`: some of it is not in any record yet. */
  readonly what: 'nothing' | 'untold' | 'records';
  /** Content that is only named there by its hashes, and asked for: this position named it last. Null: there is none. */
  readonly fetched: Position | null;
}

/** What is asked of capture. */
type Operations = Pick<OperationIntake, 'nodeOf' | 'isTold' | 'isIncomplete'>;

const NOTHING: Covered = { what: 'nothing', fetched: null };
const UNTOLD: Covered = { what: 'untold', fetched: null };

/**
 * What a flush covers is told by the records before it, nearly always: an operation says all that it did. What came
 * in from outside the protected set, or is more than a record may say, is read from the disk a little later.
 */
export class FlushCoverage {
  readonly #tree: NodeTree;
  readonly #operations: () => Operations | null;
  /** Files whose content was named by its hashes, and when last. */
  readonly #named = new Map<NodeId, Position>();
  /** More than are remembered one by one: any may be one of them. */
  #anyNamed: Position | null = null;
  /** The newest of all of them that are not on the passive server. */
  newest: Position | null = null;

  /** @param operations - null before there is a capture. */
  constructor(tree: NodeTree, operations: () => Operations | null) {
    this.#tree = tree;
    this.#operations = operations;
  }

  /** Every change that is told. */
  told(change: Change, position: Position): void {
    // Those of checks compare what the records have said.
    if (change.kind !== 'verifyContent' || change.check !== 0) return;
    this.newest = position;
    if (this.#named.size >= NAMED_MAX && !this.#named.has(change.node)) this.#anyNamed = position;
    else this.#named.set(change.node, position);
  }

  /** What was named up to there is on the passive server, and safe from a power cut. */
  isHere(upTo: Position): void {
    for (const [node, position] of this.#named) if (comparePositions(position, upTo) <= 0) this.#named.delete(node);
    if (this.#anyNamed !== null && comparePositions(this.#anyNamed, upTo) <= 0) this.#anyNamed = null;
    if (this.newest !== null && comparePositions(this.newest, upTo) <= 0) this.newest = null;
  }

  /** Another stream: all is stated anew. */
  clear(): void {
    this.#named.clear();
    this.#anyNamed = null;
    this.newest = null;
  }

  of({ node }: Flush): Covered {
    const operations = this.#operations();
    // A folder that could not be read yet is to be walked through.
    if (operations === null || (node !== null && this.#tree.root(node.folder) === undefined)) return UNTOLD;
    const known = node === null ? undefined : operations.nodeOf(node.folder, node.inode);
    if (known === undefined) return node !== null && operations.isIncomplete ? UNTOLD : NOTHING;
    return operations.isTold(known) ? { what: 'records', fetched: this.#fetched(known) } : UNTOLD;
  }

  #fetched(node: Node): Position | null {
    let last = this.#anyNamed;
    for (const [id, position] of this.#named) {
      const named = this.#tree.get(id);
      if (named === undefined) continue;
      const isIn = named === node || this.#tree.namesOf(named).some(({ parent }) => parent === node);
      if (isIn && (last === null || comparePositions(position, last) > 0)) last = position;
    }
    return last;
  }
}
