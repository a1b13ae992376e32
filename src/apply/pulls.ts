import { type Attributes, INLINE_BYTES_MAX, type NodeId, RANGE_BYTES } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import type { Name, Node } from '../changes/node-tree.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, type NameAt, Stat } from '../kernel/files.ts';
import { MIB } from '../kernel/units.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Content } from './content.ts';
import { typeOf } from './file-facts.ts';
import { isAbsence } from './folders.ts';
import type { Presence } from './presence.ts';
import { PullPlan } from './pull-plan.ts';
import type { Removal } from './removal.ts';
import type { Replica } from './replica.ts';

const BYTES_ASKED_MAX = 8 * MIB;
const REQUESTS_ASKED_MAX = 1024;
/** What a request weighs besides its content, so that many empty files count for something. */
const REQUEST_OVERHEAD_BYTES = 4096;

/**
 * `whole`: a small file, made from one answer. `staged`: a large file that is gathered beside the
 * protected folder and gets its names when it is whole. `inPlace`: some ranges of a file that is there.
 */
type PullKind = 'whole' | 'staged' | 'inPlace';

interface Pull {
  readonly node: Node;
  kind: PullKind;
  readonly plan: PullPlan;
  /** Size in bytes that was stated, for a `whole` pull. */
  expected: number;
  /** Its part in the bytes waiting, when last counted. */
  bytesCounted: number;
  /** Weight of what was asked for and has not come. */
  asked: { requests: number; bytes: number };
  /** Content left over from before a restart: complete only when a check says so. */
  unproven: boolean;
  /** The active's file changed size while it was pulled. */
  changed: boolean;
  /** The file that a rename of this node replaced: shown until this one is whole. */
  standIn: { readonly name: Name; readonly inode: number } | null;
}

/** Content that has to come from the active server: what is asked for, what has come, and where it waits. */
export class Pulls {
  readonly #replica: Replica;
  readonly #presence: Presence;
  readonly #content: Content;
  readonly #removal: Removal;
  readonly #pulls = new Map<NodeId, Pull>();
  /** Pulls that may have something to ask for, in the order in which they came. */
  readonly #queue = new Set<Pull>();
  #askedBytes = 0;
  #askedRequests = 0;
  #bytesWaiting = 0;
  /** Answers under way to requests that were given up; they come before those to later requests. */
  readonly #unwanted = new Map<NodeId, number>();
  readonly #stat = new Stat();

  constructor(parts: { replica: Replica; presence: Presence; content: Content; removal: Removal }) {
    this.#replica = parts.replica;
    this.#presence = parts.presence;
    this.#content = parts.content;
    this.#removal = parts.removal;
  }

  get count(): number {
    return this.#pulls.size;
  }

  get bytesWaiting(): number {
    return this.#bytesWaiting;
  }

  isWaiting(node: NodeId): boolean {
    return this.#pulls.has(node);
  }

  /** Is content under way, or about to be asked for? */
  isAsking(node: NodeId): boolean {
    const pull = this.#pulls.get(node);
    return pull !== undefined && !pull.plan.isComplete;
  }

  isStaged(node: NodeId): boolean {
    return this.#pulls.get(node)?.kind === 'staged';
  }

  /** A small file whose content differs or is missing. */
  whole(node: Node, expected: { sizeBytes: number; attributes: Attributes }): void {
    const before = this.#pulls.get(node.id);
    if (before?.kind === 'whole') return;
    if (before !== undefined) this.cancel(node.id);
    // An empty file has no range; one is asked for all the same, for it may have content by now.
    const pull = this.#begin(node, 'whole', { ...expected, sizeBytes: Math.max(1, expected.sizeBytes) });
    pull.expected = expected.sizeBytes;
    pull.plan.wantAll();
    this.#count(pull);
  }

