import { comparePositions, ORIGIN, type Position } from '../../src/changes/change.ts';
import { encodeChange, readRecords } from '../../src/changes/codec.ts';
import type { DataFrame } from '../../src/changes/data-frame.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';
import { decideResume } from '../../src/journal/resume.ts';
import type { MonotonicMs } from '../../src/kernel/units.ts';
import type { ProblemData } from '../../src/problems/problem.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { Violation } from './queue-model.ts';

const ATTRIBUTES = { mode: 0o600, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

/** @param lasts - as the receive queue does; the send queue does not. */
function openQueue(disk: SimulatedDisk, lasts: boolean): Journal {
  const onDamage = (problem: ProblemData): never => {
    throw new Violation(`reported damage where there is none: ${JSON.stringify(problem.parameters)}`);
  };
  return openJournal({
    files: disk,
    clock: { monotonicMs: () => 0 as MonotonicMs },
    directory: '/queue',
    segmentBytesMax: 16 * 1024,
    lasting: lasts ? { onDamage } : null,
  });
}

/** Everything that was ever put into the stream, by epoch; content is never the same twice. */
export class Produced {
  readonly #epochs = new Map<number, Buffer[]>();
  #count = 0;

  next(position: Position, sizeBytes: number): Buffer {
    this.#count += 1;
    const content = Buffer.alloc(4 + sizeBytes);
    content.writeUInt32LE(this.#count);
    const record = encodeChange(position, { kind: 'content', node: 1, attributes: ATTRIBUTES, content });
    const records = this.#epochs.get(position.epoch) ?? [];
    records[position.sequence - 1] = record;
    this.#epochs.set(position.epoch, records);
    return record;
  }

  at(position: Position): Buffer | undefined {
    return this.#epochs.get(position.epoch)?.[position.sequence - 1];
  }
}

/** The active server's end. No epoch outlives its process. */
export class Sender {
  readonly disk: SimulatedDisk;
  readonly #produced: Produced;
  journal: Journal;
  epoch = 1;
  /** Up to here it was sent on this connection; null before the receiver said what it holds. */
  sent: Position | null = null;

  constructor(disk: SimulatedDisk, produced: Produced) {
    this.disk = disk;
    this.#produced = produced;
    this.journal = openQueue(disk, false);
    this.#begin();
  }

  produce(sizeBytes: number): void {
    const { last } = this.journal;
    const position = { epoch: this.epoch, sequence: last.epoch === this.epoch ? last.sequence + 1 : 1 };
    this.journal.append(this.#produced.next(position, sizeBytes), position);
  }

  /** What to send now; null where nothing waits. */
  pull(bytesMax: number): DataFrame | null {
    if (this.sent === null) return null;
    const batch = this.journal.read(this.sent, bytesMax);
    if (batch === null) return null;
    this.sent = batch.last;
    return { kind: 'stream', records: batch.records };
  }

  receive(frame: DataFrame): DataFrame | null {
    if (frame.kind === 'acknowledge') this.journal.trim(frame.durable);
    if (frame.kind !== 'resume') return null;
    const { first, last } = this.journal;
    const decision = decideResume({ sender: { epoch: this.epoch, first, last }, durable: frame.durable });
    if (decision.kind === 'gap') {
      this.epoch = Math.max(this.epoch, frame.durable.epoch) + 1;
      this.#begin();
    }
    this.sent = decision.kind === 'gap' ? { epoch: this.epoch, sequence: 0 } : decision.after;
    return {
      kind: 'reset',
      number: 1,
      position: this.sent,
      gap: decision.kind === 'gap',
      named: false,
      activeServerId: 'a',
    };
  }

  /** The peer was away too long: the queue is dropped. */
  overflow(): void {
    this.sent = null;
    this.journal.reset(this.journal.last);
  }

  restart(): void {
    this.sent = null;
    this.epoch += 1;
    this.journal = openQueue(this.disk, false);
    this.#begin();
  }

  #begin(): void {
    this.journal.reset({ epoch: this.epoch, sequence: 0 });
  }
}

/** The passive server's end. `applied` is durable elsewhere, as Apply's checkpoint is. */
export class Receiver {
  readonly disk: SimulatedDisk;
  readonly #produced: Produced;
  journal: Journal;
  /** Says that it holds what it did not sync: a mutant. */
  readonly #lies: boolean;
  #isStreaming = false;
  #acknowledged: Position = ORIGIN;
  applied: Position = ORIGIN;

  constructor(disk: SimulatedDisk, options: { produced: Produced; lies: boolean }) {
    this.disk = disk;
    this.#produced = options.produced;
    this.#lies = options.lies;
    this.journal = openQueue(disk, true);
  }

  connect(): DataFrame {
    this.#isStreaming = false;
    // What is said here is relied on like an acknowledgement.
    if (!this.#lies) this.journal.sync();
    this.#acknowledged = this.journal.last;
    return {
      kind: 'resume',
      number: 1,
      durable: this.journal.last,
      activeServerId: 'a',
      preview: false,
      unverified: false,
    };
  }

  receive(frame: DataFrame): void {
    if (frame.kind === 'reset') {
      if (frame.gap) this.#startAt(frame.position);
      this.#isStreaming = true;
    }
    if (frame.kind === 'stream' && this.#isStreaming) this.journal.appendBatch(frame.records);
  }

  acknowledge(): DataFrame | null {
    if (!this.#isStreaming) return null;
    if (!this.#lies) this.journal.sync();
    this.#acknowledged = this.journal.last;
    return { kind: 'acknowledge', durable: this.#acknowledged, applied: this.applied };
  }

  /** Takes what comes next, as Apply does, and checks that it is what comes next. */
  apply(bytesMax: number): boolean {
    const batch = this.journal.read(this.applied, bytesMax);
    if (batch === null) return false;
    let offset = 0;
    for (const { position, length } of readRecords(batch.records)) {
      this.#checkNext(position, batch.records.subarray(offset, offset + length));
      this.applied = position;
      offset += length;
    }
    this.journal.trim(this.applied);
    return true;
  }

  restart(): void {
    this.#isStreaming = false;
    this.journal = openQueue(this.disk, true);
    const { last } = this.journal;
    const held = comparePositions(last, this.applied) > 0 ? last : this.applied;
    if (comparePositions(held, this.#acknowledged) < 0) {
      throw new Violation(`acknowledged up to ${JSON.stringify(this.#acknowledged)}, holds ${JSON.stringify(held)}`);
    }
    if (comparePositions(this.applied, last) > 0) this.journal.reset(this.applied);
  }

  #startAt(position: Position): void {
    while (this.apply(100_000)) continue;
    // In this order: a queue behind the checkpoint is mended by a restart, a checkpoint behind the queue is a hole.
    this.applied = position;
    this.#acknowledged = position;
    this.journal.reset(position);
  }

  #checkNext(position: Position, record: Buffer): void {
    const { epoch, sequence } = this.applied;
    const isNext = position.epoch === epoch ? position.sequence === sequence + 1 : position.sequence === 1;
    if (!isNext) throw new Violation(`a hole before ${JSON.stringify(position)}`);
    if (this.#produced.at(position)?.equals(record) !== true) throw new Violation('another record than was produced');
  }
}
