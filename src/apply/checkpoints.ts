import { type NodeId, ORIGIN, type Position } from '../changes/change.ts';
import type { ChangingSet, Patterns } from '../changes/changing-set.ts';
import type { Node } from '../changes/node-tree.ts';
import { realPath } from './file-facts.ts';
import { LossBrake } from './loss-brake.ts';
import type { Quarantine } from './quarantine.ts';
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
  /** To be saved. */
  #filters: Patterns | null = null;
  readonly #set: ChangingSet;
  readonly brake: LossBrake;

  constructor(
    replica: Replica,
    quarantine: Quarantine,
    options: { store: ApplyStore; lossItemsMin: number | null; protectedSet: ChangingSet },
  ) {
    const { store, lossItemsMin: itemsMin, protectedSet } = options;
    const { tree, clock } = replica;
    this.#set = protectedSet;
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

  /** What the stream says is protected. */
  tellFilters(patterns: Patterns): void {
    this.#filters = patterns;
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
    if (saved.filters !== null) this.#set.change(saved.filters);
    this.brake.restore(saved.guarded);
    for (const root of tree.roots) {
      this.#replica.attempt(root, () => {
        const folder = folders.open(root);
        if (hasStash(files, realPath(base, root.name), folder)) this.#replica.stashOf(root);
      });
    }
    return saved;
  }

  save(upTo: Position): void {
    const { tree, folders, files, dirty, marks } = this.#replica;
    for (const root of tree.roots) if (root.inode !== 0) files.syncFileSystem(folders.open(root));
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
      anew: this.#anew,
      nodes,
      nodesGone,
      marks: changed.marks,
      marksGone: changed.gone,
      quarantine: this.#quarantine.hasChanged ? this.#quarantine.list() : null,
      guarded: this.#isBrakeChanged ? this.brake.list() : null,
      filters: this.#filters,
    });
    this.#isBrakeChanged = false;
    this.#filters = null;
    dirty.clear();
    marks.saved();
    this.#quarantine.saved();
    this.#anew = false;
    this.#hasChanged = false;
    this.#saved = upTo;
    for (const [, stash] of this.#replica.stashes) stash.own.clear();
  }
}
