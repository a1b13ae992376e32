import { type NodeId, ORIGIN, type Position } from '../changes/change.ts';
import type { ChangingSet, Patterns } from '../changes/changing-set.ts';
import { assert, must } from '../kernel/assert.ts';
import { toDisplay } from '../kernel/byte-string.ts';
import type { Node } from '../changes/node-tree.ts';
import { FileError, Stat } from '../kernel/files.ts';
import { Problem } from '../problems/problem.ts';
import { realPath } from './file-facts.ts';
import { LossBrake } from './loss-brake.ts';
import type { Quarantine } from './quarantine.ts';
import { reasonOf } from './reasons.ts';
import type { Replica } from './replica.ts';
import { ResyncMark } from './resync-mark.ts';
import { hasStash } from './stash.ts';
import { savedNode } from './saved-node.ts';
import type { ApplyStore, SavedNode, SavedState, Saving } from './store.ts';

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
  readonly resync = new ResyncMark(() => this.changed());
  /** What the disk holds may not be what was written there: a sync failed. */
  #unproven = false;
  /** The last sync failed, and none has gone well since. */
  #isUnsynced = false;
  /** To be saved. */
  #filters: Patterns | null = null;
  readonly #set: ChangingSet;
  /** Is written down once the file systems are synced. */
  #begun: Saving | null = null;
  /** An open folder on each file system, by its device number. */
  readonly #folderOn = new Map<number, number>();
  /** On which file system each protected folder lay when it was looked at last. */
  readonly #devices = new WeakMap<Node, number>();
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

  /** What the stream says is protected. */
  tellFilters(patterns: Patterns): void {
    this.#filters = patterns;
    this.#hasChanged = true;
  }

  beginAnew(): void {
    this.giveUp();
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
    this.resync.restore(saved);
    this.#unproven = saved.unproven;
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

  /** Makes one at once. One that was begun is given up. */
  save(upTo: Position): void {
    this.giveUp();
    for (const folder of this.#fileSystems()) this.#sync(folder);
    this.#isUnsynced = false;
    this.#write(this.#gather(upTo));
  }

  /**
   * Begins one: what is applied up to here is to be made durable by syncfs(2) while Apply goes on.
   * @returns descriptors on the file systems to sync. They stay open.
   */
  begin(upTo: Position): readonly number[] {
    assert(this.#begun === null, 'one checkpoint at a time is made');
    const descriptors = this.#fileSystems();
    this.#begun = this.#gather(upTo);
    return descriptors;
  }

  /** The file systems were synced since {@link begin}: the record is written. */
  finish(): void {
    const saving = must(this.#begun, 'a checkpoint was begun');
    this.#begun = null;
    this.#isUnsynced = false;
    this.#write(saving);
  }

  /** What was begun is not finished: all of it is part of the next one. */
  giveUp(): void {
    if (this.#begun === null) return;
    this.#putBack(this.#begun);
    this.#begun = null;
  }

  /**
   * A sync failed. The kernel may hold for written what is not on the disk, and a later sync says nothing of it. So
   * that is remembered for good, until all was read from the disk itself.
   * @returns Problem APL-040.
   */
  unsynced(error: FileError): Problem {
    this.giveUp();
    this.#isUnsynced = true;
    if (!this.#unproven) {
      this.#unproven = true;
      this.#hasChanged = true;
      this.#store.noteUnproven();
    }
    const paths = [...this.#replica.tree.roots].map(({ name }) => toDisplay(name)).join(', ');
    return new Problem('APL-040', { path: paths, reason: reasonOf(error) }, { cause: error });
  }

  close(): void {
    for (const folder of this.#folderOn.values()) this.#replica.files.close(folder);
    this.#folderOn.clear();
  }

  /**
   * One open folder on each of the file systems. They are kept, for a failure to write is told by
   * syncfs(2) once to each descriptor that was open by then.
   */
  #fileSystems(): number[] {
    const { tree, folders, files } = this.#replica;
    const present = new Set<number>();
    for (const root of tree.roots) {
      if (root.inode === 0) continue;
      const device = this.#deviceOf(root);
      present.add(device);
      if (!this.#folderOn.has(device)) this.#folderOn.set(device, folders.openAnew(root));
    }
    for (const [device, folder] of this.#folderOn) {
      if (present.has(device)) continue;
      this.#folderOn.delete(device);
      files.close(folder);
    }
    return [...this.#folderOn.values()];
  }

  /** Where the folder can't be looked at now, that of the last time: what was written to it by then is to be synced. */
  #deviceOf(root: Node): number {
    const { folders, files } = this.#replica;
    const stat = new Stat();
    try {
      files.stat(folders.open(root), stat);
    } catch (error) {
      const device = this.#devices.get(root);
      if (!(error instanceof FileError) || device === undefined || !this.#folderOn.has(device)) throw error;
      return device;
    }
    this.#devices.set(root, stat.device);
    return stat.device;
  }

  #sync(folder: number): void {
    try {
      this.#replica.files.syncFileSystem(folder);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw this.unsynced(error);
    }
  }

  /** What changed since the last one, as it is now; from here on changes belong to the next. */
  #gather(upTo: Position): Saving {
    const { tree, dirty, marks } = this.#replica;
    const nodes: SavedNode[] = [];
    const nodesGone: NodeId[] = [];
    for (const id of dirty) {
      const node = tree.get(id);
      if (node === undefined) nodesGone.push(id);
      else nodes.push(savedNode(node));
    }
    const changed = marks.takeChanged();
    const saving: Saving = {
      position: upTo,
      activeServerId: this.#activeServerId,
      adopted: this.#replica.adopted,
      mixed: this.resync.mixed,
      batch: this.resync.batch,
      unproven: this.#unproven,
      anew: this.#anew,
      nodes,
      nodesGone,
      marks: changed.marks,
      marksGone: changed.gone,
      quarantine: this.#quarantine.hasChanged ? this.#quarantine.list() : null,
      guarded: this.#isBrakeChanged ? this.brake.list() : null,
      filters: this.#filters,
    };
    this.#filters = null;
    dirty.clear();
    this.#quarantine.saving(true);
    this.#isBrakeChanged = false;
    this.#anew = false;
    this.#hasChanged = false;
    for (const [, stash] of this.#replica.stashes) stash.own.turn();
    return saving;
  }

  #write(saving: Saving): void {
    try {
      this.#store.save(saving);
    } catch (error) {
      this.#putBack(saving);
      throw error;
    }
    this.#saved = saving.position;
    for (const [, stash] of this.#replica.stashes) stash.own.clear();
  }

  /** It could not be written down. */
  #putBack(saving: Saving): void {
    const { dirty, marks } = this.#replica;
    for (const { id } of saving.nodes) dirty.add(id);
    for (const id of saving.nodesGone) dirty.add(id);
    marks.putBack({ marks: saving.marks, gone: saving.marksGone });
    if (saving.quarantine !== null) this.#quarantine.saving(false);
    if (saving.guarded !== null) this.#isBrakeChanged = true;
    this.#filters ??= saving.filters;
    this.#anew ||= saving.anew;
    this.#hasChanged = true;
  }
}
