import type { Capture } from '../capture/capture.ts';
import type { LostReason } from '../capture/troubles.ts';
import { comparePositions, type Change, type CheckKind, ORIGIN, type Position } from '../changes/change.ts';
import { encodeChange } from '../changes/codec.ts';
import type { DataFrame } from '../changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../changes/data-frame-codec.ts';
import type { NodeTree } from '../changes/node-tree.ts';
import type { ActivityLog } from '../journal/activity-log.ts';
import type { Journal } from '../journal/journal.ts';
import { decideResume } from '../journal/resume.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { MIB } from '../kernel/units.ts';
import { answerQuery } from './answer-query.ts';
import { lostTrack } from './lost-track.ts';
import { problemEvent } from './problem-event.ts';
import type { Engine, EngineOutlets } from './engine.ts';
import type { ActiveReport } from './side-report.ts';
import { givenUp } from './check-outcomes.ts';
import { CheckQueue } from './check-queue.ts';
import { PullService } from './pull-service.ts';
import { UnseenFiles } from './unseen-files.ts';
import type { DataMessage, StreamQuery, ToStream } from './thread-messages.ts';
import type { CheckProducer } from './check-producer.ts';
import { IN_FLIGHT_BYTES_MAX } from './stream-window.ts';

/** A check waits while this much of the stream is not yet at the passive. */
const CHECK_AHEAD_BYTES_MAX = 2 * MIB;
/** While nothing may be changed on the passive, it is told so often what came or went meanwhile. */
const FOLDERS_EVERY_MS = 5000;
const FRAME_RECORD_BYTES = 256 * 1024;
const CHECK_SLICE_MS = 6;

interface Link {
  /** Of the last resume, which answers name. */
  resume: number;
  /** Newest position handed to the channel; null until the passive said from where it wants the stream. */
  sent: Position | null;
  inFlight: { position: Position; bytes: number }[];
  inFlightBytes: number;
}

