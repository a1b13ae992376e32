import type { Change, CheckKind, NodeId } from '../changes/change.ts';
import type { DirtySet } from '../changes/dirty-set.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import type { FileError, Files } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ContentReader } from './content-reader.ts';
import type { FolderDescriptors } from './folder-descriptors.ts';
import type { SiblingOrder } from './sibling-order.ts';

/** What a check is asked to verify. */
export interface CheckRequest {
  readonly check: number;
  readonly mode: CheckKind;
  readonly repair: boolean;
  /** Protected paths; null for all, unless `nodes` are given. Paths outside the protected set are passed over. */
  readonly paths: readonly ByteString[] | null;
  /** Nodes to verify by all their names, besides `paths`; unknown ones are passed over. */
  readonly nodes?: readonly NodeId[];
  /** Of folders only what is in them itself, not what is below that. */
  readonly isShallow?: boolean;
  /** What to verify besides: names and nodes without what is below them. */
  readonly left?: DirtySet | null;
}

/** What all passes of one scan share. */
export interface Scan {
  readonly files: Files;
  readonly tree: NodeTree;
  readonly protectedSet: ProtectedSet;
  readonly descriptors: FolderDescriptors;
  readonly reader: ContentReader;
  readonly siblings: SiblingOrder;
  readonly request: CheckRequest;
  /** Brings the tree up to date for one name (an empty one is the folder itself); what it finds changed goes out before it returns. */
  readonly look: (folder: Node, name: ByteString) => void;
  readonly emit: (change: Change) => void;
  /** The item exists here and can't be read (`code` is the kernel's word); nothing is stated about it. */
  readonly unreadable: (path: ByteString, code: string) => void;
  /** Was as much read and stated as is allowed for now? */
  readonly isSpent: () => boolean;
  /** The item has extended attributes of these names, which are not carried. */
  readonly leftOut: (path: ByteString, names: readonly ByteString[]) => void;
  itemsDone: number;
  bytesDone: number;
}

/** One piece of a scan's work, done in slices. */
export interface Pass {
  /**
   * Works until done or until the slice is spent. Whatever was read is stated before it returns, so
   * that changes captured between two slices come after it in the stream.
   * @returns the passes to do next, in order; null when there is more to do here.
   */
  advance(slice: Slice): readonly Pass[] | null;
}

/** Work between two looks at the clock: this many names, or as much reading as they take. */
const COST_BETWEEN_LOOKS = 16;
const BYTES_PER_COST = 64 * 1024;

/** How long capture is given to learn where something went that is not where the tree has it. */
const PATIENCE_MS = 2000;

/**
 * Patience with what is not where the tree has it: it was moved or removed, and capture is about to
 * learn that. Only after a while it counts as unreadable.
 */
export class Patience {
  #untilMs: number | null = null;

  /** @returns true while it is to be tried again, in another slice. */
  withError(error: FileError, slice: Slice): boolean {
    if (!error.isAbsence) return false;
    this.#untilMs ??= slice.nowMs + PATIENCE_MS;
    return slice.nowMs < this.#untilMs;
  }
}

/** A stretch of time to work in. Looks at the clock only now and then. */
export class Slice {
  readonly #now: () => MonotonicMs;
  readonly #isSpent: () => boolean;
  readonly #deadline: number;
  #cost = 0;

  /** @param isSpent - something else than time that ends it. */
  constructor(budgetMs: number, now: () => MonotonicMs, isSpent: () => boolean = () => false) {
    this.#now = now;
    this.#isSpent = isSpent;
    this.#deadline = now() + budgetMs;
  }

  get nowMs(): number {
    return this.#now();
  }

  /** Counts one name or range, and the bytes read for it. True when time is up, or what else it has. */
  spend(bytes: number): boolean {
    if (this.#isSpent()) return true;
    this.#cost += 1 + bytes / BYTES_PER_COST;
    if (this.#cost < COST_BETWEEN_LOOKS) return false;
    this.#cost = 0;
    return this.#now() >= this.#deadline;
  }
}
