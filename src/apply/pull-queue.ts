import type { Pull } from './pull.ts';

/** Pulls that may have something to ask for, in the order in which they came; what belongs to a change first. */
export class PullQueue {
  readonly #changes = new Set<Pull>();
  readonly #checks = new Set<Pull>();

  get size(): number {
    return this.#changes.size + this.#checks.size;
  }

  has(pull: Pull): boolean {
    return this.#changes.has(pull) || this.#checks.has(pull);
  }

  add(pull: Pull): void {
    (pull.isChange ? this.#changes : this.#checks).add(pull);
  }

  delete(pull: Pull): void {
    this.#changes.delete(pull);
    this.#checks.delete(pull);
  }

  /** It belongs to a change from now on. */
  hasten(pull: Pull): void {
    this.delete(pull);
    pull.isChange = true;
    this.add(pull);
  }

  /** @param ask - false where no more may be asked for of its kind; the pull stays then. */
  askAll(ask: (pull: Pull) => boolean): void {
    for (const pulls of [this.#changes, this.#checks]) {
      for (const pull of pulls) {
        if (!ask(pull)) break;
        pulls.delete(pull);
      }
    }
  }
}
