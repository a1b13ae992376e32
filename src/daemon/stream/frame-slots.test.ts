import { describe, expect, it } from 'vitest';
import { DATA_BYTES_MAX } from '../../channel/framing.ts';
import { withHeader } from '../../kernel/frames.ts';
import { discardContent } from '../../system/native/memory.ts';
import { FrameSlots, movedWith, slotMemory } from './frame-slots.ts';

/** The two threads' views of the same memory, as a message hands it over. */
function lines(): { taker: FrameSlots; giver: FrameSlots } {
  const memory = slotMemory();
  return { taker: new FrameSlots(memory), giver: new FrameSlots(structuredClone(memory)) };
}

const isShared = (frame: Uint8Array): boolean => frame.buffer instanceof SharedArrayBuffer;

describe('slots for frames', () => {
  it('hold frames of the longest kind apart from one another, with room for a header before each', () => {
    const { taker } = lines();
    const frames: Uint8Array[] = [];
    for (let frame = taker.take(DATA_BYTES_MAX); isShared(frame); frame = taker.take(DATA_BYTES_MAX)) {
      frame.fill(frames.length + 1);
      frames.push(frame);
    }
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) withHeader(frame);
    for (const [index, frame] of frames.entries()) expect(frame.every((byte) => byte === index + 1)).toBe(true);
  });

  it('are used again once the other thread gave them back; until then frames have memory of their own', () => {
    const { taker, giver } = lines();
    const taken: Uint8Array[] = [];
    while (taken.every(isShared)) taken.push(taker.take(10));
    const own = taken.pop() as Uint8Array;
    expect(movedWith(own)).toEqual([own.buffer]);
    giver.free(own);
    expect(isShared(taker.take(10))).toBe(false);
    const first = taken[0] as Uint8Array;
    expect(movedWith(first)).toEqual([]);
    giver.free(structuredClone(first));
    const again = taker.take(20);
    expect([again.byteOffset, again.length]).toEqual([first.byteOffset, 20]);
    expect(isShared(taker.take(10))).toBe(false);
  });

  it('give their memory back while nothing is on its way, but none that is in use', () => {
    const { taker, giver } = lines();
    const first = taker.take(10000).fill(1);
    const second = taker.take(10000).fill(2);
    giver.free(structuredClone(first));
    giver.rest(discardContent);
    expect(first.subarray(4096, 8192).every((byte) => byte === 0)).toBe(true);
    expect(second.every((byte) => byte === 2)).toBe(true);
    expect(taker.take(10).byteOffset).toBe(first.byteOffset);
  });

  it('are not for what is longer than a frame may be', () => {
    expect(isShared(lines().taker.take(2 * DATA_BYTES_MAX))).toBe(false);
  });
});
