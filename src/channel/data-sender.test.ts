import { expect, it } from 'vitest';
import type { Clock, Timers } from '../kernel/clock.ts';
import { ownMemory } from '../kernel/frame-memory.ts';
import { FrameReader } from '../kernel/frames.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { zstd } from '../system/files/zstd.ts';
import { decodeCompressed, isOfChannel } from './compressed-frame.ts';
import { DataSender } from './data-sender.ts';
import { DATA_BYTES_MAX } from './framing.ts';

const KIB = 1024;

/** A sender with a peer at hand that reads what it writes, on a clock that the test moves. */
class Trial {
  now = 0;
  written = 0;
  readonly writes: number[] = [];
  readonly received: Buffer[] = [];
  readonly thin: (number | null)[] = [];
  readonly sender: DataSender;
  #timers: { due: number; action: () => void }[] = [];
  #dones: (() => void)[] = [];

  constructor(bytesPerSecondMax = 0) {
    const reader = new FrameReader(DATA_BYTES_MAX, (frame) => this.received.push(Buffer.from(frame)));
    const clock: Clock = { monotonicMs: () => this.now as MonotonicMs, wallMs: () => 0 as WallMs };
    const timers: Timers = {
      after: (delayMs, action) => {
        const timer = { due: this.now + delayMs, action };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((each) => each !== timer));
      },
      every: () => () => undefined,
    };
    const socket = {
      write: (data: Uint8Array, onDone: () => void) => {
        this.writes.push(data.length);
        this.written += data.length;
        reader.take(data);
        this.#dones.push(onDone);
        return true;
      },
    } as unknown as SecureSocket;
    const onThin = (bytes: number | null): void => void this.thin.push(bytes);
    this.sender = new DataSender(socket, { clock, timers, compression: zstd, bytesPerSecondMax, onThin });
  }

  send(content: Buffer, onDone: () => void = () => undefined): void {
    const frame = ownMemory.take(content.length);
    frame.set(content);
    this.sender.send(frame, onDone);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const timer of this.#timers.filter(({ due }) => due <= this.now)) {
      this.#timers = this.#timers.filter((each) => each !== timer);
      timer.action();
    }
  }

  /** The kernel took everything. */
  taken(): void {
    for (const done of this.#dones.splice(0)) done();
  }

  receipt(): void {
    expect(this.sender.onReceipt({ bytes: this.written, busy: 0 })).toBe(true);
  }
}

function frames(count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, (_, number) => Buffer.alloc(bytes, `frame ${number} `));
}

it('writes no more than the window before a receipt, in order, and gives each frame back once', () => {
  const trial = new Trial();
  trial.sender.begin(true);
  const sent = frames(12, 500 * KIB);
  let done = 0;
  for (const frame of sent) trial.send(frame, () => (done += 1));
  expect(trial.written).toBeGreaterThanOrEqual(1024 * KIB);
  expect(trial.written).toBeLessThan(1100 * KIB);
  for (let round = 0; round < 200 && trial.received.length < sent.length; round++) {
    trial.pass(50);
    trial.taken();
    trial.receipt();
  }
  trial.taken();
  expect(trial.received.map((frame) => frame.subarray(0, 20).toString())).toEqual(
    sent.map((frame) => frame.subarray(0, 20).toString()),
  );
  expect(done).toBe(sent.length);
  expect(trial.sender.bytesWaiting).toBeGreaterThan(0);
  trial.receipt();
  expect(trial.sender.bytesWaiting).toBe(0);
});

it('goes by what the kernel took where the peer sends no receipts, and compresses nothing', () => {
  const trial = new Trial(100 * KIB);
  trial.sender.begin(false);
  for (const frame of frames(20, 50 * KIB)) trial.send(frame);
  for (let round = 0; round < 200; round++) {
    trial.pass(250);
    trial.taken();
    trial.sender.look(0);
  }
  expect(trial.received).toHaveLength(20);
  expect(trial.received.some((frame) => isOfChannel(frame))).toBe(false);
  expect(trial.sender.silentMs()).toBe(0);
});

it('keeps to the rate in small pieces, and compresses while something waits for it', () => {
  const trial = new Trial(100 * KIB);
  trial.sender.begin(true);
  const sent = frames(40, 50 * KIB);
  for (const frame of sent) trial.send(frame);
  for (let round = 0; round < 20 && trial.received.length < sent.length; round++) {
    trial.pass(50);
    trial.receipt();
    if (round % 5 === 4) trial.sender.look(0);
    expect(trial.written).toBeLessThan(100 * KIB * (trial.now / 1000 + 0.2));
  }
  expect(trial.sender.isCompressing).toBe(true);
  expect(Math.max(...trial.writes)).toBeLessThanOrEqual(64 * KIB);
  for (let round = 0; round < 100; round++) {
    trial.pass(50);
    trial.receipt();
  }
  const whole = trial.received.map((frame) => (isOfChannel(frame) ? decodeCompressed(frame, zstd) : frame));
  expect(whole.map((frame) => Buffer.compare(frame, sent[whole.indexOf(frame)] as Buffer))).toEqual(sent.map(() => 0));
  expect(trial.received.some((frame) => isOfChannel(frame))).toBe(true);
});

it('lets another rate count at once', () => {
  const trial = new Trial(10 * KIB);
  trial.sender.begin(true);
  for (const frame of frames(4, 100 * KIB)) trial.send(frame);
  expect(trial.received).toHaveLength(0);
  trial.sender.limit(0);
  expect(trial.received).toHaveLength(4);
});

it('gives back what waits when the connection ends', () => {
  const trial = new Trial(KIB);
  trial.sender.begin(true);
  let done = 0;
  for (const frame of frames(5, 100 * KIB)) trial.send(frame, () => (done += 1));
  trial.sender.end();
  expect(done).toBe(5);
  trial.send(Buffer.alloc(10, 1), () => (done += 1));
  expect(done).toBe(6);
});

it('says how much may wait ahead: less on a thinner link, nothing at all on a wide one', () => {
  const trial = new Trial();
  trial.sender.begin(true);
  expect(trial.thin).toEqual([256 * KIB]);
  for (const frame of frames(400, 1024 * KIB)) trial.send(frame);
  for (let round = 0; round < 20; round++) {
    trial.pass(20);
    trial.receipt();
  }
  expect(trial.thin.at(-1)).toBeNull();
});
