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

  /** Takes both at once. @param save - where it returns false, or throws, nothing has changed. @returns what it does. */
  change(to: { readonly mixed: boolean; readonly batch: BatchState }, save: () => boolean): boolean {
    const before = { mixed: this.#mixed, batch: this.#batch };
    this.#take(to);
    let isSaved = false;
    try {
      isSaved = save();
    } finally {
      if (!isSaved) this.#take(before);
    }
    return isSaved;
  }

  #take({ mixed, batch }: { readonly mixed: boolean; readonly batch: BatchState }): void {
    this.#mixed = mixed;
    this.#batch = batch;
    this.#changed();
  }

  /** As it was saved. */
  restore(saved: { readonly mixed: boolean; readonly batch: BatchState }): void {
    this.#mixed = saved.mixed;
    this.#batch = saved.batch;
  }
}
