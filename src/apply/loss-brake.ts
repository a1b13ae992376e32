import type { Change, FolderStateChange, NodeId } from '../changes/change.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { LossForesight } from './loss-foresight.ts';
import { isBack, isElsewhere, isMassLoss, type Shrinking } from './mass-loss.ts';
import { RecentLosses } from './recent-losses.ts';
import { RecentlyMade } from './recently-made.ts';
import type { BrakeState, GuardedFolder } from './store.ts';

/** How old a count of a folder's items may be, where only the stream's own names moved since. */
const COUNT_MS_MAX = 5000;

export interface BrakeOptions {
  readonly tree: NodeTree;
  /** See {@link isMassLoss}. */
  readonly itemsMin: number | null;
  readonly now: () => MonotonicMs;
  readonly isProtected: (folder: ByteString) => boolean;
  /** Something that must outlast a restart is another. */
  readonly changed: () => void;
}

/** What is told of a folder: a problem that lasts, or null for what is over. */
export type BrakeTold = (folder: ByteString, code: 'APL-020' | 'APL-021', problem: ProblemData | null) => void;

interface Guarded {
  fileSystem: string;
  identity: string;
  state: BrakeState;
  what: string;
}

/**
 * Stands between the active server's losses and the copy. A protected folder that lost most of its
 * items, or lies on another file system than before, is held: nothing is applied any more, of no
 * folder, until somebody confirms or it is back. A folder that is gone altogether is kept as it is, and
 * the others go on. Decides here, on the passive server, and remembers: the active server forgets all
 * when it restarts, and this copy is what must not be lost.
 */
export class LossBrake {
  /** Of names that go one by one: whether they are about to be too many. */
  readonly foresight: LossForesight;
  readonly #options: BrakeOptions;
  readonly #folders = new Map<ByteString, Guarded>();
  /** Not there on the active server, with the items that are here. */
  readonly #absent = new Map<ByteString, number>();
  /** Told of by the active server, and not protected by this one. */
  readonly #foreign = new Set<ByteString>();
  /** Where the active server gathers names that go before it tells them, and says first how many they are. */
  readonly #gathered = new Set<ByteString>();
  readonly #recent = new Map<ByteString, RecentLosses>();
  readonly #young = new RecentlyMade();
  readonly #counts = new Map<ByteString, { count: number; readonly at: MonotonicMs }>();
  #turned = false;
  #tell: BrakeTold = () => undefined;

  constructor(options: BrakeOptions) {
    this.#options = options;
    const { tree, itemsMin, now } = options;
    this.foresight = new LossForesight({
      tree,
      itemsMin,
      now,
      isGuarded: ({ name }) => !this.isHeld && !this.#gathered.has(name) && this.#guarded(name).state === 'free',
      isYoung: (node) => this.#young.has(node, now()),
      lostLately: ({ name }) => this.#recent.get(name)?.lost(now()) ?? 0,
      itemsIn: (root) => this.#count(root),
      recount: (root) => void this.#recount(root),
      isTooMuch: ({ name }, shrinking) => this.#isTooMuch(name, shrinking),
      hold: ({ name }, shrinking) => this.#hold(name, `${sayLost(shrinking)} within a minute`),
    });
  }

  /** Is everything to be left as it is? */
  get isHeld(): boolean {
    return this.held > 0;
  }

