import { Apply } from '../apply/apply.ts';
import { Guard } from '../apply/guard.ts';
import type { ApplyEvent } from '../apply/host.ts';
import { openApplyStore } from '../apply/sql-store.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import type { PullRequest } from '../changes/data-frame.ts';
import type { Difference } from '../changes/difference.ts';
import { NodeTree } from '../changes/node-tree.ts';
import { type ProtectedSet, protectedSet } from '../changes/protected-set.ts';
import { Verifier } from '../check/verifier.ts';
import { openJournal } from '../journal/journal.ts';
import { type ByteString, fromText, joinPath, toDisplay } from '../kernel/byte-string.ts';
import { FileError, type Files } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { pageAligned } from '../system/aligned-buffer.ts';
import { hashContent } from '../system/content-hash.ts';
import { CheckFollower } from './check-follower.ts';
import type { EngineOutlets } from './engine.ts';
import type { EngineMachine } from './engine-machine.ts';
import { FirstPairing } from './first-pairing.ts';
import { Meddling } from './meddling.ts';
import { NewerHere } from './newer-here.ts';
import { describeWriter } from './describe-writer.ts';
import { answerPassive } from './passive-queries.ts';
import { PassiveEngine } from './passive-engine.ts';
import { problemEvent } from './problem-event.ts';
import { RecheckRequests } from './recheck-requests.ts';
import type { StreamStart } from './thread-messages.ts';
import { RepairNews } from './repair-news.ts';
import { watchableFolders } from './watchable-folders.ts';

/** Puts the passive server's half together from the modules of the stream. */
export function buildPassive(start: StreamStart, outlets: EngineOutlets, machine: EngineMachine): PassiveEngine {
  const { files, clock } = machine;
  const tree = new NodeTree();
  const set = protectedSet({ include: start.include.map(fromText), exclude: start.exclude.map(fromText) });
  const base = fromText(start.base === '/' ? '' : start.base);
  const now = () => clock.monotonicMs();
  const rechecks = new RecheckRequests();
  const pulls: PullRequest[] = [];
  const meddling = new Meddling({ toMain: (message) => outlets.toMain(message), now, describe: describeWriter });
  const news = new RepairNews((message) => outlets.toMain(message));
  const note = (event: ApplyEvent): void => {
    if (event.kind === 'meddled') meddling.seen(toDisplay(event.path), event.what, event.processId);
    else news.take(event);
  };
  const apply = new Apply({
    files,
    tree,
    store: openApplyStore(machine.databaseIn(`${start.stateDirectory}/applied.sqlite`), (problem) => {
      outlets.toMain({ kind: 'event', event: problemEvent(problem) });
    }),
    protectedSet: set,
    base,
    orphans: start.orphans,
    quarantineBytesMax: start.quarantineBytesMax,
    hash: hashContent,
    clock,
    host: { pull: (requests) => void pulls.push(...requests), recheck: (node) => rechecks.node(node), note },
  });
  if (!apply.adopted && isEmpty(files, base, set)) apply.adopted = true;
  const journal = openJournal({
    files,
    directory: `${start.queueDirectory}/receive`,
    clock,
    onDamage: (problem) => outlets.toMain({ kind: 'event', event: problemEvent(problem) }),
  });
  const firstPairing = new FirstPairing({
    open: !apply.adopted,
    adopt: () => {
      apply.adopted = true;
    },
  });
  const opened = machine.openNotices(watchableFolders(files, base, set));
  if (opened.problem !== null) tellProblem(outlets, opened.problem);
  const follower = followerOf({ files, now, tree, set, base, apply, firstPairing, news, outlets, start });
  const onLost = (): void => {
    engine.distrust();
    outlets.toMain({ kind: 'checkWanted', reason: 'the kernel dropped notices of changes on the passive server' });
  };
  const recheckPath = (path: ByteString): void => rechecks.path(path);
  const { source: notices } = opened;
  const ownProcessId = machine.processId;
  const guard = new Guard({ files, notices, tree, protectedSet: set, base, apply, ownProcessId, onLost, recheckPath });
  const engine = new PassiveEngine({
    journal,
    apply,
    guard,
    noticeDescriptor: opened.source.descriptor,
    follower,
    firstPairing,
    outlets,
    rechecks,
    meddling,
    pulls: { take: () => pulls.splice(0) },
    now,
    query: (query) => {
      const isVerified = follower.verification === 'done';
      return answerPassive({
        query,
        apply,
        files,
        hash: hashContent,
        base: start.base,
        isVerified,
        told: follower.told,
      });
    },
  });
  return engine;
}

