import type { Capture } from '../../capture/capture.ts';
import type { LostReason } from '../../capture/troubles.ts';
import { comparePositions, type Change, type CheckKind, ORIGIN, type Position } from '../../changes/change.ts';
import { patternsOf } from '../../changes/changing-set.ts';
import type { DataFrame } from '../../changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../../changes/data-frame-codec.ts';
import { must } from '../../kernel/assert.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { answerQuery } from '../stream/answer-query.ts';
import { lostTrack } from './lost-track.ts';
import { problemEvent } from '../stream/problem-event.ts';
import type { ActiveEngineOptions } from './active-engine-options.ts';
import { activeReport, isAllSeen } from './active-report.ts';
import type { Engine } from '../stream/engine.ts';
import { Outflow } from './outflow.ts';
import { Proof } from './proof.ts';
import { type Beginning, planResume, type StreamState } from './resume-plan.ts';
import { sendQueueAtItsSize } from '../status/queue-findings.ts';
import type { QueueBound } from './send-queue.ts';
import type { ActiveReport } from '../status/side-report.ts';
import { givenUp } from '../status/check-outcomes.ts';
import { CheckQueue } from './check-queue.ts';
import { FilterChange } from './filter-change.ts';
import { FolderReminder } from './folder-reminder.ts';
import { PullService } from './pull-service.ts';
import { RegistryInStream } from './registry-in-stream.ts';
import { UnseenFiles } from './unseen-files.ts';
import type { DataMessage, ToStream } from '../stream/thread-messages.ts';

const CHECK_SLICE_MS = 6;
/** What found no space is tried again after this long. */
const NO_SPACE_MS = 1000;

/** The active server's half: capture and check write the stream, the passive reads it from the send queue. */
export class ActiveEngine implements Engine {
  readonly noticeDescriptor: number;
  readonly #options: ActiveEngineOptions;
  readonly #capture: Capture;
  readonly #checks: CheckQueue;
  readonly #pulls: PullService;
  readonly #unseen: UnseenFiles;
  #epoch: number;
  #position: Position;
  #link: Outflow | null = null;
  #stream: StreamState['stream'] = 'none';
  #began: Beginning = 'everything';
  /** A check of everything was stated in this stream, and not as a preview only. */
  #isStated = false;
  /** How much the protected folders hold was told in this stream. */
  #isCounted = false;
  #epochAsked: Beginning | null = null;
  /** There was no space to begin an epoch. */
  #beginAgain: { readonly how: Beginning; readonly at: number } | null = null;
  readonly #folders: FolderReminder;
  #durable: Position = ORIGIN;
  readonly #proof = new Proof();
  readonly #filters: FilterChange;
  readonly #registry: RegistryInStream;

