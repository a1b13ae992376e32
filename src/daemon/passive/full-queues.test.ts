import { describe, expect, it } from 'vitest';
import { ORIGIN, type Position } from '../../changes/change.ts';
import type { Journal } from '../../journal/journal.ts';
import { MIB, type MonotonicMs } from '../../kernel/units.ts';
import { Problem } from '../../problems/problem.ts';
import { QueueSpace } from '../stream/queue-space.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { SendQueue } from '../active/send-queue.ts';

const at = (sequence: number): Position => ({ epoch: 1, sequence });
const RECORD = new Uint8Array(MIB);

/** Holds nothing but numbers; refuses while its disk is full. */
class CountingJournal implements Journal {
  isFull = false;
  first: Position | null = null;
  follows = ORIGIN;
  last: Position = at(0);
  bytes = 0;
  records = 0;

  oldestMs(): number {
    return 0;
  }
  append(record: Uint8Array, position: Position): void {
    this.#needSpace();
    this.last = position;
    this.bytes += record.length;
    this.records += 1;
  }
  appendBatch(records: Uint8Array): Position {
    this.append(records, at(this.last.sequence + 1));
    return this.last;
  }
  sync(): void {}
  read(): null {
    return null;
  }
  trim(upTo: Position): void {
    if (upTo.sequence >= this.last.sequence) this.bytes = 0;
  }
  reset(to: Position): void {
    this.#needSpace();
    this.last = to;
    this.bytes = 0;
    this.records = 0;
  }
  close(): void {}

  #needSpace(): void {
    if (this.isFull) throw new Problem('L20', { directory: '/queues' });
  }
}

class Trial {
  readonly journal = new CountingJournal();
  nowMs = 0;
  freeBytes = 100 * MIB;
  readonly space = new QueueSpace({
    limits: { sizeBytesMax: 50 * MIB, freeBytesMin: 10 * MIB },
    freeBytes: () => this.freeBytes,
    now: () => this.nowMs as MonotonicMs,
  });
  readonly send = new SendQueue({ journal: this.journal, directory: '/queues', space: this.space });
  readonly receive = new ReceiveQueue({
    journal: this.journal,
    directory: '/queues',
    space: this.space,
    now: () => this.nowMs as MonotonicMs,
  });

  append(count: number): void {
    for (let left = count; left > 0; left--) this.send.append(RECORD, at(this.journal.last.sequence + 1));
  }
}

describe('a send queue', () => {
  it('meets its bound by its size, whoever takes from it', () => {
    const trial = new Trial();
    trial.append(50);
    expect([trial.send.boundMet(true), trial.send.boundMet(false)]).toEqual([null, null]);
    trial.append(1);
    expect([trial.send.boundMet(true), trial.send.boundMet(false)]).toEqual(['size', 'size']);
  });

  it('leaves the free space it is to leave; what it needs to work it holds while the passive takes it', () => {
    const trial = new Trial();
    trial.freeBytes = 9 * MIB;
    trial.append(2);
    expect([trial.send.boundMet(true), trial.send.boundMet(false)]).toEqual([null, 'space']);
    trial.append(20);
    expect(trial.send.boundMet(true)).toBe('space');
  });

  it('asks for the free space after each MiB, so that it is met before much more is written', () => {
    const trial = new Trial();
    trial.append(1);
    expect(trial.send.boundMet(false)).toBeNull();
    trial.freeBytes = 9 * MIB;
    trial.append(1);
    expect(trial.send.boundMet(false)).toBe('space');
  });

  it('on a full disk appends nothing and says so, until there is room again', () => {
    const trial = new Trial();
    trial.append(5);
    trial.journal.isFull = true;
    trial.freeBytes = 0;
    expect(trial.send.append(RECORD, at(6))).toBe(false);
    expect(trial.send.isDiskFull).toBe(true);
    trial.send.giveUp();
    expect(trial.send.bytes).toBe(0);
    expect(trial.send.begin(at(0))).toBe(false);
    trial.nowMs += 60_000;
    expect(trial.send.isDiskFull).toBe(true);
    trial.journal.isFull = false;
    trial.freeBytes = 100 * MIB;
    trial.nowMs += 60_000;
    expect(trial.send.isDiskFull).toBe(false);
    expect(trial.send.begin(at(0))).toBe(true);
  });
});

describe('a receive queue', () => {
  it('acknowledges what is durable, as long as there is room', () => {
    const trial = new Trial();
    expect(trial.receive.take(RECORD)).toBe(true);
    expect(trial.receive.acknowledgeable(at(0), at(0))).toEqual(at(0));
    trial.receive.sync();
    expect(trial.receive.acknowledgeable(at(0), at(0))).toEqual(at(1));
  });

  it('acknowledges no more than what is applied while too little space is left, and never less than before', () => {
    const trial = new Trial();
    trial.freeBytes = 9 * MIB;
    for (let taken = 0; taken < 3; taken++) trial.receive.take(RECORD);
    trial.receive.sync();
    expect(trial.receive.acknowledgeable(at(1), at(0))).toEqual(at(1));
    expect(trial.receive.acknowledgeable(at(1), at(2))).toEqual(at(2));
  });

  it('may gather what comes while there is work for 20 ms, or until it is much', () => {
    const trial = new Trial();
    const gatherMs = (): number => trial.receive.gatherMs(trial.nowMs as MonotonicMs, false);
    expect(gatherMs()).toBe(Number.POSITIVE_INFINITY);
    trial.receive.take(new Uint8Array(100));
    trial.nowMs = 15;
    trial.receive.take(new Uint8Array(100));
    expect(gatherMs()).toBe(5);
    trial.nowMs = 30;
    expect(gatherMs()).toBe(0);
    trial.receive.sync();
    expect(gatherMs()).toBe(Number.POSITIVE_INFINITY);
    trial.receive.take(new Uint8Array(MIB));
    expect(gatherMs()).toBe(0);
  });

  it('flushes at once where there is no other work and nobody flushed within 10 ms, or somebody waits', () => {
    const trial = new Trial();
    const gatherMs = (): number => trial.receive.gatherMs(trial.nowMs as MonotonicMs, true);
    trial.nowMs = 30;
    trial.receive.take(new Uint8Array(100));
    expect(gatherMs()).toBe(0);
    trial.receive.sync();
    trial.nowMs = 33;
    trial.receive.take(new Uint8Array(100));
    expect(gatherMs()).toBe(7);
    // Nothing: it is a question of somebody who waits.
    trial.receive.take(new Uint8Array(0));
    expect(gatherMs()).toBe(0);
  });

  it('takes nothing from a full disk, and says so', () => {
    const trial = new Trial();
    trial.journal.isFull = true;
    expect(trial.receive.take(RECORD)).toBe(false);
    expect(trial.receive.condition()).toMatchObject({ isDiskFull: true, bytes: 0 });
    expect(trial.receive.last).toEqual(at(0));
  });
});
