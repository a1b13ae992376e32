import type { Patterns } from '../../changes/changing-set.ts';
import { excludedBelow } from '../../changes/protected-set.ts';
import { ExclusionWords } from '../../intercept/exclusion-words.ts';
import { Turns } from '../../intercept/turns.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import { viewMapped } from '../../system/native/shared-memory.ts';
import type { StreamInterception } from '../stream/thread-messages.ts';

/** While threads are awaited it is looked so often. */
const LOOK_MS = 5;
/** So long a start waits for who may still change something unrecorded. */
const START_WAIT_MS = 2000;
const SETTLED_MS = Number.POSITIVE_INFINITY;

/** What the active server's engine does about what its mounts don't record. */
export interface Excluded {
  /** Other patterns are in force from when `move` is called on, soon. That of a change before may never be. */
  change(patterns: Patterns, move: () => void): void;
  /** @returns milliseconds until it is to be called again. */
  step(): number;
}

/** Everything is watched. */
export const NOTHING_EXCLUDED: Excluded = { change: (_patterns, move) => move(), step: () => SETTLED_MS };

export interface ExcludedParts {
  /** By the paths of the protected folders. */
  readonly mounts: readonly { readonly path: ByteString; readonly words: ExclusionWords }[];
  readonly turns: Pick<Turns, 'begin' | 'isOver' | 'awaitEnd'>;
}

/**
 * Says what the mounts don't record. They hide nothing but what is excluded by the patterns that the reader of the
 * records goes by, so it is the reader who says it. Where the patterns change:
 *
 * - settled: what is excluded is hidden.
 * - stopping: nothing is to be hidden any more; requests of before are awaited, for they may still hide something.
 *   Then the reader's patterns become others, and what it looks at next has everything that was not recorded.
 * - agreeing: the mounts mind the border of the new patterns; requests by the former one are awaited. Then what they
 *   exclude is hidden.
 */
export class ExcludedFolders implements Excluded {
  readonly #parts: ExcludedParts;
  #state: 'settled' | 'stopping' | 'agreeing' = 'settled';
  #exclude: Patterns['exclude'];
  #move: () => void = () => {};

  /**
   * Before anything of the folders is looked at.
   * @throws Error where somebody may still change something that is not recorded, and is to be: then there is no start.
   */
  constructor(parts: ExcludedParts, { exclude }: Pick<Patterns, 'exclude'>) {
    this.#parts = parts;
    this.#exclude = exclude;
    if (this.#isSaid()) return;
    this.#stop();
    // Who waits for room among the records waits for this thread; so nobody is awaited in vain.
    if (this.#mayHide && !parts.turns.awaitEnd(START_WAIT_MS)) {
      throw new Error('a request of before does not end that may change what was excluded until now');
    }
    this.#agree();
  }

  change({ exclude }: Pick<Patterns, 'exclude'>, move: () => void): void {
    this.#exclude = exclude;
    this.#move = move;
    if (this.#state === 'settled' && this.#isSaid()) return this.#moved();
    // Nothing is hidden in between.
    if (this.#state === 'agreeing') this.#agree();
    if (this.#state === 'settled') this.#stop();
    this.step();
  }

  step(): number {
    if (this.#state === 'settled') return SETTLED_MS;
    if (this.#state === 'stopping' && (!this.#mayHide || this.#parts.turns.isOver())) {
      this.#agree();
      return 0;
    }
    if (this.#state === 'stopping' || !this.#parts.turns.isOver()) return LOOK_MS;
    for (const { words } of this.#parts.mounts) words.hide();
    this.#state = 'settled';
    return SETTLED_MS;
  }

  #stop(): void {
    for (const { words } of this.#parts.mounts) words.endHiding();
    this.#parts.turns.begin();
    this.#state = 'stopping';
  }

  #agree(): void {
    for (const { words } of this.#parts.mounts) words.hidesNothing();
    this.#moved();
    for (const { path, words } of this.#parts.mounts) words.set(excludedBelow(path, this.#exclude));
    this.#parts.turns.begin();
    this.#state = 'agreeing';
  }

  get #mayHide(): boolean {
    return this.#parts.mounts.some(({ words }) => words.mayHide);
  }

  #moved(): void {
    const move = this.#move;
    this.#move = () => {};
    move();
  }

  /** Do the mounts hide just what they are to? */
  #isSaid(): boolean {
    return this.#parts.mounts.every(({ path, words }) => {
      const { generation, paths } = words.get();
      const isSame = JSON.stringify(paths) === JSON.stringify(excludedBelow(path, this.#exclude));
      return isSame && (paths.length === 0 || words.isHiding(generation));
    });
  }
}

/** @param patterns - by which the records are read from the start on. */
export function excludedFolders(interception: StreamInterception | null, patterns: Patterns): Excluded {
  if (interception === null) return NOTHING_EXCLUDED;
  const mounts = interception.folders.map(({ path, wayMemory }) => ({ path, words: new ExclusionWords(wayMemory) }));
  return new ExcludedFolders({ mounts, turns: new Turns(viewMapped(interception.ring)) }, patterns);
}
