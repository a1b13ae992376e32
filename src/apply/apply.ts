import type {
  AttributesChange,
  Change,
  ContentChange,
  FolderEntry,
  NodeId,
  Position,
  RootChange,
  WriteChange,
} from '../changes/change.ts';
import type { PullAnswer } from '../changes/data-frame.ts';
import type { Difference, EqualityProof } from '../changes/difference.ts';
import type { Node } from '../changes/node-tree.ts';
import { type ByteString, toDisplay } from '../kernel/byte-string.ts';
import type { Stat } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { Adoption } from './adoption.ts';
import type { ApplyCounts, ApplyOptions } from './apply-options.ts';
import { Border } from './border.ts';
import { CheckedFolders } from './checked-folders.ts';
import { CheckpointSteps } from './checkpoint-steps.ts';
import { Checkpoints } from './checkpoints.ts';
import { Content } from './content.ts';
import { type ApplyItem, markedItems, tellRefused } from './items.ts';
import { LongDoubts } from './long-doubts.ts';
import type { Mark } from './marks.ts';
import type { LossBrake } from './loss-brake.ts';
import { Names } from './names.ts';
import { Orphans } from './orphans.ts';
import { Presence } from './presence.ts';
import { Pulls } from './pulls.ts';
import { Quarantine } from './quarantine.ts';
import { Removal } from './removal.ts';
import { Repair } from './repair.ts';
import { Replica } from './replica.ts';
import type { ResyncMark } from './resync-mark.ts';
import { Retries } from './retries.ts';
import type { ApplyStore } from './store.ts';

/**
 * Makes the passive's files what the stream says, in its order. Every operation blocks, may be done again, and concerns
 * one item: a refusal of the file system puts it out of sync and is tried again; only a bug of ours is thrown. For one thread.
 */
export class Apply {
  /** Of what is protected; the stream moves it. */
  readonly border: Border;
  readonly #replica: Replica;
  readonly #store: ApplyStore;
  readonly quarantine: Quarantine;
  readonly #checkpoints: Checkpoints;
  readonly #presence: Presence;
  readonly #content: Content;
  readonly #pulls: Pulls;
  readonly #names: Names;
  readonly #adoption: Adoption;
  /** What a check says of folders themselves. */
  readonly folders: CheckedFolders;
  readonly #orphans: Orphans;
  readonly #repair: Repair;
  readonly #retries: Retries;
  readonly checkpoints: CheckpointSteps;
  readonly longDoubts: LongDoubts;

