import type { NodeId } from '../changes/change.ts';
import { MIB } from '../kernel/units.ts';

const BYTES_MAX = 8 * MIB;
const REQUESTS_MAX = 1024;
/** So much of it is for what belongs to a change: it does not wait for what a check found to be missing. */
const OF_CHANGES_BYTES = MIB;
const OF_CHANGES_REQUESTS = 64;
/** What a request weighs besides its content, so that many empty files count for something. */
const OVERHEAD_BYTES = 4096;

/** What one node has asked for. */
interface UnderWay {
  requests: number;
  bytes: number;
}

/** Bounds what is asked for and has not come. Answers to a node's requests come in the order of the requests. */
export class PullWindow {
  readonly #byNode = new Map<NodeId, UnderWay>();
  /** Answers to requests that were given up; they come before those to later requests. */
  readonly #unwanted = new Map<NodeId, number>();
  #bytes = 0;
  #requests = 0;

  /** @param isChange - is it for what belongs to a change? */
  isFull(isChange: boolean): boolean {
    const [bytes, requests] = isChange ? [0, 0] : [OF_CHANGES_BYTES, OF_CHANGES_REQUESTS];
    return this.#bytes >= BYTES_MAX - bytes || this.#requests >= REQUESTS_MAX - requests;
  }

  asked(node: NodeId, contentBytes: number): void {
    const bytes = contentBytes + OVERHEAD_BYTES;
    const underWay = this.#byNode.get(node);
    if (underWay === undefined) this.#byNode.set(node, { requests: 1, bytes });
    else {
      underWay.requests++;
      underWay.bytes += bytes;
    }
    this.#bytes += bytes;
    this.#requests++;
  }

  /** An answer came. @returns true where it is to a request that was given up. */
  takeUnwanted(node: NodeId): boolean {
    const unwanted = this.#unwanted.get(node);
    if (unwanted === undefined) return false;
    if (unwanted === 1) this.#unwanted.delete(node);
    else this.#unwanted.set(node, unwanted - 1);
    return true;
  }

  /**
   * An answer came.
   * @param isFromHere - it was kept, and comes in no turn with those that are on their way.
   * @returns false where it is to a request that was given up.
   */
  meets(node: NodeId, isFromHere: boolean): boolean {
    if (isFromHere && this.#arrived(node)) return true;
    if (this.takeUnwanted(node)) return false;
    if (!isFromHere) this.#arrived(node);
    return true;
  }

  /** @returns false where the node asked for nothing. */
  #arrived(node: NodeId): boolean {
    const underWay = this.#byNode.get(node);
    if (underWay === undefined) return false;
    this.#release(underWay.bytes / underWay.requests, 1);
    underWay.bytes -= underWay.bytes / underWay.requests;
    underWay.requests--;
    if (underWay.requests === 0) this.#byNode.delete(node);
    return true;
  }

  /** Nobody waits any more for what the node asked for. */
  giveUp(node: NodeId): void {
    const underWay = this.#byNode.get(node);
    if (underWay === undefined) return;
    this.#byNode.delete(node);
    this.#release(underWay.bytes, underWay.requests);
    this.#unwanted.set(node, (this.#unwanted.get(node) ?? 0) + underWay.requests);
  }

  /** The connection broke: nothing more will come. */
  clear(): void {
    this.#byNode.clear();
    this.#unwanted.clear();
    this.#bytes = 0;
    this.#requests = 0;
  }

  #release(bytes: number, requests: number): void {
    this.#bytes -= bytes;
    this.#requests -= requests;
  }
}
