import { PARKED_BYTES, ParkedReplies, type ParkedReply } from '../../intercept/parked-replies.ts';
import type { MappedPlace } from '../../kernel/shared-memory.ts';
import { closeDescriptor } from '../../system/mounts/fuse-mount.ts';
import { holdConnection } from '../../system/mounts/fuse-mount.ts';
import { answerRequest } from '../../system/mounts/fuse-replies.ts';
import { makeSharedMemory, placeMemory, viewMapped } from '../../system/native/shared-memory.ts';

/**
 * Replies to flushes that wait for the passive server, as the main thread has them: they outlive stream workers, which
 * give them while all is well.
 */
export class HeldReplies {
  #descriptor: number;
  #place: MappedPlace;
  #parked: ParkedReplies;
  /** By the numbers of mounts: descriptors of their connections that are ours. */
  readonly #connections = new Map<number, number>();
  readonly #ended = new Set<number>();

  /** @throws FileError */
  constructor() {
    this.#descriptor = makeSharedMemory(PARKED_BYTES);
    this.#place = placeMemory(this.#descriptor, PARKED_BYTES);
    this.#parked = new ParkedReplies(viewMapped(this.#place));
  }

  /** Of the memory, for whoever follows this process. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Where the memory is mapped, for ParkedReplies. */
  get place(): MappedPlace {
    return this.#place;
  }

  /** Goes on with those of a process before, before anybody was told of the place. @throws FileError */
  adopt(descriptor: number): void {
    closeDescriptor(this.#descriptor);
    this.#descriptor = descriptor;
    this.#place = placeMemory(descriptor, PARKED_BYTES);
    this.#parked = new ParkedReplies(viewMapped(this.#place));
    this.#parked.begin();
  }

  /**
   * Flushes in a mount may wait from now on.
   * @param ended - when it serves nothing any more.
   * @throws FileError
   */
  serve(mount: number, connection: number, ended: Promise<void>): void {
    this.#connections.set(mount, holdConnection(connection));
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
    const release = this.#parked.release(reply);
    if (release.kind !== 'reply') return;
    if (connection !== undefined) answerRequest(connection, reply, release.writtenBytes);
    this.#parked.answered(reply);
  }
}
