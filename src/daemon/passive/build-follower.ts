import type { Apply } from '../../apply/apply.ts';
import { INLINE_BYTES_MAX, type NodeId } from '../../changes/change.ts';
import { type Difference, nodeOf } from '../../changes/difference.ts';
import type { NodeTree } from '../../changes/node-tree.ts';
import type { ProtectedSet } from '../../changes/protected-set.ts';
import { Verifier } from '../../check/verifier.ts';
import { type ByteString, toDisplay } from '../../kernel/byte-string.ts';
import type { Files } from '../../kernel/files.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { pageAligned } from '../../system/files/aligned-buffer.ts';
import { hashContent } from '../../system/files/content-hash.ts';
import { CheckFollower, type ComparisonSink } from './check-follower.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { FirstPairing } from './first-pairing.ts';
import { type LeftAlone, pathOfDifference } from './left-alone.ts';
import { NewerHere } from './newer-here.ts';
import { isOnItsWay } from './on-its-way.ts';
import type { RepairNews } from './repair-news.ts';
import type { StreamStart } from '../stream/thread-messages.ts';

interface FollowerParts {
  readonly files: Files;
  readonly now: () => MonotonicMs;
  readonly tree: NodeTree;
  readonly set: ProtectedSet;
  readonly base: ByteString;
  readonly apply: Apply;
  readonly firstPairing: FirstPairing;
  readonly leftAlone: LeftAlone;
  readonly news: RepairNews;
  readonly outlets: EngineOutlets;
  readonly start: StreamStart;
  /** Makes what is known of the copy durable. */
  readonly saveNow: () => void;
}

/** The comparing half of the check, with everything its findings go to. */
export function buildFollower(parts: FollowerParts): CheckFollower {
  const { files, tree, apply, firstPairing, leftAlone, outlets } = parts;
  const buffer = pageAligned(INLINE_BYTES_MAX);
  const newer = new NewerHere({ files, tree, base: parts.base });
  const follower: CheckFollower = new CheckFollower({
    compare: (sink) => verifierFor(parts, sink, buffer),
    repair: (difference, isNews) => {
      const isVerified = follower.verification === 'done';
      const isArriving = (node: NodeId): boolean => apply.isArriving(node);
      const isComing = isOnItsWay(difference, { tree, isArriving, isVerified });
      parts.news.about(isNews && isKnown(tree, difference) && !isComing);
      leftAlone.repairing(difference);
      apply.repair(difference);
      parts.news.about(true);
    },
    resync: (what) => {
      const { resync } = apply;
      if (resync.mixed === (what === 'changes')) return;
      resync.mixed = what === 'changes';
      // Known before the first change, whatever happens then.
      if (resync.mixed) parts.saveNow();
    },
    isAppliedAsOne: () => apply.resync.batch === 'applying',
    mayRepair: () => !firstPairing.isOpen && !apply.brake.isHeld,
    told: (difference, check) => {
      if (firstPairing.isOpen) firstPairing.found(difference, shownPath(tree, difference), newer.isNewer(difference));
      if (!isBeingRepaired(apply, difference)) leftAlone.found(difference, check);
    },
    pathOf: (difference) => shownPath(tree, difference),
    waiting: () => {
      const { pullsWaiting: items, bytesWaiting: bytes, pullsFrom: from, pullsTo: to } = apply.counts;
      return { items, bytes, from, to };
    },
    turnedTo: (check, repairs, isPartial) => apply.turnToCheck(check, repairs, isPartial),
    onlyHere: () => apply.border.takeStrangers(),
    finishOrphans: (check) => apply.finishOrphans(check),
    refused: (counts) => apply.countRefused(counts),
    ended: (outcome) => {
      parts.news.checkEnded();
      leftAlone.checkEnded(outcome);
      if (outcome.complete && outcome.finished && outcome.repair) {
        apply.brake.verified();
        if (follower.verification === 'done') apply.disk.proven();
      }
      outlets.toMain({ kind: 'checkEnded', outcome });
      if (outcome.complete) previewed(parts, outcome.finished);
    },
    mustReadAll: () => apply.disk.unproven,
    now: parts.now,
  });
  return follower;
}

/** What it finds equal, Apply and the items left alone hear at once. */
function verifierFor(parts: FollowerParts, sink: ComparisonSink, buffer: Uint8Array): Verifier {
  const { files, apply, leftAlone } = parts;
  // What the kernel remembers may be what never came to the disk.
  const fromDisk = (file: number): void => {
    if (apply.disk.unproven) files.forgetCached(file);
  };
  return new Verifier({
    files,
    tree: parts.tree,
    protectedSet: parts.set,
    base: parts.base,
    hash: hashContent,
    buffer,
    opened: fromDisk,
    sink: {
      stated: (folder, entries) => apply.folders.stated(folder, entries),
      equal: (parent, entry, stat, proof) => {
        if (proof === 'whole') leftAlone.equal(parent, entry);
        apply.equal(parent, entry, stat, proof);
      },
      equalFolder: (folder, attributes, isWhole) => {
        leftAlone.equalFolder(folder);
        apply.folders.equal(folder, attributes, isWhole);
      },
      doubts: (folder) => apply.folders.doubtsOf(folder),
      differs: (difference) => sink.differs(difference),
      refused: (folder, error) => apply.folders.refused(folder, error),
      progress: (items, bytes) => sink.progress(items, bytes),
    },
    content: {
      open: (node) => {
        const file = apply.openContent(node);
        if (file !== null) fromDisk(file);
        return file;
      },
      isAwaited: (node, offset) => apply.awaits(node, offset),
    },
  });
}

/** The preview of a first pairing is through: go on by itself where nothing would be lost, ask otherwise. */
function previewed(
  options: { firstPairing: FirstPairing; outlets: EngineOutlets; start: StreamStart },
  finished: boolean,
): void {
  const { firstPairing, outlets, start } = options;
  if (!firstPairing.isOpen) return;
  const [source, target] = start.identity === 'primary' ? ['secondary', 'primary'] : ['primary', 'secondary'];
  const problem = firstPairing.end({ folder: start.include.join(', '), source, target }, finished);
  if (problem === null) return;
  const action = 'Replicate, and move what is replaced into the quarantine.';
  outlets.toMain({ kind: 'problem', problem, item: null, evidence: firstPairing.evidence, action });
}

/** Is it known already that this differs, so that it is repaired without a check? */
function isBeingRepaired(apply: Apply, difference: Difference): boolean {
  const node = nodeOf(difference);
  return node !== null && apply.markOf(node) !== undefined;
}

/** Was the item here before? What a first copy brings is no difference worth telling. */
function isKnown(tree: NodeTree, difference: Difference): boolean {
  if (difference.kind !== 'missing') return true;
  return tree.get(difference.parent)?.children?.has(difference.entry.name) === true;
}

function shownPath(tree: NodeTree, difference: Difference): string {
  const path = pathOfDifference(tree, difference);
  return path === null ? '(gone)' : toDisplay(path);
}
