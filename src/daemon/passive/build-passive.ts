import { Apply } from '../../apply/apply.ts';
import type { ApplyOptions } from '../../apply/apply-options.ts';
import { Guard } from '../../apply/guard.ts';
import type { ApplyEvent, ApplyHost } from '../../apply/host.ts';
import { openApplyStore } from '../../apply/sql-store.ts';
import type { PullRequest } from '../../changes/data-frame.ts';
import { NodeTree } from '../../changes/node-tree.ts';
import { ChangingSet, type Patterns, patternsOf } from '../../changes/changing-set.ts';
import type { ProtectedSet } from '../../changes/protected-set.ts';
import { openJournal } from '../../journal/journal.ts';
import { type ByteString, fromText, joinPath, toDisplay } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { FileError, type Files } from '../../kernel/files.ts';
import type { ProblemData } from '../../problems/problem.ts';
import { refusalOf } from '../../settings/forbidden-folders.ts';
import { patternFault } from '../../settings/path-pattern.ts';
import { hashContent } from '../../system/files/content-hash.ts';
import { systemRandom } from '../../system/machine/random.ts';
import { saidOfDifference } from './apply-events.ts';
import { buildBatch } from './build-batch.ts';
import { buildFollower } from './build-follower.ts';
import { ContentLine } from './content-line.ts';
import { DiskWaits } from './disk-waits.ts';
import { StandStill } from './stand-still.ts';
import type { EngineOutlets } from '../stream/engine.ts';
import type { EngineMachine } from '../stream/engine-machine.ts';
import { FirstPairing } from './first-pairing.ts';
import { InUseFindings } from './in-use-findings.ts';
import { LastingDoubts } from './lasting-doubts.ts';
import { LeftAlone } from './left-alone.ts';
import { LeftFinding } from './left-finding.ts';
import { LostAnswers } from './lost-answers.ts';
import { LossLookout } from './loss-lookout.ts';
import { Meddling } from './meddling.ts';
import { OneMoment } from './one-moment.ts';
import { describeWriter } from './describe-writer.ts';
import { answerPassive } from './passive-queries.ts';
import { PassiveEngine } from './passive-engine.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';
import { givenUp } from '../status/check-outcomes.ts';
import { problemEvent } from '../stream/problem-event.ts';
import { queueSpace } from '../stream/queue-bound.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { RegistrySpool } from '../registry/registry-spool.ts';
import { RecheckRequests } from './recheck-requests.ts';
import type { StreamStart } from '../stream/thread-messages.ts';
import { RepairNews } from './repair-news.ts';
import { watchableFolders } from '../stream/watchable-folders.ts';

