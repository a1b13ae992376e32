import { describe, expect, it } from 'vitest';
import type { MonotonicMs } from '../kernel/units.ts';
import { CompressionChoice, LOOK_MS, type LinkLook } from './compression-choice.ts';

const MIB = 1024 * 1024;
const THIN: LinkLook = {
  waiting: 0.95,
  linkBytesPerSecond: 1.25 * MIB,
  frameBytesPerSecond: 1.25 * MIB,
  busy: 0.05,
  peerBusy: 0.05,
};

class Trial {
  readonly choice = new CompressionChoice();
  now = 0;

  /** @returns whether it compresses after so long. */
  look(seen: Partial<LinkLook>, forMs = LOOK_MS): boolean {
    for (const end = this.now + forMs; this.now < end; this.now += LOOK_MS) {
      this.choice.look({ ...THIN, ...seen }, this.now as MonotonicMs);
    }
    return this.choice.isOn;
  }
}

describe('compression', () => {
  it('begins where the link is the bottleneck, and not for a moment', () => {
    const trial = new Trial();
    expect(trial.look({})).toBe(false);
    expect(trial.look({ waiting: 0.1 })).toBe(false);
    expect(trial.look({}, 2 * LOOK_MS)).toBe(true);
  });

  it.each<[string, Partial<LinkLook>]>([
    ['the link waits for data', { waiting: 0.3 }],
    ['the link was never the bottleneck', { linkBytesPerSecond: null }],
    ['the link is faster than what lies around it', { linkBytesPerSecond: 100 * MIB }],
    ['this processor has no time left', { linkBytesPerSecond: 12 * MIB, busy: 0.8 }],
    ['the other one has none', { linkBytesPerSecond: 12 * MIB, peerBusy: 0.8 }],
  ])('does not begin where %s', (_, seen) => {
    expect(new Trial().look(seen, 60_000)).toBe(false);
  });

  it('goes on while the link would be too thin without it, also where nothing waits for it any more', () => {
    const trial = new Trial();
    trial.look({}, 1000);
    expect(trial.look({ waiting: 0, frameBytesPerSecond: 5 * MIB, busy: 0.5 }, 60_000)).toBe(true);
  });

  it('ends where the link would not be the bottleneck without it', () => {
    const trial = new Trial();
    trial.look({}, 1000);
    expect(trial.look({ waiting: 0, frameBytesPerSecond: 0.3 * MIB }, 2000)).toBe(true);
    expect(trial.look({ waiting: 0, frameBytesPerSecond: 0.3 * MIB }, 2000)).toBe(false);
    expect(trial.look({}, 1000)).toBe(true);
  });

  it('ends where the processor becomes the bottleneck, and is tried again ever more rarely', () => {
    const trial = new Trial();
    const link = { linkBytesPerSecond: 12 * MIB, frameBytesPerSecond: 12 * MIB };
    trial.look(link, 1000);
    const processorBound = { ...link, waiting: 0.1, busy: 0.97 };
    expect(trial.look(processorBound)).toBe(false);
    expect(trial.look(link, 4000)).toBe(false);
    expect(trial.look(link, 2000)).toBe(true);
    expect(trial.look(processorBound)).toBe(false);
    expect(trial.look(link, 9000)).toBe(false);
    expect(trial.look(link, 2000)).toBe(true);
  });

  it('of what a very thin link carries takes so little that no processor has to be idle', () => {
    const trial = new Trial();
    expect(trial.look({ busy: 1 }, 1000)).toBe(true);
    expect(trial.look({ busy: 1, waiting: 0.1, frameBytesPerSecond: 3 * MIB }, 60_000)).toBe(true);
  });
});
