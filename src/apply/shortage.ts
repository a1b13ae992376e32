import type { NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { toDisplay } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';
import { realPath } from './file-facts.ts';
import { reasonOf } from './reasons.ts';
import type { Replica } from './replica.ts';

/** Less than this is taken by somebody else before it can be used. */
const ROOM_BYTES = 4 * 1024 * 1024;

/** What the file system of a protected folder may lack. */
interface Lack {
  readonly code: ProblemCode;
  /** Is it there, so that it is worth while to try? */
  has(root: Node): boolean;
  /** Told before any item is refused for it; null where that can't be said. */
  foreseen(root: Node): ProblemData | null;
}

/** Space. A quota says nothing of it: only an item that is refused tells. */
export function spaceOf(replica: Replica): Lack {
  const has = (root: Node): boolean => replica.freeBytes(realPath(replica.base, root.name)) >= ROOM_BYTES;
  return { code: 'APL-030', has: (root) => holds(() => has(root)), foreseen: () => null };
}

/** That it may be written at all. */
export function writableOf(replica: Replica): Lack {
  const isReadOnly = (root: Node): boolean => replica.files.fileSystem(replica.folders.open(root)).isReadOnly;
  const reason = reasonOf(new FileError({ code: 'EROFS', call: 'write', path: '' }));
  return {
    code: 'APL-041',
    has: (root) => holds(() => !isReadOnly(root)),
    // Of one that can't be asked nothing is foreseen.
    foreseen: (root) =>
      root.inode !== 0 && holds(() => isReadOnly(root))
        ? { code: 'APL-041', parameters: { path: toDisplay(root.name), reason } }
        : null,
  };
}

/**
 * Protected folders whose file system lacks something: one problem each, however many items wait for it.
 * Meanwhile nothing more is asked for on their behalf; once it has it, everything is.
 * Other changes go on, for they may be the ones that make room.
 */
export class Shortage {
  readonly #replica: Replica;
  readonly #lack: Lack;
  /** Protected folders told of, each with whether its file system has it by now. */
  readonly #told = new Map<Node, { problem: ProblemData; isOver: boolean }>();

  constructor(replica: Replica, lack: Lack) {
    this.#replica = replica;
    this.#lack = lack;
  }

  /** Tells what began and what is over, and has everything tried again where it may go well. To be called now and then. */
  look(): void {
    const { marks, tree, host } = this.#replica;
    const waiting = new Map<Node, NodeId>();
    for (const id of this.#waiting) {
      const node = tree.get(id);
      if (node !== undefined) waiting.set(this.#replica.rootOf(node), id);
      // Mostly there is one protected folder, and its first item tells all.
      if (waiting.size === this.#rootCount) break;
    }
    const found = new Map<Node, ProblemData>();
    for (const root of tree.roots) {
      const foreseen = this.#lack.foreseen(root);
      if (foreseen !== null) found.set(root, foreseen);
    }
    for (const [root, id] of waiting) {
      const problem = marks.get(id)?.problem ?? null;
      if (problem !== null) found.set(root, problem);
    }
    for (const [root, { problem }] of this.#told) {
      if (found.has(root)) continue;
      this.#told.delete(root);
      host.note({ kind: 'cleared', problem });
    }
    for (const [root, problem] of found) this.#lookAt(root, problem);
  }

  /** Is it no use to try this node now? One of those that wait goes on trying, for not everything can be foreseen. */
  isHeld(node: Node): boolean {
    const nodes = this.#waiting;
    if (!nodes.has(node.id) || this.#told.get(this.#replica.rootOf(node))?.isOver !== false) return false;
    for (const first of nodes) return first !== node.id;
    return true;
  }

  get #waiting(): ReadonlySet<NodeId> {
    return this.#replica.marks.waitingFor(this.#lack.code);
  }

  get #rootCount(): number {
    let count = 0;
    for (const _ of this.#replica.tree.roots) count += 1;
    return count;
  }

  #lookAt(root: Node, problem: ProblemData): void {
    const { marks, host } = this.#replica;
    const isOver = this.#lack.has(root);
    const before = this.#told.get(root);
    if (before === undefined) {
      this.#told.set(root, { problem, isOver });
      host.note({ kind: 'problem', path: root.name, problem });
    }
    if (before === undefined || before.isOver === isOver) return;
    before.isOver = isOver;
    if (isOver) marks.tryAgain(this.#waiting);
  }
}

function holds(question: () => boolean): boolean {
  try {
    return question();
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}