  /** Fills `tree` from the store. @throws Problem APL-005 where the store can't be read. */
  constructor(options: ApplyOptions) {
    const replica = new Replica(options);
    const quarantine = (this.quarantine = new Quarantine(replica, options.quarantineBytesMax));
    const presence = new Presence(replica, quarantine);
    const content = new Content(replica, presence, quarantine);
    const removal = new Removal(replica, presence);
    const pulls = new Pulls({ replica, presence, content, removal });
    const names = new Names({ replica, presence, content, removal, pulls });
    const adoption = new Adoption({ replica, presence, names, pulls });
    const orphans = new Orphans(replica, quarantine, options.orphans);
    replica.onGone = (node) => {
      pulls.cancel(node.id);
      adoption.gone(node);
    };
    this.#replica = replica;
    this.#store = options.store;
    const checkpoints = (this.#checkpoints = new Checkpoints(replica, quarantine, options));
    this.checkpoints = new CheckpointSteps({ replica, presence, pulls, checkpoints });
    this.#presence = presence;
    this.#content = content;
    this.#pulls = pulls;
    this.#names = names;
    this.#adoption = adoption;
    this.#orphans = orphans;
    this.border = new Border({ replica, set: options.protectedSet, checkpoints, orphans });
    this.folders = new CheckedFolders(replica, orphans);
    this.#retries = new Retries(replica, presence, pulls);
    this.longDoubts = new LongDoubts(replica, pulls);
    this.#repair = new Repair({ replica, presence, content, names, pulls, adoption, orphans });
    this.#load();
  }

  /** Up to here everything was applied and is on disk for good. */
  get checkpointed(): Position {
    return this.#checkpoints.saved;
  }

  /** Decides whether losses of the active server may reach this copy; asked by whoever hands over records. */
  get brake(): LossBrake {
    return this.#checkpoints.brake;
  }

  /** Whose stream the tree is of; empty where none was met. Saved with the next checkpoint. */
  get activeServerId(): string {
    return this.#checkpoints.activeServerId;
  }

  set activeServerId(id: string) {
    this.#checkpoints.activeServerId = id;
  }

  get resync(): ResyncMark {
    return this.#checkpoints.resync;
  }

  /** Whether the disk holds what was written to it. */
  get disk(): CheckpointSteps['disk'] {
    return this.checkpoints.disk;
  }

  /** May content here be replaced? Saved with the next checkpoint. */
  get adopted(): boolean {
    return this.#replica.adopted;
  }

  set adopted(adopted: boolean) {
    this.#replica.adopted = adopted;
    this.#checkpoints.changed();
  }

  /** The records that are compared next are of this check. @param repairs - false: it only tells, and `equal` changes nothing on disk. */
  turnToCheck(check: number, repairs: boolean, isPartial: boolean): void {
    this.#adoption.repairing = repairs;
    this.#adoption.turnTo(check, isPartial);
    this.#orphans.check = check;
    // Names that were changed just now moved the times of their folders, which are compared, too.
    this.#replica.settleFolders();
  }

  get counts(): ApplyCounts {
    const { marks, passing } = this.#replica;
    return {
      outOfSync: marks.outOfSync,
      unchecked: marks.unchecked,
      passing: passing.count,
      ...this.#pulls.counts,
    };
  }

  get itemsKnown(): number {
    return this.#replica.tree.size;
  }

  /** One record of the stream; those that only state something are for the check. */
  apply(_position: Position, change: Change): void {
    this.#replica.folders.trim();
    this.#orphans.heard(change);
    switch (change.kind) {
      case 'root':
        return this.#names.root(change);
      case 'create':
        return this.#names.create(change);
      case 'content':
        return this.#applyContent(change);
      case 'write':
        return this.#applyWrite(change);
      case 'attributes':
        return this.#applyAttributes(change);
      case 'rename':
        return this.#names.rename(change);
      case 'link':
        return this.#names.link(change);
      case 'unlink':
        return this.#names.unlink(change);
      default:
    }
  }

  /** While nothing may be changed: the tree learns which node is a protected folder. */
  learnRoot(change: RootChange): void {
    this.#names.recognizeRoot(change);
  }

  /** A check found the item as stated, as far as the proof goes. */
  equal(parent: Node, entry: FolderEntry, stat: Readonly<Stat>, proof: EqualityProof): void {
    this.#replica.folders.trim();
    this.#adoption.equal(parent, entry, stat, proof);
  }

  /** Does away with a difference; content that is missing is pulled. */
  repair(difference: Difference): void {
    this.#replica.folders.trim();
    this.#repair.repair(difference);
  }

  /** As {@link Pulls.wanted}. */
  wanted(answers: readonly PullAnswer[]): readonly PullAnswer[] {
    return this.#pulls.wanted(answers);
  }

  /** As {@link Pulls.answers}. */
  answers(answers: readonly PullAnswer[], areFromHere = false): void {
    this.#replica.folders.trim();
    this.#pulls.answers(answers, areFromHere);
  }

  /** The content to compare ranges with, staged or in its place; closed by the caller; null where there is none. */
  openContent(node: Node): number | null {
    return this.#pulls.openContent(node);
  }

  /** Is what the active server has there on its way? Null: anywhere in it. */
  awaits(node: NodeId, offset: number | null): boolean {
    return this.#pulls.awaits(node, offset);
  }

  /** The descriptor of a folder; it stays Apply's and is good until the next call. @throws FileError as openat(2). */
  openFolder(folder: Node): number {
    return this.#replica.folders.open(folder);
  }

  /** After a check that repairs: deals with what only the passive server has. See {@link Orphans.finish}. */
  finishOrphans(check: number | null): number {
    this.#adoption.ended(check);
    if (!this.brake.mayLose(this.#orphans.losses(check))) return 0;
    const left = this.#orphans.finish(check);
    if (check === null) {
      this.#replica.settleAllFolders();
      this.#pulls.sweep();
    } else this.#replica.settleFolders();
    return left;
  }

  /** Somebody confirmed that the active server has this protected folder no more. */
  giveUp(shown: string): void {
    const root = [...this.#replica.tree.roots].find(({ name }) => toDisplay(name) === shown);
    if (root !== undefined) this.#replica.attempt(root, () => this.#orphans.takeAll(root));
  }

  /** After a batch: asks for content, and for what has to be stated again. */
  pump(): void {
    this.#presence.settle();
    this.#replica.settleFolders();
    this.#replica.sendRechecks();
    this.#pulls.pump();
  }

  /** What was missed is stated item by item: the checks that ran will not end. */
  checksInterrupted(): void {
    this.#orphans.interrupted();
    this.#adoption.missed();
  }

  /** The connection broke: what was asked for will not come. */
  pullsLost(): void {
    this.#pulls.lost();
  }

  /** Asks again for what failed, with growing delay. @returns milliseconds until something in use is to be looked at. */
  retry(now: MonotonicMs): number {
    return this.#retries.step(now, !this.brake.isHeld);
  }

  /** Who uses a file that is held back was found out. @param problem - says so. */
  named(path: ByteString, problem: ProblemData): void {
    this.#replica.holds.named(path, problem);
  }

  /** Somebody else changed an item here, or made something that is none. */
  meddled(at: { node: Node | null; parent: Node; path: ByteString }, what: string, processId: number): void {
    const { host, marks } = this.#replica;
    host.note({ kind: 'meddled', path: at.path, what, processId });
    const doubted = at.node ?? at.parent;
    marks.dropArriving(doubted.id);
    this.#replica.doubt(doubted);
    if (at.node === null) marks.setPath(at.path, 'Unchecked');
    else if (at.node.type === 'folder' && at.node.children !== null) this.#replica.recheck(at.node.id);
  }

  /** Somebody else made, took or moved a name in the folder, whatever is left of that: its time is put back. */
  namesMeddled(folder: Node): void {
    if (this.#replica.adopted) this.#replica.touch(folder);
  }

  /** Watches over the folders: `there` is told of each when it is made or found, `gone` of each node that ends. */
  followFolders(there: (folder: Node) => void, gone: (node: Node) => void): void {
    for (const node of this.#replica.tree.nodes) if (node.type === 'folder') there(node);
    const { onGone } = this.#replica;
    this.#replica.onFolder = there;
    this.#replica.onGone = (node) => {
      onGone(node);
      gone(node);
    };
  }

  /** Notices were lost: nothing is known to be equal any more. */
  distrustAll(): void {
    this.#replica.distrustAll();
  }

  /** All node ids are void: another server is the active one. Files stay as they are. */
  forget(): void {
    for (const node of this.#replica.tree.nodes) this.#pulls.cancel(node.id);
    this.#orphans.clear();
    this.brake.forget();
    this.#replica.forget();
    this.#checkpoints.beginAnew();
  }

  /** As {@link CheckpointSteps.make}. */
  checkpoint(upTo: Position): void {
    this.checkpoints.make(upTo);
  }

  /** Every item that is not known to be equal, those without a node last. */
  marked(): Generator<ApplyItem> {
    return markedItems(this.#replica);
  }

  /** Why a node is not known to be equal; undefined where it is. */
  markOf(node: NodeId): Mark | undefined {
    return this.#replica.marks.get(node);
  }

  /** Items that could not be made equal, of those that `counts` picks. */
  countRefused(counts: (node: NodeId) => boolean): number {
    return this.#replica.marks.countProblems(counts);
  }

  /** Is more of the node known to be on its way, so that it is bound to differ meanwhile? */
  isArriving(node: NodeId): boolean {
    return this.#pulls.isWaiting(node) || this.#replica.marks.isArriving(node);
  }

  /** Closes all; stash folders that hold nothing are removed. The record is not written: checkpoint before. */
  close(): void {
    this.#checkpoints.close();
    this.#replica.close((stash) => stash.close());
    this.#store.close();
  }

  /** As a crash would leave it; for tests. */
  abandon(): void {
    this.#checkpoints.close();
    this.#replica.close((stash) => stash.abandon());
    this.#store.close();
  }

  #load(): void {
    const { tree, marks } = this.#replica;
    const saved = this.#checkpoints.load();
    marks.restore(saved.marks.filter((mark) => tree.get(mark.node) !== undefined));
    this.quarantine.restoreIndex(saved.quarantine);
    this.#replica.recheckMarked();
    tellRefused(this.#replica);
  }

  #applyContent(change: ContentChange): void {
    const node = this.#file(change.node);
    if (node === null) return;
    this.#pulls.cancel(node.id);
    this.#replica.attempt(node, () => this.#content.put(node, change.content, change.attributes));
  }

  #applyWrite(change: WriteChange): void {
    const node = this.#file(change.node);
    if (node === null) return;
    const isDone = this.#replica.attempt(node, () => {
      if (this.#pulls.write(node, change)) return;
      if (!this.#content.write(node, change)) this.#replica.doubt(node);
    });
    if (!isDone) this.#pulls.missed(node.id, change, [{ offset: change.offset, length: change.content.length }]);
  }

  #applyAttributes(change: AttributesChange): void {
    const node = this.#replica.tree.get(change.node);
    if (node === undefined) return this.#replica.recheck(change.node);
    this.#replica.attempt(node, () => {
      const awaited = this.#pulls.setAttributes(node.id, change.attributes);
      if (awaited && node.inode === 0) return;
      if (node.type === 'folder') this.#content.setFolderAttributes(node, change.attributes);
      else if (!this.#content.setAttributes(node, change.attributes)) this.#replica.doubt(node);
      // What was refused before may be all that was amiss.
      if ((this.#replica.marks.get(node.id)?.problem ?? null) !== null) this.#replica.recheck(node.id);
    });
  }

  #file(id: NodeId): Node | null {
    const node = this.#replica.tree.get(id);
    if (node?.type === 'file') return node;
    this.#replica.recheck(id);
    return null;
  }
}
