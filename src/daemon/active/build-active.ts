import { Capture } from '../../capture/capture.ts';
import type { CaptureReport } from '../../capture/troubles.ts';
import { isComplete } from '../../check/scan-plan.ts';
import { Scanner } from '../../check/scanner.ts';
import { INLINE_BYTES_MAX, type Change } from '../../changes/change.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { ChangingSet, patternsOf } from '../../changes/changing-set.ts';
import { ActivityLog } from '../../journal/activity-log.ts';
import type { Flushes } from './flushes.ts';
import { interceptedFolders } from './intercepted-folders.ts';
import { openJournal } from '../../journal/journal.ts';
import { type ByteString, fromText, toDisplay } from '../../kernel/byte-string.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { FileError, Files } from '../../kernel/files.ts';
import type { NoticeSource } from '../../kernel/notices.ts';
import type { ProblemData } from '../../problems/problem.ts';
import { pageAligned } from '../../system/files/aligned-buffer.ts';
import { systemRandom } from '../../system/machine/random.ts';
import { hashContent } from '../../system/files/content-hash.ts';
import { ActiveEngine } from './active-engine.ts';
import type { ActiveEngineOptions } from './active-engine-options.ts';
import { answerActive } from './active-queries.ts';
import { changedPaths, suspectsOf } from './changed-paths.ts';
import { CheckPace } from './check-pace.ts';
import type { CheckProducer } from './check-producer.ts';
import { excludedFolders } from './excluded-folders.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { EngineMachine } from '../stream/engine-machine.ts';
import { knownThrough, plainNoMore } from '../interception/known-through.ts';
import { tellingPast } from '../stream/notices-past.ts';
import { queueSpace } from '../stream/queue-bound.ts';
import { SendQueue } from './send-queue.ts';
import type { FromStream, StreamInterception, StreamStart } from '../stream/thread-messages.ts';
import { UnreadItems } from '../status/unread-items.ts';
import { UnreadableItems } from './unreadable-items.ts';
import { watchableFolders } from '../stream/watchable-folders.ts';

/** Puts the active server's half together from the modules of the stream. */
export function buildActive(start: StreamStart, outlets: EngineOutlets, machine: EngineMachine): ActiveEngine {
  const { files, clock } = machine;
  const tree = new NodeTree(Math.floor(systemRandom() * 2 ** 32));
  const set = new ChangingSet(patternsOf(start));
  const base = fromText(start.base === '/' ? '' : start.base);
  const { interception } = start;
  // What it does in intercepted folders it does for applications, and records.
  const opened = machine.openNotices(watchableFolders(files, base, set, interception), interception !== null);
  const notices = interception === null ? opened.source : seenPast(opened.source, interception, outlets);
  const intercepted = interceptedFolders(interception, { epoch: start.epoch, tree, set, clock, start });
  const { flushes } = intercepted;
  const missing = new Set<ByteString | null>();
  const problem = (data: ProblemData, item: ByteString | null): void => {
    if (data.code === 'CAP-001') missing.add(item);
    tellProblem(outlets, data, item);
  };
  if (opened.problem !== null) problem(opened.problem, null);
  // What an earlier run of this worker told is over.
  for (const code of ['L9', 'SYS-010', 'SYS-011'] as const) outlets.toMain({ kind: 'clearedAll', code });
  const queue = openSendQueue(start, machine);
  const pace = new CheckPace(start.checkBytesPerSecondMax, () => outlets.linkRoom(), clock.monotonicMs());
  const unreadable = unreadableItems(tree, outlets);
  const unread = new UnreadItems(tree, unreadable);
  const onRefused = (error: FileError | null): void => activityRefused(error).forEach((told) => outlets.toMain(told));
  const activity = new ActivityLog({ files, folder: start.stateDirectory, bootId: machine.bootId, onRefused });
  const answering = { tree, unread, changed: () => activity.changedItems, files, hash: hashContent, base: start.base };
  return new ActiveEngine({
    serverId: start.serverId,
    epoch: start.epoch,
    onStart: start.onStart,
    tree,
    queue,
    noticeDescriptor: opened.source.descriptor,
    outlets,
    pace,
    operations: intercepted.operations,
    flushes,
    excluded: excludedFolders(interception, set.patterns),
    peerSpeaks: intercepted.peerSpeaks,
    captureKinds: intercepted.captureKinds,
    foldersMissing: () => missing.size,
    suspects: () => suspectsOf(tree, activity.suspects),
    itemsUnread: () => unread.count,
    borderMoved: () => unreadable.forgetAllBut((path) => set.covers(path, true) || set.covers(path, false)),
    readableAgain: (now) => unreadable.takeDue(now),
    query: (query) => answerActive({ query, ...answering }),
    now: () => clock.monotonicMs(),
    changed: noteChanges({ activity, tree, unreadable, clock, flushes }),
    activity,
    capture: (emit, lost) =>
      intercepted.bind(
        new Capture({
          files,
          notices,
          tree,
          protectedSet: set,
          base,
          hash: hashContent,
          clock,
          sink: intercepted.sink(emit),
          report: captureReport({ outlets, missing, problem, lost, flushes }),
        }),
      ),
    checks: (capture, emit) => {
      const sink = intercepted.sink(emit);
      const parts = { files, clock, tree, set, base, capture, problem, unreadable, unread, pace };
      return checkProducer({ ...parts, emit: (change) => sink.emit(change) });
    },
  });
}

