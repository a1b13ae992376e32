import type { Change, NodeId } from '../changes/change.ts';
import type { Node, NodeTree } from '../changes/node-tree.ts';
import { must } from '../kernel/assert.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { Shrinking } from './mass-loss.ts';

const MINUTE_MS = 60_000;
/** Names that go within so long of one another go together, … */
const QUIET_MS = 100;
/** … within so long where they are many: a machine under load may pause in the middle of it. */
const QUIET_OF_MANY_MS = 1000;
const MANY = 10;
/** How fast names go is not known before. */
const RATE_KNOWN_MS = 1000;
/** While Apply stands still what came is looked at so often, … */
export const LOOK_MS = 20;
/** … and of what passed between two looks so much counts: where a thread or the machine stood still, what came meanwhile is unread. */
const COUNTED_MS_MAX = 40;

/** What the brake knows of the folders. */
export interface ForesightView {
  readonly tree: NodeTree;
  readonly now: () => MonotonicMs;
  /** May it come to be held, and are names that go told one by one? */
  readonly isGuarded: (root: Node) => boolean;
  /** Made so lately that its end is no loss. */
  readonly isYoung: (node: NodeId) => boolean;
  /** Items that it lost within the last minute, as applied. */
  readonly lostLately: (root: Node) => number;
  /** Items in it, as applied. */
  readonly itemsIn: (root: Node) => number;
  /** Fewer lost items never count. */
  readonly itemsMin: number | null;
  readonly recount: (root: Node) => void;
  readonly isTooMuch: (root: Node, shrinking: Shrinking) => boolean;
  readonly hold: (root: Node, shrinking: Shrinking) => void;
}

/** What the records ahead do to a protected folder. */
interface Ahead {
  lost: number;
  /** Names more than now; below 0: fewer. */
  gained: number;
}

/** Names that go one after the other. */
interface Run {
  /** How long it goes on, … */
  goneMs: number;
  /** … and for how long no more went, both as far as time counts, up to the last look. */
  quietMs: number;
  lookedAt: MonotonicMs;
  lastAt: MonotonicMs;
  lost: number;
  readonly folders: Map<Node, Ahead>;
  /** Nodes that were made in it, with the protected folder they are in, … */
  readonly made: Map<NodeId, Node>;
  /** … and those that went. */
  readonly gone: Set<NodeId>;
}

/**
 * Whether names that go are the beginning of a mass loss, where each is told as it goes. Nothing can be applied past the
 * first of them, for that would break the order; so Apply stands before it while the records behind it are looked at, until
 * they are too many, or no more go, or they go so slowly that a minute of it would be no mass loss. Pure: time is given.
 */
export class LossForesight {
  readonly #view: ForesightView;
  #run: Run | null = null;
  /** Names go, and too slowly to be waited for; counted by the second. */
  #slow: { sinceMs: MonotonicMs; lastMs: MonotonicMs; lost: number } | null = null;

  constructor(view: ForesightView) {
    this.#view = view;
  }