  /** A large file that is not there. What was staged before a restart is taken up again. */
  stage(node: Node, expected: { sizeBytes: number; attributes: Attributes }): void {
    if (this.#pulls.get(node.id)?.kind === 'staged') return this.#expect(node.id, expected);
    this.cancel(node.id);
    const { files } = this.#replica;
    const at = this.#stagedAt(node);
    this.#takeOverOwn(node, at);
    const reused = files.statAt(at.folder, at.name, this.#stat) && typeOf(this.#stat) === 'file';
    const file = files.openAt(at.folder, at.name, OPEN.readWrite | OPEN.create, 0o600);
    try {
      files.setSize(file, expected.sizeBytes);
    } finally {
      files.close(file);
    }
    const pull = this.#begin(node, 'staged', expected);
    pull.unproven = reused;
    if (reused) this.#replica.marks.retryLater(node.id);
    else pull.plan.wantAll();
    this.#count(pull);
  }

  /** Ranges of a large file, staged or in its place. */
  ranges(
    node: Node,
    expected: { sizeBytes: number; attributes: Attributes },
    ranges: readonly { readonly offset: number; readonly length: number }[],
  ): void {
    if (node.inode === 0 && !this.#pulls.has(node.id)) return this.stage(node, expected);
    const pull = this.#pulls.get(node.id) ?? this.#begin(node, 'inPlace', expected);
    this.#expect(node.id, expected);
    for (const { offset, length } of ranges) pull.plan.want(offset, length);
    this.#count(pull);
    this.#queue.add(pull);
    if (pull.plan.isComplete && pull.kind === 'inPlace') this.#finish(pull);
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
  write(
    node: Node,
    change: { offset: number; content: Uint8Array; sizeBytes: number; attributes: Attributes },
  ): boolean {
    const pull = this.#pulls.get(node.id);
    if (pull === undefined) return false;
    if (pull.kind === 'whole') {
      // It was small and is large now: what was to come in one piece comes in many.
      this.cancel(node.id);
      if (node.inode === 0) this.stage(node, change);
      else this.#replica.doubt(node);
      return node.inode === 0;
    }
    this.#expect(node.id, change);
    if (pull.kind === 'inPlace') return false;
    const file = this.#openStaged(node, OPEN.readWrite);
    if (file === null) return true;
    try {
      if (change.content.length > 0) this.#replica.files.write(file, change.content, change.offset);
    } finally {
      this.#replica.files.close(file);
    }
    return true;
  }

  /** The content to compare ranges with; to be closed by the caller; null where there is none. */
  openContent(node: Node): number | null {
    if (this.#pulls.get(node.id)?.kind === 'staged') return this.#openStaged(node, OPEN.readOnly);
    const first = this.#replica.firstName(node);
    if (first === null) return null;
    try {
      const folder = this.#replica.folders.open(first.parent);
      return this.#replica.files.openAt(folder, first.name, OPEN.readOnly | OPEN.nonBlocking | OPEN.noAccessTime);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    }
  }

  /** Nothing more is awaited for the node; what was staged is removed. */
  cancel(id: NodeId): void {
    const pull = this.#pulls.get(id);
    if (pull === undefined) return;
    this.#end(pull);
    this.#removeStandIn(pull);
    if (pull.kind === 'staged') this.#removeStaged(pull.node);
  }

  /** A node that is not here yet gets another name; the file it replaces stands in for it meanwhile. */
  moveName(node: Node, from: Name, to: Name, replaced: Node | undefined): void {
    const pull = this.#pulls.get(node.id);
    if (pull === undefined) return;
    this.dropName(node, from);
    this.#replica.attempt(node, () => {
      const at = { folder: this.#replica.folders.open(to.parent), name: to.name };
      if (replaced === undefined) return;
      if (replaced.type !== 'file' || !this.#presence.holds(replaced, at, this.#stat))
        return this.#removal.remove(replaced, to);
      pull.standIn = { name: to, inode: replaced.inode };
    });
  }

  /** A name of the node is gone: so is what stood in for it there. */
  dropName(node: Node, name: Name): void {
    const pull = this.#pulls.get(node.id);
    if (pull?.standIn?.name.parent !== name.parent || pull.standIn.name.name !== name.name) return;
    this.#removeStandIn(pull);
  }

  /** The tree no longer has what stands in: after a restart it is to be known as ours. */
  ownStandIns(): void {
    for (const { node, standIn } of this.#pulls.values()) if (standIn !== null) this.#replica.own(node, standIn.inode);
  }

  /** The connection broke: everything asked for is to be asked for again. */
  lost(): void {
    this.#askedBytes = 0;
    this.#askedRequests = 0;
    this.#unwanted.clear();
    for (const pull of this.#pulls.values()) {
      pull.asked = { requests: 0, bytes: 0 };
      pull.plan.lost();
      this.#queue.add(pull);
    }
  }

  /** Asks for more, as far as the bounds on what is under way allow. */
  pump(): void {
    const requests: PullRequest[] = [];
    for (const pull of this.#queue) {
      if (!this.#ask(pull, requests)) break;
      this.#queue.delete(pull);
    }
    if (requests.length > 0) this.#replica.host.pull(requests);
  }

  answer(answer: PullAnswer): void {
    if (this.#isUnwanted(answer.node)) return;
    const pull = this.#pulls.get(answer.node);
    if (pull === undefined || !pull.plan.arrived(answer.offset)) return;
    this.#arrived(pull);
    this.#count(pull);
    if (answer.failure !== null) return this.#failed(pull, answer.failure);
    this.#replica.attempt(pull.node, () => {
      if (pull.kind === 'whole') return this.#makeWhole(pull, answer);
      this.#takeRange(pull, answer);
      if (pull.plan.isComplete) this.#finish(pull);
      else this.#queue.add(pull);
    });
  }

  #begin(node: Node, kind: PullKind, expected: { sizeBytes: number; attributes: Attributes }): Pull {
    const plan = new PullPlan(expected.sizeBytes, expected.attributes);
    const asked = { requests: 0, bytes: 0 };
    const pull: Pull = {
      node,
      kind,
      plan,
      expected: expected.sizeBytes,
      asked,
      bytesCounted: 0,
      unproven: false,
      changed: false,
      standIn: null,
    };
    this.#pulls.set(node.id, pull);
    this.#queue.add(pull);
    this.#replica.marks.set(node.id, 'Out of sync');
    return pull;
  }

  #end(pull: Pull): void {
    const { id } = pull.node;
    if (this.#pulls.get(id) !== pull) return;
    this.#pulls.delete(id);
    this.#queue.delete(pull);
    this.#bytesWaiting -= pull.bytesCounted;
    if (pull.asked.requests > 0) this.#unwanted.set(id, (this.#unwanted.get(id) ?? 0) + pull.asked.requests);
    this.#askedBytes -= pull.asked.bytes;
    this.#askedRequests -= pull.asked.requests;
  }

  #count(pull: Pull): void {
    if (this.#pulls.get(pull.node.id) !== pull) return;
    const bytes = pull.plan.bytesWaiting;
    this.#bytesWaiting += bytes - pull.bytesCounted;
    pull.bytesCounted = bytes;
  }

  #isUnwanted(id: NodeId): boolean {
    const count = this.#unwanted.get(id);
    if (count === undefined) return false;
    if (count === 1) this.#unwanted.delete(id);
    else this.#unwanted.set(id, count - 1);
    return true;
  }

  #ask(pull: Pull, requests: PullRequest[]): boolean {
    for (;;) {
      if (this.#askedBytes >= BYTES_ASKED_MAX || this.#askedRequests >= REQUESTS_ASKED_MAX) return false;
      const range = pull.plan.next();
      if (range === null) return true;
      requests.push({ node: pull.node.id, ...range });
      const bytes = weightOf(pull);
      pull.asked.bytes += bytes;
      pull.asked.requests++;
      this.#askedBytes += bytes;
      this.#askedRequests++;
    }
  }

  #arrived(pull: Pull): void {
    if (pull.asked.requests === 0) return;
    const bytes = pull.asked.bytes / pull.asked.requests;
    pull.asked.bytes -= bytes;
    pull.asked.requests--;
    this.#askedBytes -= bytes;
    this.#askedRequests--;
  }

  /** `gone` is no failure: the record of it is on its way; until then the item is not known to be equal. */
  #failed(pull: Pull, failure: string): void {
    const { node } = pull;
    this.cancel(node.id);
    if (failure === 'gone' || failure === 'ENOENT') return this.#replica.marks.retryLater(node.id);
    this.#replica.failed(node, new FileError({ code: failure, call: 'reading on the active server', path: '' }));
  }

  #makeWhole(pull: Pull, answer: PullAnswer): void {
    const { node } = pull;
    this.#end(pull);
    const isWhole = answer.content.length === answer.sizeBytes;
    if (!isWhole || answer.sizeBytes > INLINE_BYTES_MAX) return this.#replica.doubt(node);
    this.#content.put(node, answer.content, answer.attributes);
    if (answer.sizeBytes !== pull.expected) this.#replica.recheck(node.id);
  }

  #takeRange(pull: Pull, answer: PullAnswer): void {
    const { files } = this.#replica;
    pull.plan.attributes = answer.attributes;
    if (answer.sizeBytes !== pull.plan.sizeBytes) pull.changed = true;
    if (pull.kind === 'inPlace') {
      const { offset, content, attributes } = answer;
      const sizeBytes = pull.plan.sizeBytes;
      const kept = content.subarray(0, Math.max(0, sizeBytes - offset));
      if (!this.#content.write(pull.node, { offset, content: kept, attributes, sizeBytes })) this.#restage(pull);
      return;
    }
    // A new file is all holes: zeros need not be written.
    if (!pull.unproven && isZero(answer.content)) return;
    const file = this.#openStaged(pull.node, OPEN.readWrite);
    if (file === null) return this.#restage(pull);
    try {
      files.write(file, answer.content, answer.offset);
    } finally {
      files.close(file);
    }
  }

  /** What was there is gone: begin with nothing. */
  #restage(pull: Pull): void {
    const { sizeBytes, attributes } = pull.plan;
    this.cancel(pull.node.id);
    this.#replica.recordAbsent(pull.node);
    this.stage(pull.node, { sizeBytes, attributes });
  }

  #finish(pull: Pull): void {
    const { node } = pull;
    if (pull.unproven) return this.#replica.recheck(node.id);
    if (!this.#pulls.has(node.id)) return;
    this.#replica.attempt(node, () => {
      if (pull.kind === 'staged') this.#publish(pull);
      else if (!this.#finishInPlace(pull)) return this.#restage(pull);
      this.#end(pull);
      this.#replica.unmark(node);
      if (pull.changed) this.#replica.doubt(node);
    });
  }

