import type { Reply } from '../fuse/reply.ts';
import type { Request } from '../fuse/request.ts';
import { FOPEN } from '../fuse/flags.ts';
import { OPEN_OUT } from '../fuse/structures.ts';
import { ERROR } from './codes.ts';

/** Which process's descriptors handles are; none is 0. */
const OURS = 1;
const SYNCHRONOUS = 2 ** 31;

/**
 * The table of open files is the process's own: a handle is the descriptor of the file underneath, beside
 * a word that says whose descriptor it is, and whether it was opened with O_SYNC or O_DSYNC. All threads share it.
 */
export class OpenHandles {
  readonly #request: Request;
  readonly #reply: Reply;

  constructor(request: Request, reply: Reply) {
    this.#request = request;
    this.#reply = reply;
  }

  /** Answers an OPEN, at `at` in the reply. */
  give(descriptor: number, isSynchronous: boolean, at: number): void {
    this.#reply.u32(at + OPEN_OUT.handle, descriptor);
    this.#reply.u32(at + OPEN_OUT.handle + 4, isSynchronous ? OURS + SYNCHRONOUS : OURS);
    this.#reply.u32(at + OPEN_OUT.openFlags, FOPEN.keepCache);
    this.#reply.u32(at + OPEN_OUT.backingId, 0);
  }

  /** The descriptor whose handle stands in a field of the request; minus EBADF where it is none of ours. */
  at(field: number): number {
    return this.#request.u32(field + 4) % SYNCHRONOUS === OURS ? this.#request.u32(field) : -ERROR.EBADF;
  }

  /** Is what is done to the file of this handle to be durable before it counts as done? */
  isSynchronous(field: number): boolean {
    return this.#request.u32(field + 4) >= SYNCHRONOUS;
  }
}
