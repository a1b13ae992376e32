import type { NodeId } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { FileError } from '../kernel/files.ts';
import type { ProblemData } from '../problems/problem.ts';
import { realPath } from './file-facts.ts';
import type { Replica } from './replica.ts';

/** Less than this is taken by somebody else before it can be used. */
const ROOM_BYTES = 4 * 1024 * 1024;

/**
 * Protected folders whose file system has no space: one problem each, however many items wait for it.
 * While there is no room nothing more is asked for on their behalf; once there is, everything is.
 * Other changes go on, for they may be the ones that make room.
 */
export class Shortage {
  readonly #replica: Replica;
  /** Protected folders told of, each with whether there is room by now. */
  readonly #told = new Map<Node, { problem: ProblemData; hasRoom: boolean }>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Tells what began and what is over, and has everything tried again where there is room again. To be called now and then. */
  look(): void {
    const { marks, tree, host } = this.#replica;
    const waiting = new Map<Node, NodeId>();
    for (const id of marks.noSpace) {
      const node = tree.get(id);
      if (node !== undefined) waiting.set(this.#replica.rootOf(node), id);
      // Mostly there is one protected folder, and its first item tells all.
      if (waiting.size === this.#rootCount) break;
    }
    for (const [root, { problem }] of this.#told) {
      if (waiting.has(root)) continue;
      this.#told.delete(root);
      host.note({ kind: 'cleared', problem });
    }
    for (const [root, id] of waiting) this.#lookAt(root, id);
  }

  /** Is it no use to try this node now? One of those that wait goes on trying, for a quota says nothing of room. */
  isHeld(node: Node): boolean {
    const { marks } = this.#replica;
    if (!marks.hasNoSpace(node.id) || this.#told.get(this.#replica.rootOf(node))?.hasRoom !== false) return false;
    for (const first of marks.noSpace) return first !== node.id;
    return true;
  }

  get #rootCount(): number {
    let count = 0;
    for (const _ of this.#replica.tree.roots) count += 1;
    return count;
  }

  #lookAt(root: Node, waiting: NodeId): void {
    const { marks, host } = this.#replica;
    const hasRoom = this.#hasRoom(root);
    const before = this.#told.get(root);
    const problem = marks.get(waiting)?.problem ?? null;
    if (before === undefined && problem !== null) {
      this.#told.set(root, { problem, hasRoom });
      host.note({ kind: 'problem', path: root.name, problem });
    }
    if (before === undefined || before.hasRoom === hasRoom) return;
    before.hasRoom = hasRoom;
    if (hasRoom) marks.tryAgain(marks.noSpace);
  }

  #hasRoom(root: Node): boolean {
    try {
      return this.#replica.freeBytes(realPath(this.#replica.base, root.name)) >= ROOM_BYTES;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }
}
