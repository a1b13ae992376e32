import { isProblem, type Problem } from '../problems/problem.ts';
import type { BatchPurpose, BatchSection } from './batch-codec.ts';
import { firstQuestion } from './first-question.ts';
import { KeyFilter, type KeyPatterns } from './key-filter.ts';
import { type KeyMark, marksOf } from './key-marks.ts';
import { DifferenceSet, protectedPart, reconcile, type RegistryDifference } from './reconcile.ts';
import { applyEdits, editsBetween, type RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree } from './registry-tree.ts';
import { shownItem } from './shown-key.ts';
import { withStoreProblems } from './store-problems.ts';
import { TakenAway } from './taken-away.ts';
import { ToldChanges } from './told-changes.ts';
import { whatGoes } from './what-goes.ts';

/** What was found and done, for the history. */
export type CopyNews =
  | { readonly kind: 'meddled' | 'differed'; readonly item: string; readonly what: string }
  | { readonly kind: 'kept'; readonly file: string };

export interface CopyOptions {
  readonly name: string;
  readonly store: RegistryStore;
  /** By this server's settings; what the stream says counts as soon as it is known. */
  readonly patterns: KeyPatterns;
  readonly orphans: 'quarantine' | 'log' | 'delete';
  /** Was it ever synchronized with this pair? */
  readonly isAdopted: boolean;
  /** It is from now on; durable on return. */
  readonly adopt: () => void;
  /** Keeps what is about to be replaced. @returns where. */
  readonly keep: (edits: readonly RegistryEdit[]) => string;
  readonly news: (news: CopyNews) => void;
  /** Told that something is found to differ, before that is made equal, which may take long. */
  readonly differs: () => void;
}

/** What a comparison found. */
export interface CopyOutcome {
  readonly keys: number;
  readonly differences: readonly RegistryDifference[];
  /** Of these, only on the passive server and left there. */
  readonly left: number;
  /** Of these, not made equal. */
  readonly refused: number;
}

type Why = 'check' | 'verify' | 'changes' | 'meddling';

/** A store that others change all the time is not waited for. */
const ROUNDS_MAX = 3;

/** Why keys are Out of sync. */
const NOT_TAKEN = 'the registry did not take it';

const NOTHING: CopyOutcome = { keys: 0, differences: [], left: 0, refused: 0 };

/**
 * The passive server's copy of one registry: holds what the stream says must be there, and makes the store so. What is
 * amiss then, whoever did it, is found by comparing the two. Calls must not overlap.
 */