export interface ActiveEngineOptions {
  readonly serverId: string;
  readonly epoch: number;
  readonly onStart: CheckKind;
  readonly queueBytesMax: number;
  readonly tree: NodeTree;
  readonly journal: Journal;
  readonly noticeDescriptor: number;
  readonly outlets: EngineOutlets;
  /** Built with the engine's own `emit`, because capture and check write into its stream. */
  readonly capture: (emit: (change: Change) => void, lost: (reason: LostReason) => void) => Capture;
  readonly checks: (capture: Capture, emit: (change: Change) => void) => CheckProducer;
  readonly folders: readonly string[];
  /** Protected folders that can't be read now: what happens to them is not seen. */
  readonly foldersMissing: () => number;
  /** Items that are there and could not be read. */
  readonly itemsUnread: () => number;
  /** Of these, what changed since a check failed to read it: worth another check. */
  readonly readableAgain: () => readonly ByteString[];
  /** Told of every change before it is queued, so that an unclean stop knows what to check. */
  readonly changed: (change: Change, position: Position) => void;
  readonly activity: ActivityLog;
  readonly query: (query: StreamQuery) => unknown;
  /** Paths that earlier runs left to verify, before anything else; null where they are too many to name. */
  readonly suspects: () => readonly ByteString[] | null;
}

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
  #link: Link | null = null;
  #streaming = false;
  /** A check of everything was stated in this stream, and not as a preview only. */
  #isStated = false;
  /** Nothing may be changed on the passive yet. */
  #isPreview = false;
  /** When it was last told how the protected folders stand, and the tree's revision then. */
  #told = { at: 0, revision: 0 };
  #epochAsked: 'begin' | 'preview' | null = null;
  #durable: Position = ORIGIN;
  #applied: Position = ORIGIN;
  /** The stream's position when the last check of everything by itself was asked for. */
  #startCheckAfter: Position | null = null;
  /** Such a check was stated whole up to here; once that is applied, nothing of earlier runs is suspect. */
  #statedUpTo: Position | null = null;
  /** Capture lost track: closed once a check that was asked for after it is applied there. */
  #gap: { readonly closesAt: Position | null } | null = null;

  constructor(options: ActiveEngineOptions) {
    this.#options = options;
    this.noticeDescriptor = options.noticeDescriptor;
    this.#epoch = options.epoch;
    this.#position = { epoch: options.epoch, sequence: 0 };
    const emit = (change: Change): void => this.#emit(change);
    this.#capture = options.capture(emit, (reason) => this.#lost(reason));
    this.#checks = new CheckQueue(options.checks(this.#capture, emit));
    this.#pulls = new PullService(this.#capture, (frame) => this.#send(frame));
    this.#unseen = new UnseenFiles({
      tree: options.tree,
      nodeOf: (file) => this.#capture.nodeOf(file.device, file.inode),
      isSame: (node, { born }) => born === null || this.#capture.isMadeAt(node, born),
      toMain: (message) => options.outlets.toMain(message),
      mayHaveChanged: (node) => this.#capture.mayHaveChanged(node),
      look: (nodes, ended) => this.#checks.lookAtUnseen(nodes, ended),
      position: () => this.#position,
    });
    this.#capture.start();
  }

  request(message: ToStream): void {
    if (message.kind === 'check') {
      this.#ask(message);
    } else if (message.kind === 'unseenWriters') {
      this.#unseen.heard(message.writers);
    } else if (message.kind === 'epoch' && this.#epochAsked !== null) {
      const preview = this.#epochAsked === 'preview';
      this.#epochAsked = null;
      this.#epoch = message.epoch;
      this.#begin(preview);
    } else if (message.kind === 'query') {
      this.#options.outlets.toMain(answerQuery(message, this.#options.query));
    }
  }

  link(message: DataMessage): void {
    switch (message.kind) {
      case 'up':
        this.#link = { resume: 0, sent: null, inFlight: [], inFlightBytes: 0 };
        return;
      case 'down':
        this.#link = null;
        // The next connection asks anew, for something else perhaps.
        this.#epochAsked = null;
        this.#pulls.clear();
        return;
      case 'frame':
        if (this.#link !== null) this.#frame(decodeFrame(message.frame), this.#link);
    }
  }

  step(now: MonotonicMs): number {
    this.#capture.onNotices();
    const unseenMs = this.#unseen.step(now, this.#isStated && this.#streaming);
    // An unclean stop must leave these files to be checked, whatever was stated of them.
    for (const path of this.#unseen.takeUnsettled()) this.#options.activity.changed(path, this.#position, now);
    let waitMs = Math.min(unseenMs, this.#capture.step(now), this.#options.activity.step(now));
    if (this.#isPreview) this.#tellFolders(now);
    const again = this.#options.readableAgain();
    if (again.length > 0) this.#checks.recheck([], again);
    if (this.#link !== null && this.#link.sent !== null) {
      const ahead = this.#options.journal.bytes;
      if (this.#checks.busy && ahead < CHECK_AHEAD_BYTES_MAX && !this.#capture.isWalking) {
        this.#checks.step(CHECK_SLICE_MS);
        waitMs = 0;
      }
      this.#sendQueued(this.#link);
    }
    if (this.#pulls.serve()) waitMs = 0;
    return waitMs;
  }

  report(now: MonotonicMs): ActiveReport {
    const journal = this.#options.journal;
    return {
      role: 'active',
      itemsTotal: this.#options.tree.size,
      captured: this.#position,
      durable: this.#durable,
      sendQueue: { bytes: journal.bytes, records: journal.records, oldestMs: journal.oldestMs(now) },
      looksPending: this.#capture.pending,
      scanning: this.#checks.busy,
      capture: this.#options.folders.map((folder) => ({ folder, kind: 'watch' })),
      failed: false,
      gap: this.#gap !== null || !this.#unseen.isKnown || this.#options.foldersMissing() > 0,
      itemsUnseen: this.#unseen.count,
      itemsUnconfirmed: this.#options.activity.changedCount,
      itemsUnread: this.#options.itemsUnread(),
    };
  }

  stop(): void {
    this.#checks.clear();
    this.#options.journal.sync();
    this.#options.journal.close();
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

  #frame(frame: DataFrame, link: Link): void {
    switch (frame.kind) {
      case 'resume':
        this.#resume(link, frame);
        return;
      case 'acknowledge':
        this.#acknowledged(link, frame.durable, frame.applied);
        return;
      case 'pull':
        this.#pulls.add(frame.requests);
        return;
      case 'recheck':
        this.#recheck(frame);
        return;
      default:
      // The active server is never told what to hold: a frame of the other direction is ignored.
    }
  }

  #recheck({ nodes, paths, everything }: Extract<DataFrame, { kind: 'recheck' }>): void {
    this.#checks.recheck(nodes, paths);
    // What is under way, or stated and not yet at the passive, is what it asks for.
    const repair = !this.#isPreview;
    const isComing = this.#checks.isVerifying(repair) || this.#isStartCheckComing(this.#durable);
    if (everything && !isComing) this.#checkAll('full', repair);
  }

  /** Is there a check of everything that the passive, which holds the stream up to there, has not begun to receive? */
  #isStartCheckComing(durable: Position): boolean {
    return this.#startCheckAfter !== null && comparePositions(durable, this.#startCheckAfter) <= 0;
  }

  /** The passive says what it holds: go on from there, or begin an epoch where that can't be. */
  #resume(link: Link, { number, durable, preview, unverified }: Extract<DataFrame, { kind: 'resume' }>): void {
    link.resume = number;
    this.#epochAsked = null;
    const { journal } = this.#options;
    const decision =
      this.#streaming && !preview && !this.#isPreview
        ? decideResume({ sender: { epoch: this.#epoch, first: journal.first, last: journal.last }, durable })
        : ({ kind: 'gap' } as const);
    if (decision.kind === 'continue') {
      this.#restart(link, decision.after, false);
      // A check that the passive has not received from its beginning will still come to it.
      if (unverified && !this.#isStartCheckComing(durable)) this.#startCheck(true);
      return;
    }
    // The first stream of this run uses the epoch that the daemon made durable before it started us.
    if (!this.#streaming && durable.epoch < this.#epoch) this.#begin(preview);
    else this.#askEpoch(preview ? 'preview' : 'begin', Math.max(this.#epoch, durable.epoch));
  }

  /** A new epoch: the passive forgets where it stood, and everything is stated again by a check. */
  #begin(preview: boolean): void {
    this.#streaming = true;
    this.#isPreview = preview;
    const start: Position = { epoch: this.#epoch, sequence: 0 };
    this.#position = start;
    this.#durable = start;
    this.#options.journal.reset(start);
    this.#statedUpTo = null;
    this.#checks.clear();
    this.#capture.beginStream();
    this.#isStated = false;
    this.#unseen.streamBegan();
    const link = this.#link;
    if (link === null) return;
    this.#restart(link, start, true);
    this.#startCheck(!preview);
  }

  /** What was on its way for an earlier resume is passed over there. */
  #restart(link: Link, position: Position, gap: boolean): void {
    link.sent = position;
    link.inFlight = [];
    link.inFlightBytes = 0;
    const { serverId } = this.#options;
    this.#send({ kind: 'reset', number: link.resume, position, gap, activeServerId: serverId });
  }

  #tellFolders(at: MonotonicMs): void {
    const { revision } = this.#options.tree;
    if (at - this.#told.at < FOLDERS_EVERY_MS || revision === this.#told.revision || this.#capture.isWalking) return;
    this.#told = { at, revision };
    this.#capture.tellFolders();
  }

  #startCheck(repair: boolean): void {
    const suspects = this.#options.suspects();
    if (repair && suspects !== null) this.#checks.recheck([], suspects);
    const mode = repair && this.#gap === null && suspects !== null ? this.#options.onStart : 'full';
    this.#checkAll(mode, repair);
  }

  #checkAll(mode: CheckKind, repair: boolean): void {
    if (repair) this.#startCheckAfter = this.#position;
    const gap = this.#gap;
    this.#checks.ask({
      id: null,
      mode,
      repair,
      paths: null,
      ended: (finished) => {
        if (!finished || !repair) return;
        this.#statedUpTo = this.#position;
        this.#isStated = true;
        // Track that was lost again meanwhile is found by the check that was asked for then.
        if (gap !== null && gap === this.#gap) this.#gap = { closesAt: this.#position };
      },
    });
  }

  #lost(reason: LostReason): void {
    this.#options.outlets.toMain({ kind: 'event', event: problemEvent(lostTrack(reason)) });
    this.#gap = { closesAt: null };
    if (this.#streaming) this.#checkAll('full', true);
  }

  #acknowledged(link: Link, durable: Position, applied: Position): void {
    if (durable.epoch !== this.#epoch || comparePositions(durable, this.#position) > 0) return;
    this.#durable = durable;
    this.#options.journal.trim(durable);
    // What the passive holds, from whatever connection, need not be sent to it.
    if (link.sent !== null && comparePositions(link.sent, durable) < 0) link.sent = durable;
    while (link.inFlight[0] !== undefined && comparePositions(link.inFlight[0].position, durable) <= 0) {
      link.inFlightBytes -= link.inFlight.shift()?.bytes ?? 0;
    }
    if (comparePositions(applied, this.#applied) > 0) {
      this.#applied = applied;
      this.#options.activity.settled(applied);
      this.#unseen.applied(applied);
    }
    const isApplied = (position: Position | null | undefined): boolean =>
      position !== null && position !== undefined && comparePositions(applied, position) >= 0;
    if (isApplied(this.#gap?.closesAt)) this.#gap = null;
    if (isApplied(this.#statedUpTo)) {
      this.#statedUpTo = null;
      this.#options.activity.verified();
    }
  }

  #emit(change: Change): void {
    if (!this.#streaming) return;
    this.#position = { epoch: this.#epoch, sequence: this.#position.sequence + 1 };
    this.#options.changed(change, this.#position);
    this.#options.journal.append(encodeChange(this.#position, change), this.#position);
    if (this.#options.journal.bytes > this.#options.queueBytesMax) this.#overflow();
  }

  /** The peer has been away too long: what was queued is dropped, and its return begins an epoch with a check. */
  #overflow(): void {
    this.#streaming = false;
    this.#checks.clear();
    this.#options.journal.reset(this.#position);
    this.#gap = { closesAt: null };
    this.#options.outlets.toMain({
      kind: 'event',
      event: problemEvent({ code: 'JRN-004', parameters: { bytes: this.#options.queueBytesMax } }),
    });
    if (this.#link !== null && this.#link.sent !== null) this.#askEpoch('begin', this.#epoch);
  }

  #askEpoch(why: 'begin' | 'preview', above: number): void {
    this.#epochAsked = why;
    if (this.#link !== null) this.#link.sent = null;
    this.#options.outlets.toMain({ kind: 'epochNeeded', above });
  }

  #sendQueued(link: Link): void {
    while (
      link.sent !== null &&
      link.inFlightBytes < IN_FLIGHT_BYTES_MAX &&
      comparePositions(link.sent, this.#position) < 0
    ) {
      const batch = this.#options.journal.read(link.sent, FRAME_RECORD_BYTES);
      if (batch === null) return;
      link.sent = batch.last;
      link.inFlight.push({ position: batch.last, bytes: batch.records.length });
      link.inFlightBytes += batch.records.length;
      this.#send({ kind: 'stream', records: batch.records });
    }
  }

  #send(frame: DataFrame): void {
    this.#options.outlets.sendFrame(encodeFrame(frame));
  }
}
