import type { Timers } from '../kernel/clock.ts';
import { isProblem, Problem } from '../problems/problem.ts';
import type { BatchPurpose, BatchSection } from './batch-codec.ts';
import { KeyFilter, type KeyPatterns } from './key-filter.ts';
import { protectedPart } from './reconcile.ts';
import { editsBetween, editsOf } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import type { RegistryTree } from './registry-tree.ts';

/** A registry of the active server that is protected. */
export interface CapturedStore {
  readonly name: string;
  readonly store: RegistryStore;
  readonly patterns: KeyPatterns;
}

/** What is written in place is believed once it has stood still for so long; so often that is waited for. */
const AT_REST_MS = 250;
const AT_REST_LOOKS_MAX = 8;
/** One that is written again and again, whole each time, is never found so. After so many looks it is read … */
const SHORT_REST_LOOKS = 4;
/** … where it stood still for so long, and can be read as a whole. */
const SHORT_REST_MS = 50;
/** One that somebody begins to write while it is read is read again so often. */
const READS_MAX = 3;
/** One that is never found at rest is told after so many looks: nothing of it is replicated meanwhile. */
const RESTLESS_LOOKS_MAX = 20;

/** How a captured registry stands. */
export interface CapturedState {
  readonly store: string;
  readonly keys: number;
  /** Why it can't be read now. */
  readonly problem: Problem | null;
  /** What was seen of it was told. */
  readonly isSettled: boolean;
}

/**
 * Turns what happens in one registry of the active server into sections of batches: by comparing it with what was told
 * of it last, whenever its stamp is another one.
 */
export class RegistryCapture {
  readonly #name: string;
  readonly #store: RegistryStore;
  readonly #filter: KeyFilter;
  readonly #timers: Timers;
  /** What the stream has said of it; null before it was stated. */
  #told: RegistryTree | null = null;
  /** Of what was told. */
  #stamp: string | null = null;
  /** Of the last look. */
  #seen: string | null = null;
  /** Since it was found at rest last. */
  #restlessLooks = 0;
  #problem: Problem | null = null;

  constructor({ name, store, patterns }: CapturedStore, timers: Timers) {
    this.#name = name;
    this.#timers = timers;
    this.#store = store;
    this.#filter = new KeyFilter(patterns);
  }

  get state(): CapturedState {
    const [store, keys, problem] = [this.#name, this.#told?.size ?? 0, this.#problem];
    return { store, keys, problem, isSettled: this.#seen === this.#stamp };
  }

  /** What changed since it was told last; null where nothing did, and before it was stated. */
  async changes(): Promise<BatchSection | null> {
    const told = this.#told;
    if (told === null) return null;
    return await this.#guarded(async () => {
      const stamp = await this.#store.stamp();
      const isQuiet = stamp === this.#seen || !this.#store.isWrittenInPlace;
      this.#seen = stamp;
      this.#restlessLooks = isQuiet ? 0 : this.#restlessLooks + 1;
      if (stamp === this.#stamp) return null;
      const tree = isQuiet ? await this.#readAs(stamp) : await this.#readBetween(stamp);
      if (tree === null) return null;
      const edits = editsBetween(told, tree);
      this.#told = tree;
      return edits.length === 0 ? null : this.#section('changes', true, edits);
    }, null);
  }

  /**
   * Everything protected, as it is now; and what of it changed since it was told last, which is to be told before.
   * @param isAsked - by somebody, who wants it to be read whatever its stamp says.
   */
  async statement(isAsked: boolean): Promise<{ readonly changes: BatchSection | null; readonly whole: BatchSection }> {
    return await this.#guarded(
      async () => {
        const tree = await this.#treeAtRest(isAsked);
        const edits = this.#told === null ? [] : editsBetween(this.#told, tree);
        this.#told = tree;
        const changes = edits.length === 0 ? null : this.#section('changes', true, edits);
        return { changes, whole: this.#section('whole', true, editsOf(tree)) };
      },
      { changes: null, whole: this.#section('whole', false, []) },
    );
  }

  /** What the key holds now; null where it is not protected. */
  async lookAt(path: string): Promise<RegistryTree | null> {
    return this.#filter.covers(path) ? await this.#store.read([path]) : null;
  }

  #section(purpose: BatchPurpose, isRead: boolean, edits: BatchSection['edits']): BatchSection {
    const { include, exclude } = purpose === 'changes' ? { include: [], exclude: [] } : this.#filter.patterns;
    return { store: this.#name, include, exclude, isRead, edits };
  }

  /** Of one that is being written all the time what was told last. */
  async #treeAtRest(isAsked: boolean): Promise<RegistryTree> {
    const told = this.#told;
    for (let time = 0; time < READS_MAX; time += 1) {
      const stamp = await this.#stampAtRest();
      if (stamp === null) break;
      const tree = !isAsked && told !== null && stamp === this.#stamp ? told : await this.#readAs(stamp);
      if (tree !== null) return tree;
    }
    return told ?? this.#neverAtRest();
  }

  /** Null where it is being written all the time. */
  async #stampAtRest(): Promise<string | null> {
    let stamp = await this.#store.stamp();
    if (!this.#store.isWrittenInPlace) return stamp;
    for (let look = 0; stamp !== this.#seen; look += 1) {
      if (look === AT_REST_LOOKS_MAX) return null;
      this.#seen = stamp;
      await this.#rest(AT_REST_MS);
      stamp = await this.#store.stamp();
    }
    return stamp;
  }

  /** What is being written again and again, between two times; null where it is not known to be whole. */
  async #readBetween(stamp: string): Promise<RegistryTree | null> {
    if (this.#restlessLooks < SHORT_REST_LOOKS) return null;
    const tree = await this.#readAtShortRest(stamp);
    if (tree !== null) this.#restlessLooks = SHORT_REST_LOOKS;
    else if (this.#restlessLooks >= RESTLESS_LOOKS_MAX) return this.#neverAtRest();
    return tree;
  }

  async #readAtShortRest(stamp: string): Promise<RegistryTree | null> {
    await this.#rest(SHORT_REST_MS);
    if ((await this.#store.stamp()) !== stamp) return null;
    try {
      const tree = await this.#read();
      if ((await this.#store.stamp()) !== stamp) return null;
      this.#stamp = stamp;
      return tree;
    } catch (error) {
      // It may be a part of what is being written.
      if (isProblem(error)) return null;
      throw error;
    }
  }

  #rest(ms: number): Promise<void> {
    return new Promise((done) => {
      this.#timers.after(ms, done);
    });
  }

  #neverAtRest(): never {
    throw new Problem('REG-005', { store: this.#store.shown, reason: 'it is being written all the time' });
  }

  /**
   * A change that comes while it is read has another stamp, and is seen by the next look.
   * @returns null where others have begun to write it bit by bit meanwhile: it may be half of what is to come.
   */
  async #readAs(stamp: string): Promise<RegistryTree | null> {
    const tree = await this.#read();
    if (this.#store.isWrittenInPlace && (await this.#store.stamp()) !== stamp) return null;
    this.#stamp = stamp;
    this.#seen = stamp;
    return tree;
  }

  async #read(): Promise<RegistryTree> {
    return protectedPart(await this.#store.read(this.#filter.anchors), this.#filter);
  }

  async #guarded<Result>(action: () => Promise<Result>, otherwise: Result): Promise<Result> {
    try {
      const result = await action();
      this.#problem = null;
      return result;
    } catch (error) {
      if (!isProblem(error)) throw error;
      this.#problem = error;
      return otherwise;
    }
  }
}
