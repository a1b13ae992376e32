import { mayHoldNew, outsideOf } from '../changes/border.ts';
import type { NodeId } from '../changes/change.ts';
import type { ChangingSet, Patterns } from '../changes/changing-set.ts';
import type { Difference } from '../changes/difference.ts';
import { isShell } from '../changes/left-out.ts';
import { typeOf } from '../changes/node-facts.ts';
import type { Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { FileError, Stat } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Orphans } from './orphans.ts';
import type { Replica } from './replica.ts';

/** More names than this are not remembered: then only a check of everything tells what is here alone. */
const STRANGERS_MAX = 100_000;

/** A name that is an item since the border moved, and that the tree does not have. */
interface Stranger {
  readonly parent: NodeId;
  readonly name: ByteString;
}

/** A folder that may hold such names. */
interface Visit {
  readonly folder: Node;
  readonly before: ProtectedSet;
}

/**
 * The border of what is protected, on the passive server. When the stream moves it, what is outside is
 * forgotten and stays on disk. What lies there already and is inside now is the active server's to
 * state; what it did not state is here alone, and told so once its check of what is new has ended.
 */
export class Border {
  readonly #replica: Replica;
  readonly #set: ChangingSet;
  readonly #checkpoints: Checkpoints;
  readonly #orphans: Orphans;
  readonly #visits: Visit[] = [];
  readonly #strangers = new Map<string, Stranger>();
  #isTooMuch = false;
  readonly #stat = new Stat();

  constructor(parts: { replica: Replica; set: ChangingSet; checkpoints: Checkpoints; orphans: Orphans }) {
    this.#replica = parts.replica;
    this.#set = parts.set;
    this.#checkpoints = parts.checkpoints;
    this.#orphans = parts.orphans;
  }

  /**
   * The stream says what is protected from here on. Saved with the next checkpoint.
   * @param isVerified - the rest of the copy was compared before: only what is new is to be.
   * @returns false where that is so already.
   */
  move(patterns: Patterns, isVerified: boolean): boolean {
    const { tree, marks } = this.#replica;
    if (!isVerified) this.forgetStrangers();
    const before = this.#set.change(patterns);
    this.#checkpoints.tellFilters(patterns);
    if (before === null) return false;
    const outside = outsideOf(tree, this.#set);
    for (const root of outside.roots) this.#replica.dropping(root, () => tree.dropSubtree(root));
    for (const { parent, name } of outside.names) this.#replica.dropName(parent, name);
    for (const [path] of marks.paths) if (!this.isItem(path)) marks.clearPath(path);
    this.#orphans.forgetAllBut((path) => this.isItem(path));
    this.#checkpoints.brake.settingsChanged();
    if (isVerified) for (const folder of mayHoldNew(tree, before)) this.#visits.push({ folder, before });
    return true;
  }

  isItem(path: ByteString): boolean {
    return this.#set.covers(path, true) || this.#set.covers(path, false);
  }

  /** Looks for names that are new items, for about that long. */
  step(until: MonotonicMs): void {
    for (let visit = this.#visits.pop(); visit !== undefined; visit = this.#visits.pop()) {
      this.#visit(visit);
      if (this.#replica.clock.monotonicMs() >= until) return;
    }
  }

  /** The active server has stated all that is new: what of it is here alone, as a check would tell it. `null`: too much to know. */
  takeStrangers(): readonly Difference[] | null {
    this.step(Number.POSITIVE_INFINITY as MonotonicMs);
    const found: Difference[] = [];
    for (const { parent, name } of this.#strangers.values()) {
      const folder = this.#replica.tree.get(parent);
      if (folder === undefined || folder.children?.has(name) === true) continue;
      this.#replica.attempt(folder, () => {
        const at = { folder: this.#replica.folders.open(folder), name };
        const path = joinPath(this.#replica.tree.pathOf(folder) ?? ('' as ByteString), name);
        if (!this.#replica.files.statAt(at.folder, name, this.#stat)) return;
        const type = typeOf(this.#stat);
        if (!this.#set.covers(path, type === 'folder')) return;
        if (type === 'folder' && isShell(this.#replica.files, this.#set, at, path)) return;
        found.push({ kind: 'orphan', parent, name, type });
      });
      this.#replica.folders.trim();
    }
    const all = this.#isTooMuch ? null : found;
    this.forgetStrangers();
    return all;
  }

  /** Everything is stated anew. */
  forgetStrangers(): void {
    this.#visits.length = 0;
    this.#strangers.clear();
    this.#isTooMuch = false;
  }

  #visit({ folder, before }: Visit): void {
    const { tree, files, folders } = this.#replica;
    const path = tree.get(folder.id) === folder ? tree.pathOf(folder) : null;
    if (path === null || folder.inode === 0) return;
    try {
      const opened = folders.open(folder);
      for (const name of files.list(opened)) {
        if (folder.children?.has(name) === true) continue;
        const at = joinPath(path, name);
        const isNew = this.isItem(at) && !(before.covers(at, true) && before.covers(at, false));
        if (isNew && files.statAt(opened, name, this.#stat)) this.#met(folder, name, { at, before });
      }
    } catch (error) {
      // Who needs the folder meets that, too, and tells it.
      if (!(error instanceof FileError)) throw error;
    }
    folders.trim();
  }

  /** `#stat` is its status. */
  #met(folder: Node, name: ByteString, { at, before }: { at: ByteString; before: ProtectedSet }): void {
    const isFolder = typeOf(this.#stat) === 'folder';
    if (!this.#set.covers(at, isFolder) || before.covers(at, isFolder)) return;
    if (this.#strangers.size >= STRANGERS_MAX) this.#isTooMuch = true;
    else this.#strangers.set(`${String(folder.id)}/${name}`, { parent: folder.id, name });
  }
}
