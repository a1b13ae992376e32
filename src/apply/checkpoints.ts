import { type NodeId, ORIGIN, type Position } from '../changes/change.ts';
import type { Node } from '../changes/node-tree.ts';
import { toDisplay } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { realPath } from './file-facts.ts';
import { LossBrake } from './loss-brake.ts';
import type { Quarantine } from './quarantine.ts';
import { reasonOf } from './reasons.ts';
import type { Replica } from './replica.ts';
import { hasStash } from './stash.ts';
import type { ApplyStore, SavedState } from './store.ts';

/** Keeps the durable record of the tree in step with the disk: first the disk, then the record. */
export class Checkpoints {
  readonly #replica: Replica;
  readonly #quarantine: Quarantine;
  readonly #store: ApplyStore;
  #saved: Position = ORIGIN;
  #activeServerId = '';
  /** The record is to begin anew. */
  #anew = false;
  #hasChanged = false;
  #isBrakeChanged = false;
  #mixed = false;
  /** What the disk holds may not be what was written there: a sync failed. */
  #unproven = false;
  /** The last sync failed, and none has gone well since. */
  #isUnsynced = false;
  readonly brake: LossBrake;

  constructor(replica: Replica, quarantine: Quarantine, options: { store: ApplyStore; lossItemsMin: number | null }) {
    const { store, lossItemsMin: itemsMin } = options;
    const { tree, clock, protectedSet } = replica;
    this.brake = new LossBrake({
      tree,
      itemsMin,
      now: () => clock.monotonicMs(),
      isProtected: (folder) => protectedSet.folders.some(({ path }) => path === folder),
      changed: () => {
        this.#isBrakeChanged = true;
      },
    });
    this.#replica = replica;
    this.#quarantine = quarantine;
    this.#store = store;
  }

  get saved(): Position {
    return this.#saved;
  }

  get activeServerId(): string {
    return this.#activeServerId;
  }

  set activeServerId(id: string) {
    this.#activeServerId = id;
    this.#hasChanged = true;
  }

  get mixed(): boolean {
    return this.#mixed;
  }

  set mixed(mixed: boolean) {
    this.#mixed = mixed;
    this.#hasChanged = true;
  }

  /** May the disk hold something else than what was written, because a sync failed? */
  get unproven(): boolean {
    return this.#unproven;
  }

  /** Everything was read from the disk and is as it should be. */
  proven(): void {
    if (!this.#unproven || this.#isUnsynced) return;
    this.#unproven = false;
    this.#hasChanged = true;
  }

  get hasUnsaved(): boolean {
    const { dirty, marks } = this.#replica;
    return (
      dirty.size > 0 || marks.hasChanged || this.#quarantine.hasChanged || this.#hasChanged || this.#isBrakeChanged
    );
  }

  /** Something besides nodes and marks is to be saved. */
  changed(): void {
    this.#hasChanged = true;
  }

  beginAnew(): void {
    this.#anew = true;
    this.#hasChanged = true;
  }

  /** Fills the tree, and opens what a crash may have left beside the protected folders. */
  load(): SavedState {
    const { tree, folders, files, base } = this.#replica;
    const saved = this.#store.load(tree);
    this.#saved = saved.position;
    this.#activeServerId = saved.activeServerId;
    this.#replica.adopted = saved.adopted;
    this.#mixed = saved.mixed;
    this.#unproven = saved.unproven;
    this.brake.restore(saved.guarded);
    for (const root of tree.roots) {
      this.#replica.attempt(root, () => {
        const folder = folders.open(root);
        if (hasStash(files, realPath(base, root.name), folder)) this.#replica.stashOf(root);
      });
    }
    return saved;
  }

  /** @throws Problem APL-040 where what was written may not be on the disk. */
  save(upTo: Position): void {
    const { tree, dirty, marks } = this.#replica;
    for (const root of tree.roots) if (root.inode !== 0) this.#sync(root);
    this.#isUnsynced = false;
    const nodes: Node[] = [];
    const nodesGone: NodeId[] = [];
    for (const id of dirty) {
      const node = tree.get(id);
      if (node === undefined) nodesGone.push(id);
      else nodes.push(node);
    }
    const changed = marks.changed();
    this.#store.save({
      position: upTo,
      activeServerId: this.#activeServerId,
      adopted: this.#replica.adopted,
      mixed: this.#mixed,
      unproven: this.#unproven,
      anew: this.#anew,
      nodes,
      nodesGone,
      marks: changed.marks,
      marksGone: changed.gone,
      quarantine: this.#quarantine.hasChanged ? this.#quarantine.list() : null,
      guarded: this.#isBrakeChanged ? this.brake.list() : null,
    });
    this.#isBrakeChanged = false;
    dirty.clear();
    marks.saved();
    this.#quarantine.saved();
    this.#anew = false;
    this.#hasChanged = false;
    this.#saved = upTo;
    for (const [, stash] of this.#replica.stashes) stash.own.clear();
  }

  /**
   * After a failure the kernel may hold for written what is not on the disk, and a later sync says nothing of it.
   * So a failure is remembered for good, until all was read from the disk itself.
   */
  #sync(root: Node): void {
    const { folders, files, base } = this.#replica;
    try {
      files.syncFileSystem(folders.open(root));
    } catch (error) {
      if (!(error instanceof FileError) || error.call !== 'syncfs') throw error;
      this.#isUnsynced = true;
      if (!this.#unproven) {
        this.#unproven = true;
        this.#hasChanged = true;
        this.#store.noteUnproven();
      }
      const path = toDisplay(realPath(base, root.name));
      throw new Problem('APL-040', { path, reason: reasonOf(error) }, { cause: error });
    }
  }
}