  #finishInPlace({ node, plan }: Pull): boolean {
    const nothing = new Uint8Array(0);
    return this.#content.write(node, {
      offset: 0,
      content: nothing,
      sizeBytes: plan.sizeBytes,
      attributes: plan.attributes,
    });
  }

  #publish(pull: Pull): void {
    const { files } = this.#replica;
    const { node, plan } = pull;
    const file = files.openAt(this.#stagedAt(node).folder, this.#stagedAt(node).name, OPEN.readWrite);
    try {
      files.setSize(file, plan.sizeBytes);
      this.#content.dress(file, plan.attributes);
    } finally {
      files.close(file);
    }
    const standIn = pull.standIn;
    const first = this.#replica.firstName(node);
    const stands =
      standIn !== null && first !== null && standIn.name.parent === first.parent && standIn.name.name === first.name;
    if (!stands) this.#removeStandIn(pull);
    this.#content.publish(node, this.#stagedAt(node), stands ? standIn.inode : 0);
    pull.standIn = null;
  }

  #expect(id: NodeId, expected: { sizeBytes: number; attributes: Attributes }): void {
    const pull = this.#pulls.get(id);
    if (pull === undefined) return;
    pull.plan.attributes = expected.attributes;
    if (expected.sizeBytes === pull.plan.sizeBytes) return;
    pull.plan.resize(expected.sizeBytes, pull.kind === 'staged' && !pull.unproven);
    this.#count(pull);
    this.#queue.add(pull);
    if (pull.kind !== 'staged') return;
    const file = this.#openStaged(pull.node, OPEN.readWrite);
    if (file === null) return;
    try {
      this.#replica.files.setSize(file, expected.sizeBytes);
    } finally {
      this.#replica.files.close(file);
    }
  }

  #stagedAt(node: Node): NameAt {
    return { folder: this.#replica.stashOf(node).staging, name: stagedName(node.id) };
  }

  #openStaged(node: Node, flags: number): number | null {
    const at = this.#stagedAt(node);
    try {
      return this.#replica.files.openAt(at.folder, at.name, flags);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  #removeStaged(node: Node): void {
    try {
      const at = this.#stagedAt(node);
      this.#replica.files.unlinkAt(at.folder, at.name);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }

  /** After a crash the file may be whole under its name already: begin with that instead of with nothing. */
  #takeOverOwn(node: Node, staged: NameAt): void {
    const { files } = this.#replica;
    const first = this.#replica.firstName(node);
    if (first === null) return;
    const at = { folder: this.#replica.folders.open(first.parent), name: first.name };
    if (!files.statAt(at.folder, at.name, this.#stat) || typeOf(this.#stat) !== 'file' || this.#stat.linkCount > 1)
      return;
    if (!this.#presence.isOwn(first.parent, this.#stat) || this.#replica.known(this.#stat) !== undefined) return;
    files.renameAt(at, staged);
    this.#replica.touch(first.parent);
  }

  #removeStandIn(pull: Pull): void {
    const { standIn } = pull;
    if (standIn === null) return;
    pull.standIn = null;
    const { files, folders } = this.#replica;
    this.#replica.attempt(pull.node, () => {
      const folder = folders.open(standIn.name.parent);
      const there = files.statAt(folder, standIn.name.name, this.#stat) && this.#stat.inode === standIn.inode;
      if (there) files.unlinkAt(folder, standIn.name.name);
    });
  }
}

function weightOf(pull: Pull): number {
  const content = pull.kind === 'whole' ? Math.min(pull.plan.sizeBytes, INLINE_BYTES_MAX) : RANGE_BYTES;
  return content + REQUEST_OVERHEAD_BYTES;
}

function stagedName(id: NodeId): ByteString {
  return fromText(`node-${String(id)}`);
}

function isZero(content: Uint8Array): boolean {
  return content[0] === 0 && Buffer.compare(content.subarray(1), content.subarray(0, content.length - 1)) === 0;
}
