import { applyEdits, editsBetween, editsOf, type RegistryEdit } from './registry-edit.ts';
import { RegistryTree } from './registry-tree.ts';

type Edits = readonly RegistryEdit[];

/** Batches of changes that wait for a store, before they are joined. */
const WAITING_MAX = 64;

/** Changes that the stream told, and that are to be carried out on a store once that can be read. */
export class ToldChanges {
  /** They came while the store could not be read: what else happened to it has to be seen before they are carried out. */
  #waiting: Edits[] = [];
  /** Carried out, while it was not told yet what is to be there as a whole. */
  #carriedOut: Edits[] = [];

  /** Batches that wait for the store. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param expected - what was to be there before. */
  add(edits: Edits, expected: RegistryTree | null): void {
    this.#waiting.push(edits);
    // What changed again and again is remembered once. Where nothing is expected yet a statement comes, and takes its place.
    if (this.#waiting.length <= WAITING_MAX || expected === null) return;
    const next = new RegistryTree();
    for (const one of [editsOf(expected), ...this.#waiting]) applyEdits(next, one, (path) => next.ensure(path));
    this.#waiting = [editsBetween(expected, next)];
  }

  /**
   * What is to be carried out now.
   * @param isStated - it was told what is to be there as a whole. Otherwise that is what the store holds, which may be
   *   another one by now, such as one whose disk was mounted late: all that was told has to be in it.
   */
  take(isStated: boolean): readonly Edits[] {
    const all = isStated ? this.#waiting : [...this.#carriedOut, ...this.#waiting];
    this.#carriedOut = isStated ? [] : all;
    this.#waiting = [];
    return all;
  }

  /** A statement takes the place of all that was told before. */
  forget(): void {
    this.#waiting = [];
    this.#carriedOut = [];
  }
}