  /** Folders that lost so much that somebody has to say what becomes of them here. */
  get held(): number {
    let count = 0;
    for (const { state } of this.#folders.values()) if (state === 'held') count++;
    return count;
  }

  /** Folders that somebody has to decide about, or that are protected by the other server only. */
  get undecided(): number {
    return this.#absent.size + this.#foreign.size + this.held;
  }

  /** Tells what stands, and from now on what changes. */
  set onTold(tell: BrakeTold) {
    this.#tell = tell;
    for (const [folder, { state, what }] of this.#folders) if (state === 'held') this.#tellHeld(folder, what);
  }

  /** What the settings don't protect any more is passed over. */
  restore(saved: readonly GuardedFolder[]): void {
    for (const { folder, ...guarded } of saved) {
      if (this.#options.isProtected(folder)) this.#folders.set(folder, { ...guarded });
    }
  }

  list(): GuardedFolder[] {
    return [...this.#folders].map(([folder, guarded]) => ({ folder, ...guarded }));
  }

  /** Another active server: its folders are others. */
  forget(): void {
    const held = this.isHeld;
    for (const folder of this.#folders.keys()) this.#tell(folder, 'APL-020', null);
    for (const folder of this.#absent.keys()) this.#tell(folder, 'APL-021', null);
    this.#folders.clear();
    this.#absent.clear();
    this.#foreign.clear();
    this.#gathered.clear();
    this.#recent.clear();
    this.#young.clear();
    this.#counts.clear();
    this.#turned ||= held;
    this.#options.changed();
  }

  /** What the settings don't protect any more is nobody's loss, and what is here is counted anew. */
  settingsChanged(): void {
    const { isProtected } = this.#options;
    const held = this.isHeld;
    for (const [folder, { state }] of this.#folders) {
      if (isProtected(folder)) continue;
      this.#folders.delete(folder);
      if (state === 'held') this.#tell(folder, 'APL-020', null);
      this.#options.changed();
    }
    for (const folder of this.#absent.keys()) {
      if (isProtected(folder) || !this.#absent.delete(folder)) continue;
      this.#tell(folder, 'APL-021', null);
    }
    this.#foreign.clear();
    this.#recent.clear();
    this.#counts.clear();
    this.#turned ||= held !== this.isHeld;
  }

  /** Was it held, or let go, since it was last asked? */
  takeTurn(): boolean {
    const turned = this.#turned;
    this.#turned = false;
    return turned;
  }

  /** A record of the stream, before it is applied. @returns false where it must not be. */
  meets(change: Change): boolean {
    if (change.kind === 'folderState') this.#stands(change);
    if (this.isHeld) return false;
    switch (change.kind) {
      case 'create':
        this.#young.add(change.node, this.#options.now());
        this.#gains(change.parent);
        return true;
      case 'link':
        this.#gains(change.parent);
        return true;
      case 'unlink':
        return this.#mayGo(change.parent, change.name);
      case 'rename':
        return this.#mayMove(change);
      default:
        return true;
    }
  }

  /** A check ends. @param losses - known items that it found to be here only, by protected folder. */
  mayLose(losses: ReadonlyMap<Node, number>): boolean {
    for (const [root, lost] of losses) {
      const shrinking = { before: this.#options.tree.countBelow(root), lost };
      if (this.#isTooMuch(root.name, shrinking)) this.#hold(root.name, sayLost(shrinking));
    }
    return !this.isHeld;
  }

  /** A check of everything ended, and all it asked for was done: what was confirmed has happened. */
  verified(): void {
    for (const guarded of this.#folders.values()) {
      if (guarded.state !== 'confirmed') continue;
      guarded.state = 'free';
      this.#options.changed();
    }
  }

  /** @returns what somebody confirmed: that the folder is gone, that it lost what it lost, or nothing. */
  confirm(shown: string): 'gone' | 'lost' | null {
    for (const folder of this.#absent.keys()) {
      if (toDisplay(folder) !== shown) continue;
      this.#absent.delete(folder);
      this.#tell(folder, 'APL-021', null);
      return 'gone';
    }
    for (const [folder, { state }] of this.#folders) {
      if (state !== 'held' || toDisplay(folder) !== shown) continue;
      this.#setState(folder, 'confirmed');
      return 'lost';
    }
    return null;
  }

  #stands(change: FolderStateChange): void {
    const { folder, present, items } = change;
    if (!this.#options.isProtected(folder)) return void this.#foreign.add(folder);
    if (change.isGathered === true) this.#gathered.add(folder);
    else if (change.isGathered === false) this.#gathered.delete(folder);
    const root = this.#options.tree.root(folder);
    // While it is held nothing is changed here, and it is told again and again.
    const isFrozen = this.#folders.get(folder)?.state === 'held';
    const here = root === undefined ? 0 : isFrozen ? this.#count(root) : this.#recount(root);
    if (!present) return this.#isAbsent(folder, here);
    if (this.#absent.delete(folder)) this.#tell(folder, 'APL-021', null);
    const guarded = this.#guarded(folder);
    const isMoved = here > 0 && isElsewhere(guarded, change);
    if (guarded.state === 'held') {
      if (!isMoved && items !== null && isBack({ here, there: items })) this.#setState(folder, 'free');
      return;
    }
    if (guarded.state === 'free') {
      if (isMoved) return this.#hold(folder, 'is on another file system than before');
      const shrinking = { before: here, lost: here - (items ?? here) };
      if (this.#isTooMuch(folder, shrinking)) return this.#hold(folder, sayLost(shrinking));
    }
    this.#knowPlace(guarded, change);
  }

  #isAbsent(folder: ByteString, here: number): void {
    if (here === 0 || this.#absent.has(folder)) return;
    this.#absent.set(folder, here);
    this.#tell(folder, 'APL-021', { code: 'APL-021', parameters: { folder: toDisplay(folder), items: here } });
  }

  #knowPlace(guarded: Guarded, { fileSystem, identity }: FolderStateChange): void {
    if (guarded.fileSystem === fileSystem && guarded.identity === identity) return;
    Object.assign(guarded, { fileSystem, identity });
    this.#options.changed();
  }

  #gains(parent: NodeId): void {
    const root = this.#rootOf(parent);
    if (root !== null) this.#adjust(root, 1);
  }

  #mayGo(parentId: NodeId, name: ByteString): boolean {
    const root = this.#rootOf(parentId);
    const node = this.#options.tree.get(parentId)?.children?.get(name);
    if (root === null || node === undefined) return true;
    const gone = this.#countOf(node);
    const isYoung = this.#young.has(node.id, this.#options.now());
    this.#young.forget(node.id);
    return this.#loses(root, { gone, lost: isYoung ? 0 : gone });
  }

  #mayMove(change: Extract<Change, { kind: 'rename' }>): boolean {
    const from = this.#rootOf(change.parent);
    const to = this.#rootOf(change.newParent);
    if (from === null || to === null) return true;
    if (from === to) return this.#mayReplace(to, change);
    if (!this.#mayGo(change.parent, change.name) || !this.#mayGo(change.newParent, change.newName)) return false;
    this.#gains(change.newParent);
    return true;
  }

  /** One name is left of two. Where what moves was made for that just now, nothing is lost. */
  #mayReplace(root: Node, { node, newParent, newName }: Extract<Change, { kind: 'rename' }>): boolean {
    const replaced = this.#options.tree.get(newParent)?.children?.get(newName);
    if (replaced === undefined) return true;
    const gone = this.#countOf(replaced);
    const isYoung = this.#young.has(node, this.#options.now());
    if (!this.#young.has(replaced.id, this.#options.now())) this.#young.forget(node);
    return this.#loses(root, { gone, lost: isYoung ? 0 : gone });
  }

  #countOf(node: Node): number {
    return node.type === 'folder' ? 1 + this.#options.tree.countBelow(node) : 1;
  }

  /** @param of.gone - names; of.lost - of these what was there for a minute. */
  #loses(root: Node, { gone, lost }: { readonly gone: number; readonly lost: number }): boolean {
    const { itemsMin, now } = this.#options;
    const recent = this.#recent.get(root.name) ?? new RecentLosses();
    this.#recent.set(root.name, recent);
    recent.note(now(), lost);
    const all = recent.lost(now());
    if (itemsMin !== null && all >= itemsMin) {
      const from = (count: number): Shrinking => ({ before: count - gone + all, lost: all });
      // Checks bring items, too: before anything is held it is counted.
      if (this.#isTooMuch(root.name, from(this.#count(root)))) {
        const shrinking = from(this.#recount(root));
        if (this.#isTooMuch(root.name, shrinking)) {
          this.#hold(root.name, `${sayLost(shrinking)} within a minute`);
          return false;
        }
      }
    }
    this.#adjust(root, -gone);
    return true;
  }

  #isTooMuch(folder: ByteString, shrinking: Shrinking): boolean {
    return this.#guarded(folder).state === 'free' && isMassLoss(shrinking, this.#options.itemsMin);
  }

  /** The record that is being met will be applied. */
  #adjust(root: Node, by: number): void {
    const known = this.#counts.get(root.name);
    if (known !== undefined) known.count += by;
  }

  /** Items in a protected folder before the record that is being met, as far as the stream's records tell. */
  #count(root: Node): number {
    const known = this.#counts.get(root.name);
    if (known !== undefined && this.#options.now() - known.at < COUNT_MS_MAX) return known.count;
    return this.#recount(root);
  }

  #recount(root: Node): number {
    const count = this.#options.tree.countBelow(root);
    this.#counts.set(root.name, { count, at: this.#options.now() });
    return count;
  }

  #rootOf(id: NodeId): Node | null {
    let at = this.#options.tree.get(id) ?? null;
    while (at !== null && at.parent !== null) at = at.parent;
    return at;
  }

  #guarded(folder: ByteString): Guarded {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const made: Guarded = { fileSystem: '', identity: '', state: 'free', what: '' };
    this.#folders.set(folder, made);
    return made;
  }

  #hold(folder: ByteString, what: string): void {
    this.#guarded(folder).what = what;
    this.#setState(folder, 'held');
    this.#tellHeld(folder, what);
  }

  #setState(folder: ByteString, state: BrakeState): void {
    const before = this.isHeld;
    this.#guarded(folder).state = state;
    // What happened until then has been judged.
    this.#recent.delete(folder);
    this.#counts.delete(folder);
    if (state !== 'held') this.#tell(folder, 'APL-020', null);
    this.#turned ||= before !== this.isHeld;
    this.#options.changed();
  }

  #tellHeld(folder: ByteString, what: string): void {
    this.#tell(folder, 'APL-020', { code: 'APL-020', parameters: { folder: toDisplay(folder), what } });
  }
}

function sayLost({ before, lost }: Shrinking): string {
  return lost >= before ? `lost all of its ${String(before)} items` : `lost ${String(lost)} of ${String(before)} items`;
}
