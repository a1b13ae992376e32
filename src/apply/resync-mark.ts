import type { BatchState } from './store.ts';

/** What is remembered of a resync, over restarts. Saved with the next checkpoint. */
export class ResyncMark {
  readonly #changed: () => void;
  #mixed = false;
  #batch: BatchState = 'none';

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Does the copy hold parts of two states, because a resync that began to change it has not ended? */
  get mixed(): boolean {
    return this.#mixed;
  }

  set mixed(mixed: boolean) {
    this.#mixed = mixed;
    this.#changed();
  }

  get batch(): BatchState {
    return this.#batch;
  }

  set batch(batch: BatchState) {
    this.#batch = batch;
    this.#changed();
  }

  /** As it was saved. */
  restore(saved: { readonly mixed: boolean; readonly batch: BatchState }): void {
    this.#mixed = saved.mixed;
    this.#batch = saved.batch;
  }
}