function tellProblem(outlets: EngineOutlets, problem: ProblemData): void {
  outlets.toMain({ kind: 'problem', problem, item: null, evidence: [], action: null });
}

function followerOf(options: {
  files: Files;
  now: () => MonotonicMs;
  tree: NodeTree;
  set: ProtectedSet;
  base: ByteString;
  apply: Apply;
  firstPairing: FirstPairing;
  news: RepairNews;
  outlets: EngineOutlets;
  start: StreamStart;
}): CheckFollower {
  const { files, tree, apply, firstPairing, outlets } = options;
  const buffer = pageAligned(INLINE_BYTES_MAX);
  const newer = new NewerHere({ files, tree, base: options.base });
  return new CheckFollower({
    compare: (sink) =>
      new Verifier({
        files,
        tree,
        protectedSet: options.set,
        base: options.base,
        hash: hashContent,
        buffer,
        sink: {
          equal: (parent, entry, stat, contentFollows) => apply.equal(parent, entry, stat, contentFollows),
          equalFolder: (folder, attributes) => apply.equalFolder(folder, attributes),
          differs: (difference) => sink.differs(difference),
          progress: (items, bytes) => sink.progress(items, bytes),
        },
        openContent: (node) => apply.openContent(node),
      }),
    repair: (difference, isNews) => {
      options.news.about(isNews && isKnown(tree, difference));
      apply.repair(difference);
      options.news.about(true);
    },
    mayRepair: () => !firstPairing.isOpen,
    told: (difference) => {
      if (firstPairing.isOpen) firstPairing.found(difference, pathOf(tree, difference), newer.isNewer(difference));
    },
    pathOf: (difference) => pathOf(tree, difference),
    waiting: () => ({ items: apply.counts.pullsWaiting, bytes: apply.counts.bytesWaiting }),
    turnedTo: (check, repairs) => apply.turnToCheck(check, repairs),
    finishOrphans: (check) => apply.finishOrphans(check),
    ended: (outcome) => {
      options.news.checkEnded();
      outlets.toMain({ kind: 'checkEnded', outcome });
      if (outcome.complete) previewed(options, outcome.finished);
    },
    now: options.now,
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

/** Was the item here before? What a first copy brings is no difference worth telling. */
function isKnown(tree: NodeTree, difference: Difference): boolean {
  if (difference.kind !== 'missing') return true;
  return tree.get(difference.parent)?.children?.has(difference.entry.name) === true;
}

/** The item a difference is about. */
function pathOf(tree: NodeTree, difference: Difference): string {
  const name = 'name' in difference ? difference.name : 'entry' in difference ? (difference.entry?.name ?? null) : null;
  const parent = 'parent' in difference && difference.parent !== null ? tree.get(difference.parent) : undefined;
  if (parent !== undefined && name !== null)
    return toDisplay(joinPath(tree.pathOf(parent) ?? ('' as ByteString), name));
  const node = 'node' in difference ? tree.get(difference.node) : undefined;
  const path = node === undefined ? null : tree.pathOf(node);
  return path === null ? '(gone)' : toDisplay(path);
}

/** Does the passive server hold nothing under any protected folder? What is not covered does not count. */
function isEmpty(files: Files, base: ByteString, set: ProtectedSet): boolean {
  return set.folders.every(({ path }) => {
    let folder: number;
    try {
      folder = files.openFolder((base + path) as ByteString);
    } catch (error) {
      if (error instanceof FileError && error.code === 'ENOENT') return true;
      throw error;
    }
    const names = files.list(folder);
    files.close(folder);
    return !names.some((name) => set.covers(joinPath(path, name), false) || set.covers(joinPath(path, name), true));
  });
}
