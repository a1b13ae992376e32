import { describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { SendWindow } from './send-window.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const STEP_MS = 20;

const STREAM_BYTES_MAX = 12 * MIB;

/** A sender that always has something, over a link with a queue of any length. */
function run(window: SendWindow, link: { bytesPerSecond: number; wayMs: number }, seconds: number, from = 0): number {
  const arriving: { at: number; total: number }[] = [];
  const before = window.bytesReceived + window.bytesUnderWay;
  if (before > 0) window.received(before, from as MonotonicMs);
  let total = before;
  let freeAt = from;
  for (let now = from; now < from + seconds * 1000; now += STEP_MS) {
    let received: number | null = null;
    while (arriving[0] !== undefined && arriving[0].at <= now) received = arriving.shift()?.total ?? null;
    if (received !== null) expect(window.received(received, now as MonotonicMs)).toBe(true);
    while (!window.isFull && window.bytesUnderWay < STREAM_BYTES_MAX) {
      const bytes = 16 * KIB;
      window.sent(bytes, now as MonotonicMs);
      total += bytes;
      freeAt = Math.max(freeAt, now) + (bytes * 1000) / link.bytesPerSecond;
      arriving.push({ at: freeAt + link.wayMs, total });
    }
    if (window.isFull) window.heldBack();
  }
  return total - before;
}

describe('the window of what is on its way', () => {
  it('holds what a thin link carries in a fifth of a second, and lets it be busy all the time', () => {
    const window = new SendWindow();
    const sent = run(window, { bytesPerSecond: 1_250_000, wayMs: 50 }, 20);
    expect(window.bytesMax).toBeGreaterThan(150 * KIB);
    expect(window.bytesMax).toBeLessThan(400 * KIB);
    expect(window.bytesPerSecond).toBeGreaterThan(1_000_000);
    expect(window.bytesPerSecond).toBeLessThan(1_500_000);
    expect(sent).toBeGreaterThan(0.95 * 20 * 1_250_000);
    expect(window.isWide).toBe(false);
  });

  it('holds back nothing on a fast link', () => {
    const window = new SendWindow();
    run(window, { bytesPerSecond: 1_000_000_000, wayMs: 1 }, 3);
    expect(window.isWide).toBe(true);
  });

  it('holds back a fast link for a few receipts only', () => {
    const window = new SendWindow();
    run(window, { bytesPerSecond: 1_000_000_000, wayMs: 1 }, 0.2);
    expect(window.isWide).toBe(true);
  });

  it('finds out that a wide link has become a thin one', () => {
    const window = new SendWindow();
    run(window, { bytesPerSecond: 1_000_000_000, wayMs: 1 }, 3);
    run(window, { bytesPerSecond: 1_250_000, wayMs: 50 }, 30, 3000);
    expect(window.bytesMax).toBeLessThan(400 * KIB);
  });

  it('fills a long link as well', () => {
    const window = new SendWindow();
    const sent = run(window, { bytesPerSecond: 12_500_000, wayMs: 300 }, 20);
    expect(sent).toBeGreaterThan(0.8 * 20 * 12_500_000);
  });

  it('tells for how long nothing was received of what is on its way', () => {
    const window = new SendWindow();
    const at = (ms: number): MonotonicMs => ms as MonotonicMs;
    expect(window.silentMs(at(1000))).toBe(0);
    window.sent(100, at(1000));
    window.sent(100, at(3000));
    expect(window.silentMs(at(5000))).toBe(4000);
    window.received(50, at(5000));
    expect(window.silentMs(at(6000))).toBe(1000);
    window.heldUp(800, at(6000));
    expect(window.silentMs(at(6000))).toBe(200);
    // A receipt that was read before it was noticed came now, not in the future.
    window.heldUp(60_000, at(6000));
    expect(window.silentMs(at(7000))).toBe(1000);
    window.received(200, at(6000));
    expect(window.silentMs(at(9000))).toBe(0);
  });

  it('takes no receipt of what was never sent, and passes over an old one', () => {
    const window = new SendWindow();
    window.sent(100, 0 as MonotonicMs);
    expect(window.received(101, 1 as MonotonicMs)).toBe(false);
    expect(window.received(100, 1 as MonotonicMs)).toBe(true);
    expect(window.received(50, 2 as MonotonicMs)).toBe(true);
    expect(window.bytesUnderWay).toBe(0);
  });
});