/** What is changed past mounts is to be seen through them. */
function seenPast(source: NoticeSource, { folders }: StreamInterception, outlets: EngineOutlets): NoticeSource {
  const isPlainNoMore = plainNoMore(folders);
  return tellingPast(source, {
    mayBeKnown: knownThrough(folders),
    tell(changes) {
      for (const { node } of changes) isPlainNoMore(node);
      outlets.toMain({ kind: 'changedPast', changes });
    },
  });
}

function noteChanges(to: {
  activity: ActivityLog;
  tree: NodeTree;
  unreadable: UnreadableItems;
  clock: Clock;
  flushes: Flushes;
}): ActiveEngineOptions['changed'] {
  return (change, position) => {
    to.flushes.told(change, position);
    to.activity.note(change, position);
    const now = to.clock.monotonicMs();
    for (const path of changedPaths(to.tree, change)) {
      to.activity.changed(path, position, now);
      to.unreadable.changed(path);
    }
  };
}

/** Each start begins an epoch, with a check: what an earlier run had queued is never sent. */
function openSendQueue(start: StreamStart, machine: EngineMachine): SendQueue {
  const directory = `${start.queueDirectory}/send`;
  const { files, clock } = machine;
  const journal = openJournal({ files, directory, lasting: null, clock });
  return new SendQueue({ journal, directory, space: queueSpace(start, machine) });
}

/** What changed is known all the same; only a crash would forget it. */
function activityRefused(error: FileError | null): FromStream[] {
  const codes = ['SYS-010', 'SYS-011'] as const;
  if (error === null) return codes.map((code) => ({ kind: 'cleared', code, item: null }));
  const parameters = { what: 'the list of what changed', reason: `${error.call} gave ${error.code}` };
  const problem = { code: error.isNoSpace ? codes[0] : codes[1], parameters };
  return [{ kind: 'problem', problem, item: null, evidence: [], action: null }];
}

function captureReport(to: {
  outlets: EngineOutlets;
  missing: Set<ByteString | null>;
  problem: CaptureReport['problem'];
  lost: CaptureReport['lost'];
  flushes: Flushes;
}): CaptureReport {
  const { problem } = to;
  const lost: CaptureReport['lost'] = (reason) => {
    to.flushes.lost(reason);
    to.lost(reason);
  };
  const cleared: CaptureReport['cleared'] = (code, item) => {
    if (code === 'CAP-001') to.missing.delete(item);
    to.outlets.toMain({ kind: 'cleared', code, item: item === null ? null : toDisplay(item) });
  };
  return { problem, cleared, lost };
}

function tellProblem(outlets: EngineOutlets, { code, parameters }: ProblemData, item: ByteString | null): void {
  outlets.toMain({
    kind: 'problem',
    problem: { code, parameters },
    item: item === null ? null : toDisplay(item),
    evidence: [],
    action: null,
  });
}

function unreadableItems(tree: NodeTree, outlets: EngineOutlets): UnreadableItems {
  return new UnreadableItems({
    cleared: (code, item) => outlets.toMain({ kind: 'cleared', code, item: toDisplay(item) }),
    clearedAllBut: (code, items) => outlets.toMain({ kind: 'clearedAll', code, but: items.map(toDisplay) }),
    pathsOf: (id) => {
      const node = tree.get(id);
      if (node === undefined) return [];
      const names = node.parent === null ? [] : tree.namesOf(node);
      return [tree.pathOf(node), ...names.map((name) => tree.pathOfName(name))].filter((path) => path !== null);
    },
  });
}

function checkProducer(options: {
  files: Files;
  clock: Clock;
  tree: NodeTree;
  set: ChangingSet;
  base: ReturnType<typeof fromText>;
  capture: Capture;
  emit: (change: Change) => void;
  problem: (problem: ProblemData, item: ByteString | null) => void;
  unreadable: UnreadableItems;
  unread: UnreadItems;
  pace: CheckPace;
}): CheckProducer {
  options.unread.capture = options.capture;
  const buffer = pageAligned(INLINE_BYTES_MAX);
  const now = () => options.clock.monotonicMs();
  return {
    start: (request) => {
      // Counted at the same position at which the check begins.
      if (isComplete(request)) options.capture.tellFolders();
      const unreadable = options.unreadable.begin(request);
      const scanner = new Scanner({
        files: options.files,
        tree: options.tree,
        protectedSet: options.set,
        base: options.base,
        hash: hashContent,
        look: (folder, name) => options.capture.look(folder, name),
        emit: options.emit,
        request,
        buffer,
        onRead: (bytes) => options.pace.read(bytes),
        isSpent: () => options.pace.isSpent,
        problem: (problem, item) => {
          unreadable.found(item, String(problem.parameters['error']));
          options.problem(problem, item);
        },
        leftOut: (path, names) => options.capture.leftOut(path, names),
      });
      let isGivenUp = false;
      const step = (budgetMs: number): boolean => {
        const isDone = scanner.step(budgetMs, now);
        if (isDone && !isGivenUp) unreadable.ended();
        return isDone;
      };
      const close = (): void => {
        isGivenUp = true;
        scanner.abandon();
      };
      return { step, close };
    },
  };
}
