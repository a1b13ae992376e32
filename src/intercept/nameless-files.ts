import type { Status } from '../fuse/status.ts';
import { STATX } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { AT, MODE, STATX_EVERYTHING } from './codes.ts';
import type { HandleTable } from './handle-table.ts';
import type { ServedNodes } from './served-nodes.ts';

/** Holds files beyond this process. */
export interface FileKeeper {
  /** Returns once it is held, or can't be. @param descriptor - from now on the keeper's to close. */
  keep(low: number, high: number, descriptor: number): void;
  /** Nobody has it open any more. */
  letGo(low: number, high: number): void;
}

/**
 * Files that are open and have no name: with the last process that has one open the file is gone. So somebody else has
 * to, before the name goes.
 */
export class NamelessFiles {
  readonly #keeper: FileKeeper | null;
  readonly #table: HandleTable;
  readonly #nodes: ServedNodes;
  readonly #calls: NodeCalls;
  readonly #status: Status;
  readonly #nameless: number;

  constructor(parts: {
    readonly keeper: FileKeeper | null;
    readonly table: HandleTable;
    readonly nodes: ServedNodes;
    readonly calls: NodeCalls;
    /** That nobody else needs at the moment. */
    readonly status: Status;
    readonly nameless: number;
  }) {
    this.#keeper = parts.keeper;
    this.#table = parts.table;
    this.#nodes = parts.nodes;
    this.#calls = parts.calls;
    this.#status = parts.status;
    this.#nameless = parts.nameless;
  }

  /** Before a name of the node goes. */
  losesName(low: number, high: number): void {
    if (this.#keeper === null || !this.#table.isOpen(low, high)) return;
    const file = this.#nodes.open(low, high, OPEN.path);
    if (file < 0) return;
    const status = this.#status;
    const looked = this.#calls.statx(file, this.#nameless, AT.nameless, STATX_EVERYTHING, status.address);
    const isLast = looked >= 0 && status.word(STATX.linkCount) === 1 && (status.mode & MODE.type) !== MODE.folder;
    if (isLast) this.#keeper.keep(low, high, file);
    else this.#calls.close(file);
  }

  /** One was made. */
  made(low: number, high: number): void {
    if (this.#keeper === null) return;
    const file = this.#nodes.open(low, high, OPEN.path);
    if (file >= 0) this.#keeper.keep(low, high, file);
  }

  /** A handle of the node is no more. */
  closed(low: number, high: number): void {
    if (this.#keeper === null || this.#table.kept === 0) return;
    if (!this.#table.isOpen(low, high)) this.#keeper.letGo(low, high);
  }
}