/** Puts the passive server's half together from the modules of the stream. */
export function buildPassive(start: StreamStart, outlets: EngineOutlets, machine: EngineMachine): PassiveEngine {
  const { files, clock, wasStartedHere } = machine;
  const tree = new NodeTree(Math.floor(systemRandom() * 2 ** 32));
  const set = new ChangingSet(patternsOf(start), acceptedBy(start));
  const base = fromText(start.base === '/' ? '' : start.base);
  const now = () => clock.monotonicMs();
  const rechecks = new RecheckRequests();
  const pulls: PullRequest[] = [];
  const meddling = new Meddling({ toMain: (message) => outlets.toMain(message), now, describe: describeWriter });
  const news = new RepairNews((message) => outlets.toMain(message));
  const leftAlone = new LeftAlone({ tree, now: () => clock.wallMs() });
  const note = (event: ApplyEvent): void => {
    if (event.kind === 'held') return inUse.held(event.file);
    if (event.kind === 'released') return inUse.released(event.path);
    if (event.kind === 'difference') doubts.differed(event.path, saidOfDifference(event));
    if (event.kind !== 'meddled') return news.take(event);
    leftAlone.meddled(event.path);
    meddling.seen(toDisplay(event.path), event.what, event.processId);
  };
  const inUse = new InUseFindings({
    server: start.identity,
    openers: machine.openers,
    toMain: (message) => outlets.toMain(message),
    named: (path, problem) => apply.named(path, problem),
  });
  const host = hostOf(pulls, rechecks, note);
  const apply: Apply = openApply(start, outlets, machine, { tree, protectedSet: set, base, host });
  const queue = openReceiveQueue(start, outlets, machine);
  const firstPairing = firstPairingOf(apply);
  // What it does itself is no meddling.
  const opened = machine.openNotices(watchableFolders(files, base, set, start.interception), true);
  if (opened.problem !== null) tellProblem(outlets, opened.problem);
  const moment = new OneMoment();
  const content = contentLineOf({ apply, moment, outlets, now, tree, pulls });
  const doubts = new LastingDoubts(apply.longDoubts, (message) => outlets.toMain(message));
  const batch = buildBatch({ files, tree, apply, queue, moment, pulls, content, now, start });
  const parts = { files, now, tree, set, base, apply, firstPairing, leftAlone, news, outlets, start };
  const follower = buildFollower({ ...parts, saveNow: () => engine.checkpoint() });
  const onLost = (): void => {
    engine.distrust();
    outlets.toMain({ kind: 'checkWanted', reason: 'the kernel dropped notices of changes on the passive server' });
  };
  const guard = new Guard({ ...parts, ...host, notices: opened.source, protectedSet: set, wasStartedHere, onLost });
  const answering = { tree, apply, files, hash: hashContent, base: start.base, leftAlone };
  const engine = new PassiveEngine({
    queue,
    apply,
    guard,
    folders: set.folders.map(({ path }) => toDisplay(path)).join(', '),
    noticeDescriptor: opened.source.descriptor,
    follower,
    firstPairing,
    outlets,
    rechecks,
    meddling,
    inUse,
    content,
    doubts,
    now,
    query: (query) => answerPassive({ query, ...answering, isVerified: follower.verification === 'done' }),
    leftAlone,
    leftFinding: new LeftFinding(leftAlone, (message) => outlets.toMain(message)),
    moment,
    batch,
    lookout: new LossLookout({ brake: apply.brake, queue, now }),
    ...besideApply(start, outlets, machine),
  });
  return engine;
}

/** Where what Apply asks for waits. */
function hostOf(pulls: PullRequest[], rechecks: RecheckRequests, note: ApplyHost['note']): ApplyHost {
  return {
    pull: (requests) => void pulls.push(...requests),
    recheck: (node) => rechecks.node(node),
    recheckPath: (path) => rechecks.path(path),
    note,
  };
}

function openApply(
  start: StreamStart,
  outlets: EngineOutlets,
  machine: EngineMachine,
  parts: Pick<ApplyOptions, 'tree' | 'protectedSet' | 'base' | 'host'>,
): Apply {
  const { files, clock } = machine;
  const apply = new Apply({
    ...parts,
    files,
    uses: machine.usesOf(start.readers === 'wait'),
    clock,
    freeBytes: (path) => machine.freeBytes(path),
    server: start.identity,
    store: openApplyStore(machine.databaseIn(`${start.stateDirectory}/applied.sqlite`), parts.tree, (problem) => {
      outlets.toMain({ kind: 'event', event: problemEvent(problem) });
    }),
    orphans: start.orphans,
    quarantineBytesMax: start.quarantineBytesMax,
    lossItemsMin: start.lossItemsMin,
    hash: hashContent,
  });
  if (!apply.adopted && isEmpty(files, parts.base, parts.protectedSet)) apply.adopted = true;
  apply.brake.onTold = (folder, code, problem) => tellLoss(outlets, { item: toDisplay(folder), code, problem });
  return apply;
}

/** What goes on beside the stream, or holds it up. */
function besideApply(
  start: StreamStart,
  outlets: EngineOutlets,
  machine: EngineMachine,
): Pick<PassiveEngineOptions, 'registry' | 'still' | 'waits'> {
  const now = (): MonotonicMs => machine.clock.monotonicMs();
  return {
    registry: openSpool(start, outlets, machine.files),
    still: new StandStill((news) => outlets.toMain({ kind: 'still', news })),
    waits: new DiskWaits({ now, times: () => machine.threadTimes() }),
  };
}

