import { PARKED_BYTES, ParkedReplies, type ParkedReply } from '../intercept/parked-replies.ts';
import { closeDescriptor } from '../system/fuse-mount.ts';
import { answerRequest, copyConnection } from '../system/fuse-replies.ts';

/**
 * Replies to flushes that wait for the passive server, as the main thread has them: they outlive stream workers, which
 * give them while all is well.
 */
export class HeldReplies {
  readonly memory = new SharedArrayBuffer(PARKED_BYTES);
  readonly #parked = new ParkedReplies(this.memory);
  /** By the numbers of mounts: descriptors of their connections that are ours. */
  readonly #connections = new Map<number, number>();
  readonly #ended = new Set<number>();

  /**
   * Flushes in a mount may wait from now on.
   * @param ended - when it serves nothing any more.
   * @throws FileError
   */
  serve(mount: number, connection: number, ended: Promise<void>): void {
    this.#connections.set(mount, copyConnection(connection));
    void ended.then(() => {
      this.#ended.add(mount);
      this.#parked.forget(mount);
    });
  }

  /** For a stream worker, as long as it lives. */
  connectionOf(mount: number): number {
    return this.#connections.get(mount) ?? -1;
  }

  /** While no stream worker lives: it may have been writing to them. */
  closeEnded(): void {
    for (const mount of this.#ended) {
      const connection = this.#connections.get(mount);
      if (connection !== undefined) closeDescriptor(connection);
      this.#connections.delete(mount);
    }
    this.#ended.clear();
  }

  /** Is there a mount in which flushes can wait? */
  get canWait(): boolean {
    return this.#connections.size > this.#ended.size;
  }

  /** From now on flushes wait, or are answered at once; those that wait by then, too. */
  hold(isHolding: boolean): void {
    this.#parked.hold(isHolding);
    if (isHolding) return;
    for (const reply of this.#parked.waiting()) this.#release(reply);
  }

  /** How many wait for the passive server, and since when the first of them; infinite where none does. */
  waiting(): { readonly count: number; readonly sinceMs: number } {
    const all = this.#parked.isHolding ? this.#parked.waiting() : [];
    return { count: all.length, sinceMs: Math.min(Number.POSITIVE_INFINITY, ...all.map(({ sinceMs }) => sinceMs)) };
  }

  #release(reply: ParkedReply): void {
    const connection = this.#connections.get(reply.mount);
    if (this.#parked.release(reply).kind === 'reply' && connection !== undefined) answerRequest(connection, reply);
  }
}
