import { type Attributes, INLINE_BYTES_MAX, type NodeId, RANGE_BYTES } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { ALL_BLOCKS, piecesOf } from '../changes/pull-blocks.ts';
import { FileError, type NameAt } from '../kernel/files.ts';
import { AskedBlocks } from './asked-blocks.ts';
import type { Content } from './content.ts';
import { throwIf } from './dressing.ts';
import type { Presence } from './presence.ts';
import { asApplied, expectWhole, isZero, newPull, numbersOf } from './pull.ts';
import type { Expected, Pull, PullCounts, PullKind, Range, Written } from './pull.ts';
import type { Removal } from './removal.ts';
import { PresentContent } from './present-content.ts';
import { Publication } from './publication.ts';
import { PullQueue } from './pull-queue.ts';
import { PullWindow } from './pull-window.ts';
import type { Replica } from './replica.ts';
import { StagedFiles } from './staged-files.ts';
import { StandIns } from './stand-ins.ts';
import { type Whole, WholeFiles } from './whole-files.ts';

/** Content that has to come from the active server: what is asked for, what has come, and where it waits. */
export class Pulls {
  /** Items whose content came since the last checkpoint: no queue holds it, so a power cut could take it back. */
  unsaved = 0;
  readonly #replica: Replica;
  readonly #content: Content;
  readonly #wholes: WholeFiles;
  readonly #standIns: StandIns;
  readonly #staged: StagedFiles;
  readonly #publication: Publication;
  readonly #present: PresentContent;
  readonly #blocks: AskedBlocks;
  readonly #pulls = new Map<NodeId, Pull>();
  readonly #queue = new PullQueue();
  readonly #window = new PullWindow();
  #next = 1;
  #bytesWaiting = 0;

  constructor(parts: { replica: Replica; presence: Presence; content: Content; removal: Removal }) {
    this.#replica = parts.replica;
    this.#content = parts.content;
    this.#wholes = new WholeFiles(parts);
    this.#standIns = new StandIns(parts);
    this.#staged = new StagedFiles(parts.replica, parts.presence);
    this.#publication = new Publication({ ...parts, standIns: this.#standIns, staged: this.#staged });
    this.#present = new PresentContent(parts.replica, this.#staged);
    this.#blocks = new AskedBlocks(this.#present);
  }

