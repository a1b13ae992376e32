import type { Problem } from '../problems/problem.ts';
import { decodeBatch, type RegistryBatch } from './batch-codec.ts';
import { type CopyOptions, type CopyOutcome, RegistryCopy } from './copy.ts';
import type { KeyMark } from './key-marks.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryTree } from './registry-tree.ts';
import { shownItem } from './shown-key.ts';

/** How a copy of a registry stands. */
export interface PassiveStoreState {
  readonly store: string;
  readonly keys: number;
  readonly outOfSync: number;
  /** Number of the last batch that stated it and was compared; 0 where none was in this run of the active server's. */
  readonly verified: number;
  readonly problem: Problem | null;
}

/** What came of a batch. */
export interface BatchOutcome {
  readonly batch: Omit<RegistryBatch, 'sections'>;
  /** That it tells of. */
  readonly stores: readonly string[];
  readonly keys: number;
  readonly differences: number;
  readonly left: number;
  readonly refused: number;
  /** All of it could be compared. */
  readonly isWhole: boolean;
  readonly examples: readonly { readonly path: string; readonly what: string }[];
  /** Stores that this server does not have. */
  readonly unknown: readonly string[];
}

const EXAMPLES_MAX = 100;

/** The copies of the active server's registries. Calls must not overlap. */
export class PassiveRegistry {
  readonly #copies = new Map<string, RegistryCopy>();
  readonly #verified = new Map<string, number>();
  #run = 0;
  #applied = 0;

  constructor(copies: readonly CopyOptions[]) {
    for (const options of copies) this.#copies.set(options.name, new RegistryCopy(options));
  }

  /** Of the active server's registries that were heard of last. */
  get run(): number {
    return this.#run;
  }

  /** Number of the last batch that was applied. */
  get applied(): number {
    return this.#applied;
  }

  get states(): readonly PassiveStoreState[] {
    return [...this.#copies].map(([store, copy]) => ({
      store,
      keys: copy.keys,
      outOfSync: copy.outOfSync,
      verified: copy.isVerified ? (this.#verified.get(store) ?? 0) : 0,
      problem: copy.problem,
    }));
  }

  /** Has this store refused something that is to be tried again? */
  isRefused(store: string): boolean {
    return this.#copies.get(store)?.isRefused === true;
  }

  /** Was this store told something that it can't have taken yet, for it can't be read or written? */
  owes(store: string): boolean {
    const copy = this.#copies.get(store);
    return copy !== undefined && (copy.waiting > 0 || (copy.problem !== null && !copy.isUndecided));
  }

  get marks(): readonly KeyMark[] {
    return [...this.#copies.values()].flatMap((copy) => copy.marks);
  }

  /** Batches of changes that wait for stores that can't be read or written. */
  get waiting(): number {
    return [...this.#copies.values()].reduce((sum, copy) => sum + copy.waiting, 0);
  }

  /** Those that are told one by one. What waits for an operator is told as a whole, for its registry alone. */
  get toldMarks(): readonly KeyMark[] {
    return [...this.#copies.values()].flatMap((copy) => (copy.isUndecided || copy.isComparedOnly ? [] : copy.marks));
  }

  /** Those that a check found which was asked to repair nothing, by their registries. */
  get comparedOnly(): ReadonlyMap<string, readonly KeyMark[]> {
    const some = [...this.#copies].filter(([, copy]) => copy.isComparedOnly && copy.marks.length > 0);
    return new Map(some.map(([store, { marks }]) => [store, marks]));
  }

  /** Every protected key that is known of. */
  get items(): readonly string[] {
    return [...this.#copies].flatMap(([store, { expected }]) =>
      [...(expected?.keys() ?? [])].map(({ path }) => shownItem(store, path)),
    );
  }

  /**
   * @param bytes - of the batch; they are kept.
   * @param onCheck - told of how many keys are about to be compared, where the batch states all.
   * @throws MalformedRecord
   */
  async apply(bytes: Buffer, onCheck: (keys: number) => void): Promise<BatchOutcome> {
    const { sections, ...batch } = decodeBatch(bytes);
    if (batch.purpose !== 'changes') onCheck(sections.reduce((sum, { edits }) => sum + keysOf(edits), 0));
    // What was missed is not known: all is to be stated again, but for what this states.
    const isNext = batch.run === this.#run && batch.number <= this.#applied + 1;
    if (!isNext) this.#verified.clear();
    const isAsked = batch.check > 0 || batch.run !== this.#run;
    this.#run = batch.run;
    let [keys, differences, left, refused, isWhole] = [0, 0, 0, 0, true];
    const examples: { path: string; what: string }[] = [];
    const unknown: string[] = [];
    for (const section of sections) {
      const copy = this.#copies.get(section.store);
      if (copy === undefined) unknown.push(section.store);
      const outcome = await copy?.take(section, batch.purpose, isAsked);
      // What an operator has to decide about is compared all the same where no more was asked for.
      const isCompared = copy?.problem === null || (batch.purpose === 'verify' && outcome?.refused === 0);
      if (outcome === undefined || !section.isRead || !isCompared) isWhole = false;
      else if (batch.purpose === 'whole') this.#verified.set(section.store, batch.number);
      if (outcome === undefined) continue;
      keys += outcome.keys;
      differences += outcome.differences.length;
      left += outcome.left;
      refused += outcome.refused;
      examples.push(...examplesOf(section.store, outcome));
    }
    this.#applied = batch.number;
    const shown = examples.slice(0, EXAMPLES_MAX);
    const stores = sections.filter(({ isRead }) => isRead).map(({ store }) => store);
    return { batch, stores, keys, differences, left, refused, isWhole, examples: shown, unknown };
  }

  /** @param due - the stores to look at. */
  async look(due: ReadonlySet<string>, triesAgain: boolean): Promise<void> {
    for (const [name, copy] of this.#copies) if (due.has(name)) await copy.look(triesAgain);
  }

  /** An operator says that what this store holds may be replaced. */
  async confirm(store: string): Promise<void> {
    await this.#copies.get(store)?.confirm();
  }

  /** What the key holds now; null where it is not protected. */
  async lookAt(store: string, path: string): Promise<RegistryTree | null> {
    return (await this.#copies.get(store)?.lookAt(path)) ?? null;
  }
}

function keysOf(edits: readonly RegistryEdit[]): number {
  return edits.filter(({ kind }) => kind === 'key').length;
}

function examplesOf(store: string, { differences }: CopyOutcome): { path: string; what: string }[] {
  return differences.slice(0, EXAMPLES_MAX).map(({ key, what }) => ({ path: shownItem(store, key), what }));
}