function openSpool({ stateDirectory }: StreamStart, outlets: EngineOutlets, files: Files): RegistrySpool {
  const met = (file: string): void => outlets.toMain({ kind: 'registryMet', file });
  const refused = (reason: string, check: number): void => {
    const problem = { code: 'SYS-011', parameters: { what: 'what came for registries', reason } } as const;
    outlets.toMain({ kind: 'event', event: problemEvent(problem) });
    if (check > 0) outlets.toMain({ kind: 'checkEnded', outcome: givenUp(check) });
  };
  return new RegistrySpool({ files, stateDirectory, met, refused });
}

function firstPairingOf(apply: Apply): FirstPairing {
  return new FirstPairing({
    open: !apply.adopted,
    adopt: () => {
      apply.adopted = true;
    },
  });
}

function openReceiveQueue(start: StreamStart, outlets: EngineOutlets, machine: EngineMachine): ReceiveQueue {
  const { files, clock } = machine;
  const directory = `${start.queueDirectory}/receive`;
  const now = () => clock.monotonicMs();
  const journal = openJournal({
    files,
    directory,
    clock,
    lasting: { onDamage: (problem) => outlets.toMain({ kind: 'event', event: problemEvent(problem) }) },
  });
  return new ReceiveQueue({ journal, directory, space: queueSpace(start, machine), now });
}

function contentLineOf(parts: {
  readonly apply: Apply;
  readonly moment: OneMoment;
  readonly outlets: EngineOutlets;
  readonly now: () => MonotonicMs;
  readonly tree: NodeTree;
  readonly pulls: PullRequest[];
}): ContentLine {
  const { apply, outlets, tree, pulls } = parts;
  const losses = new LostAnswers({
    toMain: (message) => outlets.toMain(message),
    renew: () => outlets.renewData(),
    pathOf: (id) => {
      const node = tree.get(id);
      const path = node === undefined ? null : tree.pathOf(node);
      return path === null ? null : toDisplay(path);
    },
    isAwaited: (node) => apply.awaits(node, null) || apply.resync.batch !== 'none',
  });
  return new ContentLine({ ...parts, losses, pulls: { take: () => pulls.splice(0) } });
}

function tellProblem(outlets: EngineOutlets, problem: ProblemData): void {
  outlets.toMain({ kind: 'problem', problem, item: null, evidence: [], action: null });
}

const LOSS_ACTIONS = {
  'APL-020': 'Take the loss over: go on, and treat what only the passive server has as the setting orphans says.',
  'APL-021': 'Take the folder for gone: treat what the passive server has of it as the setting orphans says.',
} as const;

function tellLoss(
  outlets: EngineOutlets,
  told: { item: string; code: keyof typeof LOSS_ACTIONS; problem: ProblemData | null },
): void {
  const { item, code, problem } = told;
  if (problem === null) outlets.toMain({ kind: 'cleared', code, item });
  else outlets.toMain({ kind: 'problem', problem, item, evidence: [], action: LOSS_ACTIONS[code] });
}

/** What the other server says is protected, without what can't be on this one. */
function acceptedBy({ base, stateDirectory, queueDirectory }: StreamStart): (patterns: Patterns) => Patterns {
  const server = { base, stateDirectory, queues: { directory: queueDirectory } };
  return ({ include, exclude }) => {
    const left = exclude.map(toDisplay).filter((pattern) => patternFault(pattern) === null);
    const isAccepted = (pattern: ByteString): boolean => {
      const text = toDisplay(pattern);
      return patternFault(text) === null && refusalOf(text, left, server) === null;
    };
    return { include: include.filter(isAccepted), exclude: left.map(fromText) };
  };
}

/** Does the passive server hold nothing under any protected folder? What is not covered does not count. */
function isEmpty(files: Files, base: ByteString, set: ProtectedSet): boolean {
  return set.folders.every(({ path }) => {
    let folder = -1;
    try {
      folder = files.openFolder((base + path) as ByteString);
      const names = files.list(folder);
      return !names.some((name) => set.covers(joinPath(path, name), false) || set.covers(joinPath(path, name), true));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      // What can't be looked at may hold something.
      return error.code === 'ENOENT';
    } finally {
      if (folder >= 0) files.close(folder);
    }
  });
}