  get counts(): PullCounts {
    const rest = { bytesWaiting: this.#bytesWaiting, pullsUnasked: this.#queue.size, pullsUnsaved: this.unsaved };
    return { ...numbersOf(this.#pulls, this.#next), ...rest };
  }

  isWaiting(node: NodeId): boolean {
    return this.#pulls.has(node);
  }

  /** Is content under way, or about to be asked for? */
  isAsking(node: NodeId): boolean {
    const pull = this.#pulls.get(node);
    return pull !== undefined && !pull.plan.isComplete && (pull.plan.isUnderWay || this.#queue.has(pull));
  }

  isStaged(node: NodeId): boolean {
    return this.#pulls.get(node)?.kind === 'staged';
  }

  /** Is it a file of that size that is gathered? */
  stages(node: NodeId, sizeBytes: number): boolean {
    return this.isStaged(node) && this.#pulls.get(node)?.plan.sizeBytes === sizeBytes;
  }

  /** A small file whose content differs or is missing. */
  whole(node: Node, expected: Expected): void {
    if (this.#replica.holds.has(node.id)) return;
    const before = this.#pulls.get(node.id);
    if (before?.kind === 'whole') {
      expectWhole(before, expected);
      return this.#queue.add(before);
    }
    this.cancel(node.id);
    // An empty file has no range; one is asked for all the same, for it may have content by now.
    const pull = this.#begin(node, 'whole', { ...expected, sizeBytes: Math.max(1, expected.sizeBytes) }, null);
    pull.expected = expected.sizeBytes;
    pull.plan.wantAll();
    this.#count(pull);
  }

  /**
   * A large file that is not there. What was staged before a restart is taken up again.
   * @param isChange - it was made just now, and is no check's to miss.
   */
  stage(node: Node, expected: Expected, isChange = false): void {
    const before = this.#pulls.get(node.id);
    if (before?.kind === 'staged' && this.#staged.isNear(node, before.stagedAt)) {
      this.#expect(before, expected);
      before.plan.tryAgain();
      return this.#goOn(before);
    }
    this.cancel(node.id);
    const { at, reused } = this.#staged.begin(node, expected.sizeBytes);
    const pull = this.#begin(node, 'staged', expected, at);
    if (isChange) this.#queue.hasten(pull);
    pull.unproven = reused;
    if (reused) this.#replica.marks.retryLater(node.id);
    else pull.plan.wantData();
    this.#count(pull);
  }

  /** Ranges of a large file, staged or in its place. @param isWhole - all else in it was compared, and is equal. */
  ranges(node: Node, expected: Expected, ranges: readonly Range[], isWhole = false): void {
    const before = this.#pulls.get(node.id);
    if (before?.kind !== 'staged' && this.#replica.holds.has(node.id)) return this.missed(node.id, expected, ranges);
    if (node.inode === 0 && before === undefined) return this.stage(node, expected);
    if (before?.kind === 'whole') this.cancel(node.id);
    const pull = this.#pulls.get(node.id) ?? this.#begin(node, 'inPlace', expected, null);
    if (isWhole) pull.provenAt = this.#replica.doubtsOf(node);
    this.#want(pull, expected, ranges);
    pull.plan.tryAgain();
    this.#goOn(pull);
  }

  /** These can't be put right now: where others are on their way, they have to come with them. */
  missed(node: NodeId, expected: Expected, ranges: readonly Range[]): void {
    const pull = this.#pulls.get(node);
    if (pull?.kind === 'inPlace') this.#want(pull, expected, ranges);
  }

  /** A check found the staged content to be whole. */
  proven(node: Node, attributes: Attributes): void {
    const pull = this.#pulls.get(node.id);
    if (pull?.kind !== 'staged') return;
    pull.plan.attributes = attributes;
    pull.plan.settleAll();
    pull.unproven = false;
    this.#finish(pull);
  }

  /** Attributes the file will have when it is whole. @returns false where nothing is awaited. */
  setAttributes(node: NodeId, attributes: Attributes): boolean {
    const pull = this.#pulls.get(node);
    if (pull === undefined) return false;
    pull.plan.attributes = attributes;
    return true;
  }

  /** Bytes written on the active server into a file that is not here yet. @returns false where nothing is staged. */
  write(node: Node, change: Written): boolean {
    const pull = this.#pulls.get(node.id);
    if (pull === undefined) return false;
    if (pull.kind === 'whole') {
      // It was small and is large now: what was to come in one piece comes in many.
      this.cancel(node.id);
      if (node.inode === 0) this.stage(node, change);
      else this.#replica.doubt(node);
      return node.inode === 0;
    }
    this.#expect(pull, change);
    if (pull.stagedAt === null) return false;
    pull.plan.wrote(change.offset, change.content.length);
    if (!this.#staged.write(pull.stagedAt, change.content, change.offset)) this.#restage(pull);
    return true;
  }

  /** The content to compare ranges with; to be closed by the caller; null where there is none. */
  openContent(node: Node): number | null {
    return this.#present.open(node, this.#pulls.get(node.id)?.stagedAt ?? null);
  }

  /** Is what the active server has there on its way, so that what is here has not to be looked at? */
  awaits(node: NodeId, offset: number | null): boolean {
    return this.#pulls.get(node)?.plan.awaits(offset) === true;
  }

  /** Nothing more is awaited for the node; what was staged is removed. */
  cancel(id: NodeId): void {
    const pull = this.#pulls.get(id);
    if (pull === undefined) return;
    this.#end(pull);
    this.#standIns.remove(pull);
    if (pull.stagedAt !== null) this.#staged.remove(pull.stagedAt);
  }

  /** A node that is not here yet gets another name; the file it replaces stands in for it meanwhile. */
  moveName(node: Node, from: Name, to: Name, replaced: Node | undefined): void {
    const pull = this.#pulls.get(node.id);
    if (pull === undefined) return;
    this.dropName(node, from);
    if (replaced !== undefined) this.#standIns.put(pull, to, replaced);
  }

  /** A name of the node is gone: so is what stood in for it there. */
  dropName(node: Node, name: Name): void {
    const pull = this.#pulls.get(node.id);
    if (pull !== undefined && this.#standIns.isAt(pull, name)) this.#standIns.remove(pull);
  }

  /** The tree no longer has what stands in: after a restart it is to be known as ours. */
  ownStandIns(): void {
    for (const { node, standIn } of this.#pulls.values()) if (standIn !== null) this.#replica.own(node, standIn.inode);
  }

  /** Everything was stated: what was staged for anything else is of no use. */
  sweep(): void {
    this.#staged.sweep((id) => this.isStaged(id));
  }

  /** The connection broke: everything asked for is to be asked for again. */
  lost(): void {
    this.#window.clear();
    this.#blocks.clear();
    for (const pull of this.#pulls.values()) {
      pull.plan.lost();
      this.#queue.add(pull);
    }
  }

  /** Asks for more, as far as the bounds on what is under way allow. */
  pump(): void {
    const requests: PullRequest[] = [];
    this.#queue.askAll((pull) => this.#ask(pull, requests));
    if (requests.length > 0) this.#replica.host.pull(requests);
  }

  /** The answers but for those to requests that were given up: they come before any that is asked for later. */
  wanted(answers: readonly PullAnswer[]): readonly PullAnswer[] {
    return answers.filter(({ node }) => !this.#window.takeUnwanted(node));
  }

  /** Content that came together; its memory is not used afterwards. `areFromHere`: it was kept, and is in no turn. */
  answers(answers: readonly PullAnswer[], areFromHere = false): void {
    const wholes: Whole[] = [];
    for (const sent of answers) {
      if (!this.#window.meets(sent.node, areFromHere)) continue;
      const pull = this.#pulls.get(sent.node);
      // Perhaps nobody waits for it any more.
      if (!pull?.plan.arrived(sent.offset)) continue;
      const answer = areFromHere ? asApplied(pull, sent) : sent;
      if (answer.failure !== null) this.#failed(pull, answer.failure);
      else if (pull.kind !== 'whole') this.#take(pull, answer);
      else if (this.#endsWhole(pull, answer)) wholes.push({ ...answer, node: pull.node });
    }
    this.unsaved += this.#wholes.put(wholes);
  }

  #take(pull: Pull, answer: PullAnswer): void {
    const { node, stagedAt } = pull;
    const take = (): void =>
      stagedAt === null ? this.#takeInPlace(pull, answer) : this.#takeStaged(pull, stagedAt, answer);
    const done = this.#replica.attempt(node, take);
    if (this.#pulls.get(answer.node) !== pull) return;
    // What could not be written is wanted still, but asked for only when the item is tried again; so is what was not
    // asked for yet, for it would be sent for nothing. More of it may be in the queue than the window took so far.
    if (!done) {
      pull.plan.refused(answer.offset);
      this.#queue.delete(pull);
    }
    this.#count(pull);
    if (done) this.#goOn(pull);
  }

  /** @returns false where that is not the whole file: it changed meanwhile. */
  #endsWhole(pull: Pull, { node, content, sizeBytes }: PullAnswer): boolean {
    this.#end(pull);
    if (content.length !== sizeBytes || sizeBytes > INLINE_BYTES_MAX) {
      this.#replica.doubt(pull.node);
      return false;
    }
    if (sizeBytes !== pull.expected) this.#replica.recheck(node);
    return true;
  }

  #begin(node: Node, kind: PullKind, expected: Expected, stagedAt: NameAt | null): Pull {
    const pull = newPull({ node, number: this.#next++, kind, expected, stagedAt });
    this.#pulls.set(node.id, pull);
    this.#queue.add(pull);
    const { marks } = this.#replica;
    if (marks.get(node.id) === undefined || marks.isArriving(node.id)) pull.provenAt = this.#replica.doubtsOf(node);
    marks.setArriving(node.id, 'Out of sync');
    return pull;
  }

  #end(pull: Pull): void {
    const { id } = pull.node;
    if (this.#pulls.get(id) !== pull) return;
    this.#pulls.delete(id);
    this.#queue.delete(pull);
    this.#bytesWaiting -= pull.bytesCounted;
    this.#window.giveUp(id);
    this.#blocks.giveUp(id);
  }

  #count(pull: Pull): void {
    if (this.#pulls.get(pull.node.id) !== pull) return;
    const bytes = pull.plan.bytesWaiting;
    this.#bytesWaiting += bytes - pull.bytesCounted;
    pull.bytesCounted = bytes;
  }

  /** @returns false where no more may be asked for now. */
  #ask(pull: Pull, requests: PullRequest[]): boolean {
    const bytes = pull.kind === 'whole' ? Math.min(pull.expected, INLINE_BYTES_MAX) : RANGE_BYTES;
    while (!this.#window.isFull(pull.isChange)) {
      const range = pull.plan.next();
      if (range === null) return true;
      const have = pull.kind === 'inPlace' ? this.#blocks.ask(pull.node, range) : [];
      requests.push({ node: pull.node.id, ...range, ...(have.length > 0 ? { have } : {}) });
      this.#window.asked(pull.node.id, bytes);
    }
    return false;
  }

  #goOn(pull: Pull): void {
    return pull.plan.isComplete ? this.#finish(pull) : this.#queue.add(pull);
  }

  /** `gone` is no failure: the record of it is on its way; until then the item is not known to be equal. */
  #failed(pull: Pull, failure: string): void {
    this.cancel(pull.node.id);
    if (failure === 'gone' || failure === 'ENOENT') this.#replica.marks.retryLater(pull.node.id);
    else
      this.#replica.failed(pull.node, new FileError({ code: failure, call: 'reading on the active server', path: '' }));
  }

  #takeInPlace(pull: Pull, answer: PullAnswer): void {
    const { offset, attributes } = answer;
    const { sizeBytes } = pull.plan;
    if (!this.#blocks.completes(pull.node, answer)) return pull.plan.want(offset, answer.length);
    this.#meet(pull, answer);
    for (const piece of piecesOf(answer.content, answer.blocks ?? ALL_BLOCKS)) {
      const at = offset + piece.offset;
      const content = piece.content.subarray(0, Math.max(0, sizeBytes - at));
      const part = { offset: at, content, attributes, sizeBytes };
      if (this.#content.writePart(pull.node, part) === 'gone') return this.#restage(pull);
    }
  }

  #takeStaged(pull: Pull, at: NameAt, answer: PullAnswer): void {
    this.#meet(pull, answer);
    const { offset, content } = answer;
    // A new file is all holes: zeros need not be written.
    if (!pull.unproven && !pull.plan.wasWritten(offset) && isZero(content)) return;
    pull.plan.wrote(offset, content.length);
    if (!this.#staged.write(at, content, offset)) this.#restage(pull);
  }

  #meet(pull: Pull, answer: PullAnswer): void {
    pull.plan.attributes = answer.attributes;
    if (answer.sizeBytes !== pull.plan.sizeBytes) pull.changed = true;
  }

  /** What was there is gone: begin with nothing. */
  #restage(pull: Pull): void {
    this.cancel(pull.node.id);
    this.#replica.recordAbsent(pull.node);
    this.stage(pull.node, pull.plan);
  }

  #finish(pull: Pull): void {
    const { node } = pull;
    if (pull.unproven) return this.#replica.recheck(node.id);
    if (this.#pulls.get(node.id) !== pull) return;
    this.#replica.attempt(node, () => {
      const { plan, stagedAt } = pull;
      const outcome =
        stagedAt === null ? this.#content.finishInPlace(node, plan) : this.#publication.publish(pull, stagedAt);
      if (outcome === 'gone') return this.#restage(pull);
      this.#end(pull);
      this.unsaved++;
      // What else is in it may differ: somebody changed it here meanwhile, or something of it was refused.
      if (pull.kind === 'inPlace' && pull.provenAt !== this.#replica.doubtsOf(node)) this.#replica.doubt(node);
      else this.#replica.unmark(node);
      if (pull.changed) {
        this.#replica.marks.setArriving(node.id, 'Unchecked');
        // It is asked for again: what of a passing state could not be kept is no news.
        return this.#replica.doubt(node);
      }
      throwIf(outcome);
    });
  }

  #want(pull: Pull, expected: Expected, ranges: readonly Range[]): void {
    this.#expect(pull, expected);
    for (const { offset, length } of ranges) pull.plan.want(offset, length);
    this.#count(pull);
  }

  #expect(pull: Pull, expected: Expected): void {
    pull.plan.attributes = expected.attributes;
    if (expected.sizeBytes === pull.plan.sizeBytes) return;
    pull.plan.resize(expected.sizeBytes, pull.kind === 'staged' && !pull.unproven);
    this.#count(pull);
    this.#queue.add(pull);
    if (pull.stagedAt !== null) this.#staged.setSize(pull.stagedAt, expected.sizeBytes);
  }
}
