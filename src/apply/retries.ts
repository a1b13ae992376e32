import { RECHECK_PATH_BYTES_MAX } from '../changes/data-frame-codec.ts';
import type { Node } from '../changes/node-tree.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { lookAtStrangers } from './items.ts';
import type { Presence } from './presence.ts';
import type { Pulls } from './pulls.ts';
import { Release } from './release.ts';
import type { Replica } from './replica.ts';
import { expectSameMounts } from './same-mounts.ts';
import { Shortage, spaceOf, writableOf } from './shortage.ts';

const STRANGERS_EVERY_MS = 1000;

/** Sees to it that no item stays marked without somebody who asks for it again. */
export class Retries {
  readonly #replica: Replica;
  readonly #pulls: Pulls;
  readonly #shortages: readonly Shortage[];
  readonly #release: Release;
  #lookAt = 0;

  constructor(replica: Replica, presence: Presence, pulls: Pulls) {
    this.#replica = replica;
    this.#pulls = pulls;
    this.#shortages = [new Shortage(replica, spaceOf(replica)), new Shortage(replica, writableOf(replica))];
    this.#release = new Release(replica, presence);
  }

  /**
   * Asks again for what failed, with growing delay; for what was in use, as soon as it is free and may be changed.
   * @returns milliseconds until something in use is to be looked at.
   */
  step(now: MonotonicMs, mayChange: boolean): number {
    const { holds } = this.#replica;
    if (mayChange) for (const free of holds.takeFree(now)) this.#release.of(free);
    this.#askAgain(now);
    return mayChange ? holds.nextLookMs(now) : Number.POSITIVE_INFINITY;
  }

  #askAgain(now: MonotonicMs): void {
    if (now >= this.#lookAt) {
      this.#lookAt = now + STRANGERS_EVERY_MS;
      lookAtStrangers(this.#replica);
      expectSameMounts(this.#replica);
      for (const shortage of this.#shortages) shortage.look();
      this.#adoptNeglected();
    }
    for (const id of this.#replica.marks.due(now)) {
      const node = this.#replica.tree.get(id);
      if (this.#replica.holds.has(id)) continue;
      if (node === undefined) this.#replica.forgetMark(id);
      else if (node.parent === null) this.#retryRoot(node);
      else if (!this.#pulls.isAsking(id) && !this.#shortages.some((shortage) => shortage.isHeld(node))) {
        this.#replica.recheck(id);
        this.#askForNames(node);
        // With all that is in it: something else may be amiss there. That may be much, so it is not the first thing to do.
        if (this.#replica.marks.isStubborn(id)) this.#replica.recheck(node.parent.id);
      }
    }
  }

  /** The active server may not have the item any more, or not under all its names, or none of the folders above it. */
  #askForNames(node: Node): void {
    const { tree, host } = this.#replica;
    for (const name of tree.namesOf(node)) {
      const path = tree.pathOfName(name);
      if (path === null) continue;
      if (path.length <= RECHECK_PATH_BYTES_MAX) host.recheckPath(path);
      else this.#replica.recheck(name.parent.id);
    }
  }

  /** A question may be lost with a connection. */
  #adoptNeglected(): void {
    const { marks } = this.#replica;
    for (const [id] of marks.nodes) if (!marks.willRetry(id) && !this.#pulls.isAsking(id)) marks.retryLater(id);
  }

  /** A protected folder that may not be there. Where nothing is said of its own attributes, that it can be opened is all. */
  #retryRoot(root: Node): void {
    const opened = this.#replica.attempt(root, () => void this.#replica.folders.open(root));
    if (!opened) return;
    if (!this.#replica.hasAttributes(root)) this.#replica.unmark(root);
    this.#replica.recheck(root.id);
  }
}