export class RegistryCopy {
  readonly #options: CopyOptions;
  #filter: KeyFilter;
  /** Exactly the protected keys, as the stream has them; null until it has told. */
  #expected: RegistryTree | null = null;
  /** What is expected was stated as a whole in this run; otherwise it began as what the store held. */
  #isStated = false;
  /** The whole was stated, compared and made equal in this run. */
  #isVerified = false;
  #isAdopted: boolean;
  #stamp: string | null = null;
  #marks: readonly KeyMark[] = [];
  #problem: Problem | null = null;
  #keys = 0;
  /** What is marked was to be told and not repaired. */
  #isToldOnly = false;
  /** What the store did not take. */
  #refused = new DifferenceSet([]);
  readonly #taken = new TakenAway();
  /** Keys that were equal, were found not to be, and are being made so. */
  #underRepair = 0;
  readonly #told = new ToldChanges();

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#filter = new KeyFilter(options.patterns);
    this.#isAdopted = options.isAdopted;
  }

  /** What is the matter with the store; REG-010 where an operator has to say that it may be changed. */
  get problem(): Problem | null {
    return this.#problem;
  }

  get keys(): number {
    return this.#expected?.size ?? this.#keys;
  }

  get isVerified(): boolean {
    return this.#isVerified && this.#problem === null;
  }

  get isUndecided(): boolean {
    return isProblem(this.#problem, 'REG-010');
  }

  /** Batches of changes that wait for the store. */
  get waiting(): number {
    return this.#told.waiting;
  }

  get marks(): readonly KeyMark[] {
    return this.#marks;
  }

  /** Keys that are known not to be equal. */
  get outOfSync(): number {
    return this.#marks.length + this.#underRepair;
  }

  /** What is marked was compared and left as it is, because a check was asked for no more. */
  get isComparedOnly(): boolean {
    return this.#isToldOnly;
  }

  get expected(): RegistryTree | null {
    return this.#expected;
  }

  /**
   * What the stream says. Where the store refuses, {@link look} tries again.
   * @param isAsked - the store is to be read, whatever its stamp says.
   */
  async take(section: BatchSection, purpose: BatchPurpose, isAsked: boolean): Promise<CopyOutcome> {
    if (!section.isRead) return NOTHING;
    if (purpose === 'changes') return await this.#change(section.edits);
    this.#told.forget();
    const tree = new RegistryTree();
    applyEdits(tree, section.edits, (path) => tree.ensure(path));
    if (purpose === 'whole' && !isAsked && (await this.#isAsStated(tree, section))) {
      return { ...NOTHING, keys: tree.size };
    }
    if (purpose === 'verify' || !this.#isNewsOfActive(tree, section)) {
      this.#isVerified &&= this.#isSameSet(section);
      this.#filter = new KeyFilter(section);
      this.#expected = tree;
      this.#isStated = true;
      return await (purpose === 'whole' ? this.#guarded(() => this.#settle('check')) : this.#verify());
    }
    // Only what differs from what was known before is a fault of this server's.
    const checked = await this.#guarded(() => this.#settle('check'));
    if (this.#expected !== null) this.#told.add(editsBetween(this.#expected, tree), null);
    if (this.#problem !== null) return checked;
    const { differences } = checked;
    return { ...(await this.#guarded(() => this.#carryOutWaiting())), differences };
  }

  /** A check that repairs nothing ends nothing either: what waits for a decision, or is tried again, goes on so. */
  async #verify(): Promise<CopyOutcome> {
    const { isUndecided, isRefused } = this;
    const outcome = await this.#guarded(() => this.#settle('verify'));
    if (this.#problem !== null) return outcome;
    this.#problem = isUndecided ? this.#questionOf(outcome.differences) : null;
    this.#isToldOnly = !isUndecided && !isRefused;
    if (!this.isUndecided) {
      this.#mark(this.#toGo(outcome.differences), this.#isToldOnly ? 'it was compared only' : NOT_TAKEN);
    }
    return outcome;
  }

  /** Without what stays as the settings ask. */
  #toGo(differences: readonly RegistryDifference[]): readonly RegistryDifference[] {
    return differences.filter(({ isOrphan }) => !isOrphan || this.#options.orphans !== 'log');
  }

  /** Was it found to be so, and nobody has touched the store since? A stream that begins anew states all once more. */
  async #isAsStated(tree: RegistryTree, patterns: KeyPatterns): Promise<boolean> {
    const known = this.#expected;
    if (known === null || !this.isVerified || this.#marks.length > 0 || !this.#isSameSet(patterns)) return false;
    if (editsBetween(known, tree).length > 0) return false;
    let isSame = false;
    await this.#guarded(async () => {
      isSame = (await this.#options.store.stamp()) === this.#stamp;
      return NOTHING;
    });
    return isSame;
  }

  #isSameSet({ include, exclude }: KeyPatterns): boolean {
    const { patterns } = this.#filter;
    return JSON.stringify([patterns.include, patterns.exclude]) === JSON.stringify([include, exclude]);
  }

  /** Does the statement tell of changes that did not come here before? */
  #isNewsOfActive(tree: RegistryTree, patterns: KeyPatterns): boolean {
    const known = this.#expected;
    if (known === null || !this.#isVerified || this.isUndecided) return false;
    return this.#isSameSet(patterns) && editsBetween(known, tree).length > 0;
  }

  /** What the key holds now; null where it is not protected. */
  async lookAt(path: string): Promise<RegistryTree | null> {
    return this.#filter.covers(path) ? await this.#options.store.read([path]) : null;
  }

  /** An operator says that what the store holds may be replaced. */
  async confirm(): Promise<void> {
    // Started anew since it was asked, and not told what is to be there: against nothing, all would go. It is asked again.
    if (this.#expected === null) return;
    await this.#guarded(async () => {
      this.#adopt();
      return await this.#settle('check');
    });
  }

  /** Was anything refused that is to be tried again? */
  get isRefused(): boolean {
    return !this.isUndecided && !this.#isToldOnly && (this.#problem !== null || this.#marks.length > 0);
  }

  /** Has anybody else changed the store? To be called every now and then. @param triesAgain - what was refused, too. */
  async look(triesAgain: boolean): Promise<void> {
    const isTold = this.#expected !== null || this.#told.waiting > 0;
    if (!isTold || this.isUndecided || (this.isRefused && !triesAgain)) return;
    await this.#guarded(async () => {
      const stamp = await this.#options.store.stamp();
      if (this.#told.waiting > 0) return await this.#carryOutWaiting();
      if (stamp === this.#stamp && !this.isRefused) return NOTHING;
      // Not told everything yet: what others did is no fault, and what was told goes over it.
      if (!this.#isStated) return await this.#carryOutWaiting();
      // What stands as it was left was told already.
      const isRetry = stamp === this.#stamp;
      return await this.#settle(this.#isVerified ? 'meddling' : 'check', { isRetry });
    });
  }

  async #change(edits: readonly RegistryEdit[]): Promise<CopyOutcome> {
    this.#told.add(edits, this.#expected);
    // It is waited for a long time at each try, and tried again by a look.
    if (isProblem(this.#problem, 'REG-005')) return { ...NOTHING, refused: 1 };
    return await this.#guarded(() => this.#carryOutWaiting());
  }

  async #carryOutWaiting(): Promise<CopyOutcome> {
    const isKnown = (this.#isVerified || this.#isToldOnly) && !this.isUndecided;
    if (this.#expected === null && !this.#isAdopted) {
      this.#told.forget();
      return NOTHING;
    }
    const actual = isKnown ? await this.#readUntouched() : await this.#read();
    // Started anew, and not told everything yet: what the store holds is what it was told before.
    const expected = (this.#isStated ? this.#expected : null) ?? protectedPart(actual, this.#filter);
    this.#expected = expected;
    for (const edits of this.#told.take(this.#isStated)) {
      if (this.#options.orphans === 'log') this.#taken.note(expected, edits);
      applyEdits(expected, edits, (path) => expected.ensure(path));
    }
    return await this.#settle('changes', { actual });
  }

  /** What somebody else did before a change is told, and kept, before it is undone; also what was compared only. */
  async #readUntouched(): Promise<RegistryTree> {
    for (let round = 1; ; round += 1) {
      const known = this.#stamp;
      const actual = await this.#read();
      const isTouched = this.#stamp !== known || (await this.#options.store.stamp()) !== this.#stamp;
      if (round === ROUNDS_MAX || !(isTouched || this.#isToldOnly)) return actual;
      await this.#settle(this.#isToldOnly ? 'check' : 'meddling', { actual });
    }
  }

  async #settle(
    why: Why,
    { isRetry = false, actual }: { readonly isRetry?: boolean; readonly actual?: RegistryTree } = {},
  ): Promise<CopyOutcome> {
    const expected = this.#expected ?? new RegistryTree();
    const found = actual ?? (await this.#read());
    const { differences, edits, left } = this.#compare(found);
    const outcome = { keys: expected.size, differences, left, refused: 0 };
    this.#underRepair = 0;
    const wasAdopted = this.#isAdopted;
    if (!wasAdopted && why !== 'verify') this.#decide(differences);
    this.#isToldOnly = false;
    if (why === 'verify') return outcome;
    const file = edits.length > 0 && why !== 'changes' && !isRetry ? this.#keep(differences, found) : null;
    if (wasAdopted && why !== 'changes' && !isRetry) this.#tell(why, differences);
    if (file !== null) this.#options.news({ kind: 'kept', file });
    const wasEqual = this.isVerified && this.#marks.length === 0;
    this.#marks = [];
    let refused = 0;
    if (edits.length > 0) {
      // Where the store fails at it, none of it was taken.
      this.#refused = new DifferenceSet(differences);
      if (wasEqual && why !== 'changes') {
        this.#underRepair = new Set(this.#toGo(differences).map(({ key }) => key)).size;
        this.#options.differs();
      }
      await this.#options.store.write(edits);
      this.#underRepair = 0;
      refused = await this.#readBack(differences);
    } else this.#refused = new DifferenceSet([]);
    if (refused === 0) this.#taken.clear();
    // What changed is equal by now; all else is only where all was stated.
    this.#isVerified ||= why !== 'changes' && this.#isStated;
    return { ...outcome, refused };
  }

  /** What was written is read again: only what is there counts. @returns how many differences are left. */
  async #readBack(written: readonly RegistryDifference[]): Promise<number> {
    const { differences } = this.#compare(await this.#read());
    const left = this.#toGo(differences);
    const all = new DifferenceSet(written);
    this.#refused = new DifferenceSet(left.filter((one) => all.has(one)));
    this.#mark(left, NOT_TAKEN);
    // Changed by somebody else while this was written: the next look tells of it.
    if (left.some((one) => !all.has(one))) this.#stamp = null;
    return left.length;
  }

  #compare(actual: RegistryTree): ReturnType<typeof reconcile> & { readonly left: number } {
    const keepsOrphans = this.#options.orphans === 'log';
    const found = reconcile(this.#expected ?? new RegistryTree(), actual, {
      filter: this.#filter,
      keepsOrphans,
      taken: this.#taken,
    });
    const left = keepsOrphans ? found.differences.filter(({ isOrphan }) => isOrphan).length : 0;
    return { ...found, left };
  }

  /** @throws Problem REG-010 where something would be lost that this pair never had. */
  #decide(differences: readonly RegistryDifference[]): void {
    const question = this.#questionOf(differences);
    if (question !== null) throw question;
    this.#adopt();
  }

  /** What is to be asked marks all that differs. */
  #questionOf(differences: readonly RegistryDifference[]): Problem | null {
    const question = firstQuestion(this.#options.name, differences);
    if (question !== null) this.#mark(differences, 'nothing may be changed before it is confirmed');
    return question;
  }

  #adopt(): void {
    if (!this.#isAdopted) withStoreProblems(this.#options.store.shown, 'write', () => this.#options.adopt());
    this.#isAdopted = true;
  }

  /** In case what goes was wanted. What the active server changed is no such case. @returns where. */
  #keep(differences: readonly RegistryDifference[], actual: RegistryTree): string | null {
    const { orphans, keep, store } = this.#options;
    const kept = whatGoes(differences, { actual, expected: this.#expected, keepsOrphans: orphans !== 'delete' });
    if (kept.length === 0) return null;
    const stamp = this.#stamp;
    // Where it can't be kept, it is none of what was told and kept before.
    this.#stamp = null;
    const file = withStoreProblems(store.shown, 'write', () => keep(kept));
    this.#stamp = stamp;
    return file;
  }

  #tell(why: 'check' | 'meddling', differences: readonly RegistryDifference[]): void {
    const kind = why === 'meddling' ? 'meddled' : 'differed';
    for (const difference of differences) {
      // It stands as it was left, and was told then.
      if (this.#refused.has(difference)) continue;
      const { key, what } = difference;
      this.#options.news({ kind, item: shownItem(this.#options.name, key), what });
    }
  }

  #mark(differences: readonly RegistryDifference[], reason: string): void {
    this.#marks = marksOf(this.#options.name, differences, reason);
  }

  async #read(): Promise<RegistryTree> {
    const { store } = this.#options;
    const stamp = await store.stamp();
    const tree = await store.read(this.#filter.anchors);
    this.#stamp = stamp;
    this.#keys = tree.size;
    return tree;
  }

  async #guarded(action: () => Promise<CopyOutcome>): Promise<CopyOutcome> {
    try {
      const outcome = await action();
      this.#problem = null;
      return outcome;
    } catch (error) {
      if (!isProblem(error)) throw error;
      this.#problem = error;
      return { ...NOTHING, refused: 1 };
    }
  }
}
