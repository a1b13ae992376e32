import { type Change, REGISTRY_PIECE_BYTES } from '../../changes/change.ts';
import { givenUp } from '../status/check-outcomes.ts';
import type { FromStream } from '../stream/thread-messages.ts';

/** Of the protocol (channel/hello.ts). */
const REGISTRY_FROM_VERSION = 4;
const CHECKS_MAX = 64;

/** Puts what is said of registries into the active server's stream. */
export class RegistryInStream {
  readonly #emit: (change: Change) => void;
  readonly #toMain: (message: FromStream) => void;
  /** Does the other server's release know registries? Null before it was met. */
  #isKnown: boolean | null = null;
  /** Told in this stream, the last ones. */
  readonly #checks: number[] = [];
  /** The stream holds records that an earlier release would not understand. */
  #isTold = false;

  constructor(emit: (change: Change) => void, toMain: (message: FromStream) => void) {
    this.#emit = emit;
    this.#toMain = toMain;
  }

  /** @param version - of the protocol that the other server speaks with us. */
  met(version: number): void {
    const before = this.#isKnown;
    this.#isKnown = version >= REGISTRY_FROM_VERSION;
    if (before !== null && before !== this.#isKnown) this.want();
  }

  /** Does the stream hold what the other server can't read? Then another one is to begin. */
  get isUnreadable(): boolean {
    return this.#isTold && this.#isKnown === false;
  }

  /** Nothing of what the stream held is known any more: everything is to be stated. */
  streamBegan(): void {
    this.#isTold = false;
    // Of what the passive server has carried out of it the outcome is known.
    for (const check of this.#checks.splice(0)) this.#giveUp(check);
    this.want();
  }

  /** One batch. @param check - the one that somebody asked for and this is; 0 for none. */
  tell(bytes: Uint8Array, check: number): void {
    if (this.#isKnown !== true) return this.#giveUp(check);
    this.#isTold = true;
    if (check > 0) this.#checks.push(check);
    if (this.#checks.length > CHECKS_MAX) this.#checks.shift();
    const pieces = Math.max(1, Math.ceil(bytes.length / REGISTRY_PIECE_BYTES));
    for (let piece = 0; piece < pieces; piece += 1) {
      const content = bytes.subarray(piece * REGISTRY_PIECE_BYTES, (piece + 1) * REGISTRY_PIECE_BYTES);
      this.#emit({ kind: 'registry', piece, last: piece === pieces - 1, content });
    }
  }

  #giveUp(check: number): void {
    if (check > 0) this.#toMain({ kind: 'checkEnded', outcome: givenUp(check) });
  }

  /** Everything is to be stated. */
  want(): void {
    this.#toMain({ kind: 'registryWanted', isKnown: this.#isKnown !== false });
  }
}
