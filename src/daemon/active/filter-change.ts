import type { Border } from '../../capture/border.ts';
import type { Position } from '../../changes/change.ts';
import type { Patterns } from '../../changes/changing-set.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { CheckQueue } from './check-queue.ts';
import type { Excluded } from './excluded-folders.ts';
import type { Gap, Proof } from './proof.ts';
import type { EngineOutlets } from '../stream/engine.ts';

/**
 * `walking`: what is new is being found, or is to be stated once a stream runs. `stating`: it is asked
 * for, and stays remembered until it is applied, for the stream that states it may be given up.
 */
type State = 'none' | 'walking' | 'stating';

export interface FilterChangeOptions {
  readonly border: Pick<Border, 'move' | 'newItems' | 'forgetNew'>;
  readonly tree: NodeTree;
  readonly checks: Pick<CheckQueue, 'ask'>;
  readonly proof: Proof;
  readonly position: () => Position;
  /** What of intercepted folders is not recorded. */
  readonly excluded: Excluded;
  /** The border is another one. */
  readonly moved: () => void;
  /** There is too much new to name it: everything is to be checked. */
  readonly checkAll: () => void;
  readonly outlets: Pick<EngineOutlets, 'toMain'>;
}

/**
 * The active server's part in a change of what is protected while the stream runs: only what is new by
 * it is stated and compared. Until that is applied the new items count as unchecked.
 */
export class FilterChange {
  readonly #options: FilterChangeOptions;
  #state: State = 'none';

  constructor(options: FilterChangeOptions) {
    this.#options = options;
  }

  /** What the new patterns protect is recorded before it is looked at. */
  begin(patterns: Patterns): void {
    this.#options.excluded.change(patterns, () => this.#move(patterns));
  }

  #move(patterns: Patterns): void {
    const how = this.#options.border.move(patterns);
    this.#options.moved();
    if (how !== 'wider') return;
    this.#state = 'walking';
    this.#options.proof.filtersChange();
  }

  /** What a stream that was given up stated may never have arrived. @param statesAll - the new one begins with a check of everything. */
  streamBegan(statesAll: boolean): void {
    if (this.#state === 'none') return;
    if (statesAll) this.#end();
    else this.#state = 'walking';
  }

  /**
   * @param mayState - a stream runs in which the passive repairs, and the tree is whole.
   * @returns milliseconds until it is to be called again.
   */
  step(mayState: boolean): number {
    this.#stateNew(mayState);
    // Where that moves the border, what is new is still to be found.
    return this.#options.excluded.step();
  }

  #stateNew(mayState: boolean): void {
    const { border, tree, checks, proof, position } = this.#options;
    if (this.#state === 'stating' && proof.filters === null) this.#end();
    if (this.#state !== 'walking' || !mayState) return;
    const { nodes, isTooMuch } = border.newItems;
    this.#state = 'stating';
    if (isTooMuch) {
      this.#end();
      return this.#options.checkAll();
    }
    let items = 0;
    for (const id of nodes) {
      const node = tree.get(id);
      if (node !== undefined) items += 1 + (node.type === 'folder' ? tree.countBelow(node) : 0);
    }
    const gap: Gap | null = proof.filters;
    proof.itemsNew = items;
    const ended = (finished: boolean): void => {
      if (finished) proof.filtersStated(gap, position());
    };
    checks.ask({ id: null, mode: 'full', repair: true, paths: [], nodes, ended });
    const text = `What is protected has changed. New are ${String(items)} items; only these are compared`;
    const event = { code: null, level: 'information', text, item: null } as const;
    this.#options.outlets.toMain({ kind: 'event', event });
  }

  #end(): void {
    this.#state = 'none';
    this.#options.border.forgetNew();
    this.#options.proof.filtersDropped();
  }
}
