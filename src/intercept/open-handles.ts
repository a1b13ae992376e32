import { FOPEN } from '../fuse/flags.ts';
import type { Reply } from '../fuse/reply.ts';
import type { Request } from '../fuse/request.ts';
import { OPEN_OUT } from '../fuse/structures.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ERROR } from './codes.ts';
import { type HandleTable, NOT_OPENED, type OpenedNode } from './handle-table.ts';
import { OPENED, type OpenedFiles } from './mount-way.ts';
import type { NamelessFiles } from './nameless-files.ts';
import type { Progress } from './progress.ts';
import type { ServedNodes } from './served-nodes.ts';

const SYNCHRONOUS = 2 ** 31;

/**
 * Handles as the kernel has them: a place in the table of open files, beside a word with its generation and
 * whether it was opened with O_SYNC or O_DSYNC. All threads share them, and so does a process that takes over: what
 * it has not opened yet it opens by the node's number.
 */
export class OpenHandles {
  readonly #request: Request;
  readonly #reply: Reply;
  readonly #table: HandleTable;
  readonly #nodes: ServedNodes;
  readonly #progress: Progress;
  readonly #calls: NodeCalls;
  readonly #files: NamelessFiles;
  readonly #opened: OpenedFiles;

  constructor(parts: {
    readonly request: Request;
    readonly reply: Reply;
    readonly nodes: ServedNodes;
    readonly progress: Progress;
    readonly calls: NodeCalls;
    readonly table: HandleTable;
    readonly files: NamelessFiles;
    readonly opened: OpenedFiles;
  }) {
    this.#request = parts.request;
    this.#reply = parts.reply;
    this.#table = parts.table;
    this.#nodes = parts.nodes;
    this.#progress = parts.progress;
    this.#calls = parts.calls;
    this.#files = parts.files;
    this.#opened = parts.opened;
  }

  /** Answers an OPEN, at `at` in the reply. @returns 0, or minus ENFILE: the descriptor is closed then. */
  give(descriptor: number, node: OpenedNode, isSynchronous: boolean, at: number): number {
    const table = this.#table;
    const handle = table.take(node, descriptor);
    if (handle < 0) {
      this.#calls.close(descriptor);
      return -ERROR.ENFILE;
    }
    this.#progress.gave(handle, table.generation);
    this.#reply.u32(at + OPEN_OUT.handle, handle);
    this.#reply.u32(at + OPEN_OUT.handle + 4, table.generation + (isSynchronous ? SYNCHRONOUS : 0));
    this.#reply.u32(at + OPEN_OUT.openFlags, FOPEN.keepCache);
    this.#reply.u32(at + OPEN_OUT.backingId, 0);
    return 0;
  }

  /** The descriptor whose handle stands in a field of the request; minus the number of an error where it has none. */
  at(field: number): number {
    const handle = this.#request.u32(field);
    const descriptor = this.#table.descriptorOf(handle);
    return descriptor === NOT_OPENED ? this.#openAgain(handle, this.#request.u32(field + 4) % SYNCHRONOUS) : descriptor;
  }

  /** Is what is done to the file of this handle to be durable before it counts as done? */
  isSynchronous(field: number): boolean {
    return this.#request.u32(field + 4) >= SYNCHRONOUS;
  }

  /** Is the file opened so that every write goes to its end, wherever it is asked to (chattr(1), +a)? */
  isAppending(field: number): boolean {
    const node = this.#table.nodeOf(this.#request.u32(field), this.#request.u32(field + 4) % SYNCHRONOUS);
    return node !== null && (node.flags & OPEN.append) !== 0;
  }

  /** Nobody has the file open by this handle any more. */
  free(field: number): void {
    this.takeBack(this.#request.u32(field), this.#request.u32(field + 4) % SYNCHRONOUS);
  }

  /** As {@link free}, of a handle that was never told to anybody, too. */
  takeBack(handle: number, generation: number): void {
    const node = this.#table.nodeOf(handle, generation);
    if (node === null) return;
    const descriptor = this.#table.free(handle, generation);
    if (descriptor !== NOT_OPENED) {
      this.#opened.close(descriptor);
      this.#calls.close(descriptor);
    }
    this.#files.closed(node.low, node.high);
  }

  #openAgain(handle: number, generation: number): number {
    const node = this.#table.nodeOf(handle, generation);
    if (node === null) return -ERROR.EBADF;
    const descriptor = this.#nodes.open(node.low, node.high, node.flags);
    if (descriptor < 0) return descriptor;
    // Who opened it is not known any more.
    this.#opened.open(descriptor, node, 0, (node.flags & OPEN.access) === OPEN.readOnly ? 0 : OPENED.forWriting);
    if (this.#table.opened(handle, descriptor)) return descriptor;
    this.#opened.close(descriptor);
    this.#calls.close(descriptor);
    return this.#table.descriptorOf(handle);
  }
}