  constructor(options: ActiveEngineOptions) {
    this.#options = options;
    this.noticeDescriptor = options.noticeDescriptor;
    this.#epoch = options.epoch;
    this.#position = { epoch: options.epoch, sequence: 0 };
    const emit = (change: Change): void => this.#emit(change);
    this.#capture = options.capture(emit, (reason) => this.#lost(reason));
    this.#checks = new CheckQueue(options.checks(this.#capture, emit));
    this.#folders = new FolderReminder(options.tree, this.#capture);
    const { tree, outlets } = options;
    this.#registry = new RegistryInStream(emit, (message) => outlets.toMain(message));
    this.#pulls = new PullService({ ...options, capture: this.#capture });
    this.#unseen = new UnseenFiles({
      tree,
      nodeOf: (file) => this.#capture.nodeOf(file.device, file.inode),
      isSame: (node, { born }) => born === null || this.#capture.isMadeAt(node, born),
      toMain: (message) => outlets.toMain(message),
      mayHaveChanged: (node) => this.#capture.mayHaveChanged(node),
      look: (nodes, ended) => this.#checks.lookAtUnseen(nodes, ended),
      position: () => this.#position,
    });
    const { excluded, borderMoved: moved } = options;
    const parts = { border: this.#capture.border, tree, outlets, checks: this.#checks, proof: this.#proof };
    const doors = { position: () => this.#position, checkAll: () => this.#checkEverything() };
    this.#filters = new FilterChange({ ...parts, ...doors, excluded, moved });
    this.#capture.start();
  }

  request(message: ToStream): void {
    if (message.kind === 'check') {
      this.#ask(message);
    } else if (message.kind === 'limits') {
      this.#options.pace.limit(message.checkBytesPerSecondMax, this.#options.now());
    } else if (message.kind === 'filters') {
      this.#filters.begin(patternsOf(message));
    } else if (message.kind === 'unseenWriters') {
      this.#unseen.heard(message.writers);
    } else if (message.kind === 'epoch' && this.#epochAsked !== null) {
      const how = this.#epochAsked;
      this.#epochAsked = null;
      this.#epoch = message.epoch;
      this.#begin(how);
    } else if (message.kind === 'query') {
      this.#options.outlets.toMain(answerQuery(message, this.#options.query));
    } else if (message.kind === 'registry') {
      this.#registry.tell(message.bytes, message.check);
    } else if (message.kind === 'flushes') {
      this.#options.flushes.order(message.order);
    }
  }

  link(message: DataMessage): void {
    switch (message.kind) {
      case 'up':
        this.#link = new Outflow(this.#options, (frame) => this.#send(frame), message.version);
        this.#registry.met(message.version);
        return;
      case 'down':
        this.#link = null;
        this.#options.operations.resumed(null);
        // The next connection asks anew, for something else perhaps.
        this.#epochAsked = null;
        this.#beginAgain = null;
        this.#pulls.clear();
        return;
      case 'frame':
        if (this.#link !== null) this.#frame(decodeFrame(message.frame), this.#link);
    }
  }

  step(now: MonotonicMs): number {
    const { flushes, operations } = this.#options;
    const operationsMs = operations.drain(() => this.#position);
    if (flushes.takeMet()) this.#link?.pump(this.#position);
    this.#capture.onNotices();
    const mayLook = this.#isStated && this.#stream === 'running';
    const unseenMs = this.#unseen.step(now, mayLook, !this.#capture.isWalking);
    // An unclean stop must leave these files to be checked, whatever was stated of them.
    for (const path of this.#unseen.takeUnsettled()) this.#options.activity.changed(path, this.#position, now);
    let waitMs = Math.min(operationsMs, unseenMs, this.#capture.step(now), this.#options.activity.step(now));
    if (this.#began === 'preview') this.#folders.step(now);
    this.#checks.recheck([], this.#options.readableAgain(now));
    const mayState = this.#stream === 'running' && this.#began !== 'preview' && !this.#capture.isWalking;
    waitMs = Math.min(waitMs, this.#filters.step(mayState));
    if (this.#beginAgain !== null && now >= this.#beginAgain.at) this.#begin(this.#beginAgain.how);
    if (this.#link !== null && this.#link.sent !== null) {
      if (this.#checks.busy && !this.#capture.isWalking) waitMs = Math.min(waitMs, this.#check(now));
      if (this.#stream === 'running')
        operations.mark(isAllSeen(this.#options, { unseen: this.#unseen, proof: this.#proof }));
      this.#link.pump(this.#position);
    }
    return Math.min(waitMs, flushes.step(), this.#pulls.serve(now));
  }

  /** A slice of the checks, where it is their time. @returns milliseconds until it is their time again. */
  #check(now: MonotonicMs): number {
    const { pace, queue, operations } = this.#options;
    const waitMs = Math.max(pace.waitMs(queue, now), operations.exactWaitMs('check', now));
    if (waitMs > 0) return waitMs;
    // Nothing may be repaired before the passive has heard how much is left here.
    if (!this.#isCounted) this.#capture.tellFolders();
    this.#isCounted = true;
    const check = (isOver: () => boolean): void => pace.stating(() => this.#checks.step(CHECK_SLICE_MS), isOver);
    operations.exactly('check', check);
    return 0;
  }

  report(now: MonotonicMs): ActiveReport {
    return activeReport(this.#options, {
      now,
      captured: this.#position,
      durable: this.#durable,
      isGivenUp: this.#stream === 'given up',
      looksPending: this.#capture.pending,
      isChecking: this.#checks.busy,
      unseen: this.#unseen,
      proof: this.#proof,
    });
  }

  stop(): void {
    this.#checks.clear();
    this.#options.queue.close();
    this.#options.activity.close();
    this.#capture.close();
  }

  /** A check that the queue gives up before its records could reach the passive ends here. */
  #ask({ id, request }: Extract<ToStream, { kind: 'check' }>): void {
    const { outlets } = this.#options;
    const ended = (finished: boolean): void => {
      if (!finished) outlets.toMain({ kind: 'checkEnded', outcome: givenUp(id) });
    };
    this.#checks.ask({ ...request, paths: request.paths?.map(fromText) ?? null, id, ended });
  }

  #frame(frame: DataFrame, link: Outflow): void {
    switch (frame.kind) {
      case 'resume':
        return this.#resume(link, frame);
      case 'acknowledge':
        return this.#acknowledged(link, frame.durable, frame.applied);
      case 'pull':
        return this.#pulls.add(frame.requests);
      case 'recheck':
        return this.#recheck(frame);
      default:
      // The active server is never told what to hold: a frame of the other direction is ignored.
    }
  }

  #recheck({ nodes, paths, everything }: Extract<DataFrame, { kind: 'recheck' }>): void {
    this.#checks.recheck(nodes, paths);
    // What is under way, or stated and not yet at the passive, is what it asks for.
    const repair = this.#began !== 'preview';
    const isComing = this.#checks.isVerifying(repair) || this.#proof.isStartCheckComing(this.#durable);
    if (everything && !isComing) this.#checkAll('full', repair);
  }

  /** The passive says what it holds: go on from there, or begin an epoch where that can't be. */
  #resume(link: Outflow, frame: Extract<DataFrame, { kind: 'resume' }>): void {
    const { number, durable, unverified } = frame;
    link.resume = number;
    link.unverified = unverified;
    this.#epochAsked = null;
    if (this.#registry.isUnreadable) return this.#askEpoch('everything', Math.max(this.#epoch, durable.epoch));
    const plan = planResume(this.#state, frame);
    if (plan.kind === 'continue') {
      this.#restart(link, plan.from);
      // A check that the passive has not received from its beginning will still come to it.
      if (unverified && !this.#proof.isStartCheckComing(durable)) this.#startCheck(true);
      if (unverified) this.#registry.want();
      return;
    }
    // The first stream of this run uses the epoch that the daemon made durable before it started us.
    if (this.#stream === 'none' && durable.epoch < this.#epoch) this.#begin(plan.how);
    else this.#askEpoch(plan.how, Math.max(this.#epoch, durable.epoch));
  }

  get #state(): StreamState {
    const { queue, activity, serverId } = this.#options;
    return {
      stream: this.#stream,
      began: this.#began,
      serverId,
      epoch: this.#epoch,
      position: this.#position,
      first: queue.first,
      last: queue.last,
      applied: this.#proof.applied,
      isNamed: this.#proof.isNamed && activity.left !== null,
    };
  }

  /** A new epoch: the passive forgets where it stood, and what it may lack is stated again by a check. */
  #begin(asked: Beginning): void {
    const { queue, activity } = this.#options;
    // Track may have been lost since.
    const how = asked === 'left' && !this.#state.isNamed ? 'everything' : asked;
    const start: Position = { epoch: this.#epoch, sequence: 0 };
    this.#beginAgain = null;
    if (!queue.begin(start)) {
      this.#beginAgain = { how, at: this.#options.now() + NO_SPACE_MS };
      return;
    }
    this.#stream = 'running';
    this.#began = how;
    this.#position = start;
    this.#durable = start;
    this.#proof.streamBegins(how !== 'left');
    activity.streamBegins();
    this.#options.flushes.missed();
    if (how === 'left') this.#capture.continueStream();
    else {
      this.#isStated = false;
      this.#checks.clear();
      this.#capture.beginStream();
    }
    this.#isCounted = false;
    this.#unseen.streamBegan();
    this.#filters.streamBegan(how !== 'left');
    this.#registry.streamBegan();
    const link = this.#link;
    if (link === null) return;
    this.#restart(link, { position: start, gap: true, named: how === 'left' });
    if (how === 'left') this.#checkLeft();
    if (how !== 'left' || link.unverified) this.#startCheck(how !== 'preview');
  }

  #restart(link: Outflow, from: { position: Position; gap: boolean; named: boolean }): void {
    link.restart(from.position);
    this.#send({ kind: 'reset', number: link.resume, ...from, activeServerId: this.#options.serverId });
    this.#options.operations.resumed(link.knowsMarks ? link.resume : null);
  }

  /** What the queue that was given up held, and what changed since. */
  #checkLeft(): void {
    const left = must(this.#options.activity.left, 'what is left has names');
    const gap = this.#proof.checksNames(left.size);
    const ended = (finished: boolean): void => {
      if (finished) this.#proof.stated(gap, this.#position);
    };
    this.#checks.ask({ id: null, mode: 'full', repair: true, paths: [], left, ended });
  }

  #startCheck(repair: boolean): void {
    const suspects = this.#options.suspects();
    if (repair && suspects !== null) this.#checks.recheck([], suspects.paths, suspects.folders);
    const mode = repair && this.#proof.gap?.isNamed !== false && suspects !== null ? this.#options.onStart : 'full';
    this.#checkAll(mode, repair);
  }

  #checkAll(mode: CheckKind, repair: boolean): void {
    if (repair) this.#proof.checksAll(this.#position);
    const { gap } = this.#proof;
    const ended = (finished: boolean): void => {
      if (!finished || !repair) return;
      this.#proof.statedAll(this.#position);
      this.#isStated = true;
      this.#proof.stated(gap, this.#position);
    };
    this.#checks.ask({ id: null, mode, repair, paths: null, ended });
  }

  #lost(reason: LostReason): void {
    this.#options.outlets.toMain({ kind: 'event', event: problemEvent(lostTrack(reason)) });
    this.#checkEverything();
  }

  #checkEverything(): void {
    this.#proof.lost();
    if (this.#stream === 'running') this.#checkAll('full', true);
  }

  #acknowledged(link: Outflow, durable: Position, applied: Position): void {
    if (durable.epoch !== this.#epoch || comparePositions(durable, this.#position) > 0) return;
    const { queue, activity, outlets } = this.#options;
    this.#durable = durable;
    this.#options.flushes.acknowledged(durable);
    if (this.#stream === 'running') queue.trim(durable);
    link.acknowledged(durable);
    if (comparePositions(applied, this.#proof.applied) > 0) {
      activity.settled(applied);
      this.#unseen.applied(applied);
    }
    const { closed, isVerified } = this.#proof.acknowledged(applied);
    if (closed?.isNamed === true) activity.mended();
    if (isVerified) activity.verified();
    if (closed !== null) outlets.toMain({ kind: 'cleared', code: 'L9', item: null });
  }

  #emit(change: Change): void {
    if (this.#stream === 'none') return;
    if (this.#stream === 'given up') {
      this.#options.changed(change, this.#position);
      this.#proof.itemsLeft = this.#options.activity.changedCount;
      return;
    }
    const { queue, pace } = this.#options;
    const position = { epoch: this.#epoch, sequence: this.#position.sequence + 1 };
    this.#options.changed(change, position);
    const record = queue.encode(position, change);
    if (!pace.isStating) this.#pulls.changed(change);
    pace.queued(record.length);
    const isQueued = queue.append(record, position);
    if (isQueued) this.#position = position;
    const bound = isQueued ? queue.boundMet(this.#link !== null) : 'space';
    if (bound !== null) this.#giveUp(bound);
  }

  /**
   * The passive server has been away too long, or there is no space: what was queued is dropped. What changed
   * is known all the same; at the passive's return an epoch begins with a check of that, or of everything.
   */
  #giveUp(bound: QueueBound): void {
    const { queue, activity, outlets } = this.#options;
    this.#stream = 'given up';
    this.#options.flushes.missed();
    activity.hold();
    this.#checks.clear();
    queue.giveUp();
    this.#proof.givenUp(activity.left !== null);
    this.#proof.itemsLeft = activity.changedCount;
    // That there is no space is told by who watches the disk.
    if (bound === 'size') outlets.toMain(sendQueueAtItsSize(queue));
    if (this.#link !== null && this.#link.sent !== null) {
      this.#askEpoch(this.#proof.isNamed ? 'left' : 'everything', this.#epoch);
    }
  }

  #askEpoch(how: Beginning, above: number): void {
    this.#epochAsked = how;
    if (this.#link !== null) this.#link.sent = null;
    this.#options.outlets.toMain({ kind: 'epochNeeded', above });
  }

  #send(frame: DataFrame): void {
    this.#options.outlets.sendFrame(encodeFrame(frame));
  }
}
