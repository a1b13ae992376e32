import { comparePositions, ORIGIN, type Position } from '../../changes/change.ts';
import type { DataFrame } from '../../changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../../changes/data-frame-codec.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { isProblem } from '../../problems/problem.ts';
import { Acknowledgement } from './acknowledgement.ts';
import { applyRecord } from './apply-record.ts';
import { CheckWish } from './check-wish.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import { isPassing } from './checkpoint-refusals.ts';
import type { Engine } from '../stream/engine.ts';
import type { PassiveEngineOptions } from './passive-engine-options.ts';
import { HeldMoment } from './held-moment.ts';
import { isComplete, isFrozen, verificationOf } from './passive-facts.ts';
import { passiveReport } from './passive-report.ts';
import { meetRequest } from './passive-requests.ts';
import { QueuedRecords } from './queued-records.ts';
import type { BatchDoors } from './resync-batch.ts';
import type { PassiveReport } from '../status/side-report.ts';
import type { DataMessage, ToStream } from '../stream/thread-messages.ts';

/** Each item whose content is to be asked for takes memory: with so many of them Apply waits for content. */
const UNASKED_MAX = 1024;
/** How long one turn applies before frames and notices are met again; and where applications wait for what comes. */
const TURN_MS = { usual: 5, awaited: 1 } as const;
/** What found no space is tried again after this long. */
const NO_SPACE_MS = 1000;
/** A batch that waits for something is looked at again after this long. */
const BATCH_MS = 500;
/** So often it is looked at while it stands still. */
const STILL_MS = 100;

/** The passive server's half: what is received is made durable, acknowledged, and applied in order. */
export class PassiveEngine implements Engine {
  readonly noticeDescriptor: number | null;
  readonly #options: PassiveEngineOptions;
  readonly #wish = new CheckWish();
  #linkUp = false;
  /** The active said from where the stream goes on; records before that are of no use. */
  #streaming = false;
  /** Times that the stream was asked for: the number of the last one. */
  #resumes = 0;
  /** The stream is asked for again from then on: what came found no space. Null while that is not so. */
  #resumeAt: number | null = null;
  #applied: Position;
  readonly #records: QueuedRecords;
  readonly #checkpoints: CheckpointKeeper;
  readonly #acknowledgement: Acknowledgement;
  readonly #heldMoment = new HeldMoment();

