import type { Request } from '../fuse/request.ts';
import type { Status } from '../fuse/status.ts';
import { STATX } from '../fuse/structures.ts';
import { type Progress, STAGE } from './progress.ts';
import { RECORD, RECORDED } from './record.ts';
import type { RecordRoom } from './ring-writer.ts';

/**
 * Makes the record of a request. It is begun before anything is done: whoever sees what was done, and does
 * something because of it, then has a later place in the order. While it is begun and not ended, no lock may be
 * waited for.
 */
export class Recorder {
  readonly #ring: RecordRoom;
  readonly #request: Request;
  readonly #node: Status;
  readonly #folder: Status;
  readonly #otherFolder: Status;
  /** False once records are lost. */
  #hasRoom = false;
  readonly #mount: number;
  readonly #progress: Progress;

  constructor(
    ring: RecordRoom,
    request: Request,
    parts: {
      readonly node: Status;
      readonly folder: Status;
      readonly otherFolder: Status;
      readonly progress: Progress;
    },
    mount: number,
  ) {
    const { node, folder, otherFolder } = parts;
    this.#mount = mount;
    this.#ring = ring;
    this.#progress = parts.progress;
    this.#request = request;
    this.#node = node;
    this.#folder = folder;
    this.#otherFolder = otherFolder;
  }

  /** Takes the request's place in the order, and room for its record. */
  begin(): void {
    this.#hasRoom = this.#ring.begin(RECORD.request + this.#request.length);
    this.#progress.begun();
  }

  /** As {@link begin}, of a flush: what was done before it stays done. */
  beginFlush(): void {
    this.#hasRoom = this.#ring.begin(RECORD.request + this.#request.length);
  }

  /** Something is changed that is not recorded. */
  pass(): void {
    this.#progress.begun();
  }

  /** What was begun failed, and left nothing behind. @returns `outcome`, for the reply. */
  cancel(outcome: number): number {
    this.#progress.done(outcome);
    if (this.#hasRoom) this.#ring.cancel();
    this.#hasRoom = false;
    return outcome;
  }

  /**
   * What was begun is done.
   * @param recorded - bits of RECORDED: which of the statuses are those that the request left behind.
   * @param answer - what is answered, but for what the answer says of the node.
   */
  record(low: number, high: number, recorded: number, outcome = 0, answer = outcome): void {
    if (!this.#hasRoom) return this.#progress.done(answer);
    this.#hasRoom = false;
    const ring = this.#ring;
    const { length } = this.#request;
    ring.u32(RECORD.node, low);
    ring.u32(RECORD.node + 4, high);
    ring.u32(RECORD.outcome, outcome);
    ring.u32(RECORD.recorded, recorded);
    if ((recorded & RECORDED.attributes) !== 0) this.#attributes();
    if ((recorded & RECORDED.folder) !== 0) {
      this.#time(this.#folder, RECORD.folderMtime, RECORD.folderMtimeNanoseconds);
    }
    if ((recorded & RECORDED.otherFolder) !== 0) {
      this.#time(this.#otherFolder, RECORD.otherFolderMtime, RECORD.otherFolderMtimeNanoseconds);
    }
    ring.u32(RECORD.requestLength, length);
    ring.u32(RECORD.mount, this.#mount);
    ring.copy(RECORD.request, this.#request.whole(length));
    this.#progress.done(answer);
    ring.end((recorded & RECORDED.flush) !== 0);
  }

  /** What was begun is a flush of the request's node. @param place - of its reply. */
  recordFlush(place: number): void {
    const answer = this.#progress.stage === STAGE.done ? this.#progress.outcome : place;
    this.record(this.#request.nodeLow, this.#request.nodeHigh, RECORDED.flush, place, answer);
  }

  /**
   * Records a change of a node whose status was read behind it.
   * @param looked - what reading gave: below 0 where it failed, and the status means nothing.
   */
  recordChange(low: number, high: number, looked: number, outcome = 0, answer = outcome): void {
    this.record(low, high, looked < 0 ? 0 : RECORDED.attributes, outcome, answer);
  }

  /** A change of a node failed on its way: what it left behind is not known (torn-changes.ts). */
  recordTorn(low: number, high: number, failure: number): void {
    this.record(low, high, 0, 0, failure);
  }

  /** Something was changed that can't be told: nothing is recorded any more. */
  giveUp(): void {
    if (this.#hasRoom) this.#ring.giveUp();
    this.#hasRoom = false;
  }

  #attributes(): void {
    const ring = this.#ring;
    const node = this.#node;
    ring.u32(RECORD.mode, node.mode);
    ring.u32(RECORD.uid, node.uid);
    ring.u32(RECORD.gid, node.gid);
    ring.u32(RECORD.size, node.word(STATX.size));
    ring.u32(RECORD.size + 4, node.word(STATX.size + 4));
    this.#time(node, RECORD.mtime, RECORD.mtimeNanoseconds);
  }

  #time(status: Status, seconds: number, nanoseconds: number): void {
    this.#ring.u32(seconds, status.word(STATX.mtime));
    this.#ring.u32(seconds + 4, status.word(STATX.mtime + 4));
    this.#ring.u32(nanoseconds, status.word(STATX.mtimeNanoseconds));
  }
}