  /** Is Apply to stand still before this record? Then it and those behind it are to be looked at, by {@link meet}. */
  begins(change: Change): boolean {
    const { itemsMin, tree, now } = this.#view;
    if (itemsMin === null || tree.size < itemsMin) return false;
    const root = this.#leftBy(change);
    if (root === null || !this.#view.isGuarded(root) || !this.#isOfLongStanding(change)) return false;
    const at = now();
    if (this.#isKnownSlow(root, at)) return false;
    this.#slow = null;
    const times = { goneMs: 0, quietMs: 0, lookedAt: at, lastAt: at };
    this.#run = { ...times, lost: 0, folders: new Map(), made: new Map(), gone: new Set() };
    return true;
  }

  /** A record that is not applied yet, in their order. */
  meet(change: Change): void {
    switch (change.kind) {
      case 'create':
      case 'link':
        return this.#comes(this.#rootOf(change.parent), change.kind === 'create' ? change.node : null);
      case 'unlink':
        return this.#goes(this.#rootOf(change.parent), change.node);
      case 'rename':
        if (this.#leftBy(change) === null) return;
        this.#goes(this.#rootOf(change.parent), change.node);
        return this.#comes(this.#rootOf(change.newParent), null);
      default:
    }
  }

  /**
   * All is met that was received. To be asked every {@link LOOK_MS}.
   * @param isAll - no more will come.
   * @returns whether to wait for more, to apply what was met, or nothing of it: its folder is held.
   */
  judge(isAll: boolean): 'wait' | 'go' | 'held' {
    const run = must(this.#run, 'names that go');
    for (const [root, ahead] of run.folders) {
      const shrinking = this.#tooMuch(root, ahead);
      if (shrinking === null) continue;
      this.#run = null;
      this.#view.hold(root, shrinking);
      return 'held';
    }
    const at = this.#view.now();
    // By the time up to the look before: what came since may not have been received yet, though it is late.
    const isOver = isAll || run.quietMs >= quietMs(run);
    const isSlow = run.goneMs >= RATE_KNOWN_MS && !this.#isFast(run.folders, run.goneMs);
    count(run, at);
    if (!isOver && !isSlow) return 'wait';
    if (!isOver) this.#slow = { sinceMs: at, lastMs: at, lost: 0 };
    this.#run = null;
    return 'go';
  }

  /** The records ahead are no more. */
  forget(): void {
    this.#run = null;
    this.#slow = null;
  }

  /** The protected folder that a name leaves with this. */
  #leftBy(change: Change): Node | null {
    if (change.kind === 'unlink') return this.#rootOf(change.parent);
    if (change.kind !== 'rename' || change.parent === change.newParent) return null;
    const from = this.#rootOf(change.parent);
    return from === this.#rootOf(change.newParent) ? null : from;
  }

  #isOfLongStanding(change: Change): boolean {
    if (change.kind !== 'unlink' && change.kind !== 'rename') return false;
    return this.#view.tree.get(change.node) !== undefined && !this.#view.isYoung(change.node);
  }

  #comes(root: Node | null, made: NodeId | null): void {
    if (root === null) return;
    this.#aheadOf(root).gained += 1;
    if (made !== null) this.#run?.made.set(made, root);
  }

  #goes(root: Node | null, id: NodeId): void {
    const { tree, now, isYoung } = this.#view;
    const run = must(this.#run, 'names that go');
    if (root === null) return;
    const ahead = this.#aheadOf(root);
    if (run.made.delete(id)) {
      ahead.gained -= 1;
      return;
    }
    const node = tree.get(id);
    const count = node === undefined ? 0 : countGoing(node, run.gone);
    ahead.gained -= count;
    if (count === 0 || isYoung(id)) return;
    ahead.lost += count;
    run.lost += count;
    run.quietMs = 0;
    run.lastAt = now();
  }

  #aheadOf(root: Node): Ahead {
    const { folders } = must(this.#run, 'names that go');
    const known = folders.get(root);
    if (known !== undefined) return known;
    const made = { lost: 0, gained: 0 };
    folders.set(root, made);
    return made;
  }

  /** What it comes to, where it goes on so `times` as long; null where too few are lost to count the rest. */
  #shrinking(root: Node, { lost, gained }: Ahead, times: number): Shrinking | null {
    const { itemsMin, lostLately, itemsIn } = this.#view;
    const all = lostLately(root) + Math.round(lost * times);
    if (itemsMin === null || all < itemsMin) return null;
    const left = Math.max(0, itemsIn(root) + Math.round(gained * times));
    return { before: left + all, lost: all };
  }

  /** Before anything is held it is counted: checks bring items, too. */
  #tooMuch(root: Node, ahead: Ahead): Shrinking | null {
    const supposed = this.#shrinking(root, ahead, 1);
    if (supposed === null || !this.#view.isTooMuch(root, supposed)) return null;
    this.#view.recount(root);
    const counted = this.#shrinking(root, ahead, 1);
    return counted !== null && this.#view.isTooMuch(root, counted) ? counted : null;
  }

  /** Would any of them lose too much if it went on like this for a minute? */
  #isFast(folders: ReadonlyMap<Node, Ahead>, withinMs: number): boolean {
    for (const [root, ahead] of folders) {
      const shrinking = this.#shrinking(root, ahead, MINUTE_MS / withinMs);
      if (shrinking !== null && this.#view.isTooMuch(root, shrinking)) return true;
    }
    return false;
  }

  /** Do names go for a while already, and still slowly? */
  #isKnownSlow(root: Node, at: MonotonicMs): boolean {
    const slow = this.#slow;
    if (slow === null || at - slow.lastMs >= QUIET_OF_MANY_MS) return false;
    if (at - slow.sinceMs >= RATE_KNOWN_MS) Object.assign(slow, { sinceMs: at, lost: 0 });
    slow.lastMs = at;
    slow.lost += 1;
    return !this.#isFast(new Map([[root, { lost: slow.lost, gained: -slow.lost }]]), RATE_KNOWN_MS);
  }

  #rootOf(id: NodeId): Node | null {
    const made = this.#run?.made.get(id);
    if (made !== undefined) return made;
    let at = this.#view.tree.get(id) ?? null;
    while (at !== null && at.parent !== null) at = at.parent;
    return at;
  }
}

/** A look. */
function count(run: Run, at: MonotonicMs): void {
  run.goneMs += Math.min(at - run.lookedAt, COUNTED_MS_MAX);
  run.quietMs += Math.min(at - Math.max(run.lookedAt, run.lastAt), COUNTED_MS_MAX);
  run.lookedAt = at;
}

function quietMs({ lost }: Run): number {
  return lost < MANY ? QUIET_MS : QUIET_OF_MANY_MS;
}

/** The node and what is below it, as far as it has not gone before. */
function countGoing(node: Node, gone: Set<NodeId>): number {
  let count = 0;
  const waiting = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (!gone.has(next.id)) count += 1;
    gone.add(next.id);
    for (const child of next.children?.values() ?? []) waiting.push(child);
  }
  return count;
}