  constructor(options: PassiveEngineOptions) {
    this.#options = options;
    this.noticeDescriptor = options.noticeDescriptor;
    const { queue, apply, outlets, now } = options;
    this.#applied = apply.checkpointed;
    this.#records = new QueuedRecords(queue);
    this.#acknowledgement = new Acknowledgement(queue);
    this.#checkpoints = new CheckpointKeeper({
      steps: apply.checkpoints,
      queue,
      outlets,
      now,
      position: apply.checkpointed,
      isComplete: () => !this.#isBehind && isComplete(options),
      onDoubt: () => this.distrust(),
    });
    // What was received before the last stop and is not yet applied comes first. A queue that lost its
    // newest records to damage goes on from what is applied; where records between the two are missing,
    // the stream begins anew.
    if (comparePositions(queue.last, this.#applied) < 0) queue.reset(this.#applied);
    if (comparePositions(this.#applied, queue.follows) < 0) this.#startAt(ORIGIN);
    options.batch.takeUp(this.#applied);
    this.#checkpoints.refusals.begin(options.folders);
  }

  request(message: ToStream): void {
    meetRequest(message, this.#options, {
      confirm: () => this.#confirm(),
      confirmLoss: (folder) => this.#confirmLoss(folder),
      synced: (number, failure) => this.#checkpoints.synced(number, failure),
    });
  }

  link(message: DataMessage): void {
    switch (message.kind) {
      case 'up':
        this.#linkUp = true;
        this.#acknowledgement.forget();
        if (message.peerServerId !== this.#options.apply.activeServerId) this.#otherActive(message.peerServerId);
        this.#resume();
        return;
      case 'down':
        this.#linkUp = false;
        this.#streaming = false;
        this.#options.batch.linkLost();
        this.#options.content.lost();
        this.#options.rechecks.lost();
        return;
      case 'frame':
        if (this.#linkUp) this.#frame(decodeFrame(message.frame));
    }
  }

  step(now: MonotonicMs): number {
    const { guard, apply, follower, rechecks, batch, folders, waits, lookout, content, doubts, leftFinding } =
      this.#options;
    guard?.onNotices();
    const gatherMs = this.#makeDurable(now);
    if (this.#resumeAt !== null && now >= this.#resumeAt) this.#askAgain(now);
    if (this.#options.still.holds(now)) return Math.min(gatherMs, STILL_MS);
    const hasWork = this.#mayApply && !this.#awaitsContent;
    const behind = hasWork ? waits.during(folders, () => this.#applyTurn(now)) : this.#isBehind;
    const retryMs = apply.retry(now);
    follower.settle(now);
    batch.step(now, this.#applied, this.#batchDoors);
    const lookoutMs = lookout.step();
    if (apply.brake.takeTurn()) this.#beginAnew();
    apply.border.step((now + TURN_MS.usual) as MonotonicMs);
    this.#options.inUse.step(now);
    this.#options.meddling.step(() => apply.counts.unchecked + apply.counts.outOfSync === 0);
    if (this.#options.firstPairing.nothingToLose) this.#confirm();
    if (this.#linkUp && this.#streaming) {
      if (!behind && this.#wish.isDue(now, verificationOf(this.#options))) rechecks.everything();
      const again = rechecks.take();
      if (again !== null) this.#send({ kind: 'recheck', ...again });
      if (batch.state === 'none') content.pump();
    }
    content.step(now, this.#linkUp && this.#streaming);
    doubts.step({ now, isAnswered: !behind && this.#isAnswered, checks: follower.checks });
    leftFinding.step(now, isFrozen(this.#options));
    this.#options.still.step(now, this);
    // Also while behind: what is applied must not wait for its checkpoint until the queue is empty.
    const waitMs = batch.state === 'applying' ? BATCH_MS : this.#checkpoints.step(now, this.#applied);
    // What only waits to be made durable is waited for asleep.
    const isBusy = batch.isBehind || (this.#mayApply && !this.#awaitsContent);
    return isBusy ? 0 : Math.min(waitMs, gatherMs, lookoutMs, retryMs);
  }

  report(now: MonotonicMs): PassiveReport {
    const { brake, counts } = this.#options.apply;
    return passiveReport(this.#options, {
      now,
      isHeldMoment: this.#heldMoment.isOne(brake.isHeld, counts.outOfSync + counts.unchecked),
      applied: this.#applied,
      isBehind: this.#isBehind,
      isRefused: this.#checkpoints.isRefused,
    });
  }

  /** Something here may have changed unseen: everything is to be verified again. */
  distrust(): void {
    this.#options.follower.distrust();
    this.#wish.hurry();
  }

  /** Makes a checkpoint at once; none in the middle of a batch, which is applied from its beginning where it has to be again. */
  checkpoint(): void {
    if (this.#options.batch.state !== 'applying') this.#checkpoints.make(this.#applied);
  }

  stop(): void {
    const { queue, apply, follower, batch, registry } = this.#options;
    follower.close();
    registry.close();
    // Where there is no space for the record, the next run applies the queue again.
    this.checkpoint();
    batch.close();
    queue.close();
    apply.close();
  }

  get #isBehind(): boolean {
    return comparePositions(this.#applied, this.#options.queue.last) < 0;
  }

  get #mayApply(): boolean {
    return !this.#options.lookout.isWaiting && comparePositions(this.#applied, this.#applicable) < 0;
  }

  /** Is what the active server is asked to state stated soon? */
  get #isAnswered(): boolean {
    const { batch, follower } = this.#options;
    const isSettled = batch.state === 'none' && follower.verification === 'done' && !isFrozen(this.#options);
    return this.#linkUp && this.#streaming && isSettled;
  }

  /** Up to there records may be applied. */
  get #applicable(): Position {
    return this.#options.batch.limit(this.#options.queue.durable, this.#applied);
  }

  get #batchDoors(): BatchDoors {
    return {
      save: () => this.#checkpoints.make(this.#applied),
      ask: this.#linkUp && this.#streaming ? (requests) => this.#options.content.ask(requests) : null,
    };
  }

  /** What can't come, for the link is down, is not waited for: the queue is applied without the active server, too. */
  get #awaitsContent(): boolean {
    return this.#streaming && this.#options.apply.counts.pullsUnasked >= UNASKED_MAX;
  }

  /** From now on the passive's content may be replaced: the stream begins anew, this time to be applied. */
  #confirm(): void {
    if (this.#options.firstPairing.confirm()) this.#beginAnew();
  }

  #confirmLoss(folder: string): void {
    const { apply } = this.#options;
    if (apply.brake.confirm(folder) === 'gone') apply.giveUp(folder);
    if (apply.brake.takeTurn()) this.#beginAnew();
  }

  /** Whether anything here may be changed is another: what came as a preview was only compared, and is stated again. */
  #beginAnew(): void {
    const { brake } = this.#options.apply;
    const report = this.report(this.#options.now());
    if (brake.isHeld) this.#heldMoment.begins({ ...report, undecided: report.undecided - brake.held });
    this.#startAt(ORIGIN);
    this.#options.follower.gap();
    this.#options.leftAlone.clear();
    if (this.#linkUp) this.#resume();
  }

  #resume(): void {
    this.#sync();
    this.#streaming = false;
    this.#resumeAt = null;
    this.#resumes += 1;
    this.#send({
      kind: 'resume',
      number: this.#resumes,
      durable: this.#options.queue.last,
      activeServerId: this.#options.apply.activeServerId,
      preview: isFrozen(this.#options),
      unverified: this.#options.follower.verification === 'none',
    });
  }

  /** Another server became the active one: its node ids are its own, so nothing known by id holds any more. */
  #otherActive(serverId: string): void {
    this.#finishQueue();
    this.#options.apply.forget();
    this.#options.apply.activeServerId = serverId;
    this.#options.apply.brake.takeTurn();
    this.#startAt(ORIGIN);
  }

  #frame(frame: DataFrame): void {
    switch (frame.kind) {
      case 'reset':
        // The answer to a resume that another one followed.
        if (frame.number !== this.#resumes) return;
        if (frame.gap && !this.#missed(frame)) return;
        this.#options.moment.resumed(frame.number, frame.position);
        this.#streaming = true;
        return;
      case 'stream':
        if (!this.#streaming) return;
        this.#checkpoints.schedule.received(frame.records.length);
        if (this.#options.queue.take(frame.records)) return;
        // What follows would leave a hole.
        this.#streaming = false;
        this.#resumeAt = this.#options.now() + NO_SPACE_MS;
        return;
      case 'content':
        this.#options.content.answered(frame.answers, this.#options.batch);
        this.#checkpoints.schedule.worked(this.#options.now());
        return;
      default:
      // Frames that only an active server answers are ignored here.
    }
  }

  /** @returns false where the stream does not go on from there: there is no space to begin anew, or it was asked for again. */
  #missed({ number, position, named }: Extract<DataFrame, { kind: 'reset' }>): boolean {
    const { apply, follower, leftAlone, rechecks } = this.#options;
    try {
      this.#finishQueue();
      // What the queue held was a loss that has to be confirmed: the stream was asked for anew.
      if (number !== this.#resumes) return false;
      this.#startAt(position, named);
    } catch (error) {
      if (isPassing(error)) this.#checkpoints.refused(error);
      else if (!isProblem(error, 'L20')) throw error;
      this.#resumeAt = this.#options.now() + NO_SPACE_MS;
      return false;
    }
    if (named) {
      follower.missed();
      apply.checksInterrupted();
      rechecks.lost();
    } else {
      follower.gap();
      leftAlone.clear();
    }
    return true;
  }

  /** Asks for the stream again once there is room for it. */
  #askAgain(now: MonotonicMs): void {
    if (this.#linkUp && !this.#options.queue.isDiskFull) this.#resume();
    else this.#resumeAt = now + NO_SPACE_MS;
  }

  /** Everything received is applied before the stream starts anew, but for what was gathered and is not whole. */
  #finishQueue(): void {
    this.#sync();
    this.#options.lookout.decide();
    while (this.#mayApply) {
      this.#applyBatch(Number.POSITIVE_INFINITY as MonotonicMs);
      this.#options.batch.step(this.#options.now(), this.#applied, this.#batchDoors);
      this.#options.lookout.decide();
    }
    this.checkpoint();
  }

  #otherStream(): void {
    this.#options.moment.lost();
    this.#options.follower.gap();
  }

  /** @param named - what was missed before it is stated next. */
  #startAt(position: Position, named = false): void {
    const { batch, moment, still, lookout } = this.#options;
    still.broken();
    this.#records.clear();
    lookout.restart();
    batch.restart(position, named, () => this.#checkpoints.startAt(position));
    if (batch.state === 'none') moment.lost();
    this.#applied = position;
  }

  /**
   * One fdatasync for all that came; only then is it applied, so that what is seen here stays, and acknowledged.
   * While there is other work, or shortly after the last one, more of it is gathered.
   * @returns milliseconds that it may wait; infinite where nothing waits.
   */
  #makeDurable(now: MonotonicMs): number {
    const { queue } = this.#options;
    const isIdle = !this.#mayApply && this.#options.apply.counts.pullsUnasked === 0;
    const gatherMs = queue.gatherMs(now, isIdle);
    if (gatherMs > 0 && Number.isFinite(gatherMs)) return gatherMs;
    this.#sync();
    const news = this.#streaming ? this.#acknowledgement.next(this.#checkpoints.position) : null;
    if (news !== null) this.#send({ kind: 'acknowledge', ...news });
    return Number.POSITIVE_INFINITY;
  }

  #sync(): void {
    const { queue, waits, now } = this.#options;
    // What it takes is measured, which is not free.
    const hasSynced = queue.isDirty ? waits.during(queue.directory, () => queue.sync()) : queue.sync();
    if (hasSynced) this.#checkpoints.schedule.worked(now());
  }

  /** @returns true while more is waiting. */
  #applyTurn(now: MonotonicMs): boolean {
    this.#checkpoints.schedule.worked(now);
    const until = (now + TURN_MS[this.#options.queue.isExpected(now) ? 'awaited' : 'usual']) as MonotonicMs;
    do this.#applyBatch(until);
    while (this.#mayApply && !this.#awaitsContent && this.#options.now() < until);
    return this.#isBehind;
  }

  /** What was read at once, or as much of it as there is time for. */
  #applyBatch(until: MonotonicMs): void {
    const { queue, apply, now, lookout, batch } = this.#options;
    do {
      const record = this.#records.after(this.#applied);
      if (record === null) {
        // The queue holds less than it says (damage was cut away): the active will be asked to begin anew.
        this.#applied = queue.last;
        return;
      }
      if (comparePositions(record.position, this.#applicable) > 0) return;
      if (batch.state === 'none' && !isFrozen(this.#options) && lookout.stops(record, this.#applied)) return;
      // Another stream goes on in the same queue where nothing of it was missed: what ran in the old one is void.
      if (record.position.epoch !== this.#applied.epoch) this.#otherStream();
      applyRecord(this.#options, record.position, record.change);
      if (apply.brake.takeTurn()) return this.#beginAnew();
      this.#applied = record.position;
      this.#records.taken(record);
    } while (this.#records.hasMore && now() < until);
  }

  #send(frame: DataFrame): void {
    this.#options.outlets.sendFrame(encodeFrame(frame));
  }
}
