import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES } from '../kernel/frame-memory.ts';
import { zstd } from '../system/files/zstd.ts';
import { CompressedFrameViolation, decodeCompressed, encodeCompressed, isOfChannel } from './compressed-frame.ts';
import { DATA_BYTES_MAX } from './framing.ts';

/** What begins as a frame of the stream does, and shrinks. */
const shrinking = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 100, max: 400 }))
  .map(([part, times]) => Buffer.concat([Buffer.of(1), ...Array.from({ length: times }, () => part)]));

function encoded(frame: Uint8Array): Buffer {
  const made = encodeCompressed(frame, zstd);
  if (made === null) throw new Error('it does not shrink');
  return Buffer.from(made);
}

function payload(frame: Uint8Array): Buffer {
  return encoded(frame).subarray(FRAME_HEADER_BYTES);
}

function outcome(raw: Uint8Array): Uint8Array | CompressedFrameViolation {
  try {
    return decodeCompressed(raw, zstd);
  } catch (error) {
    if (error instanceof CompressedFrameViolation) return error;
    throw error;
  }
}

/** As a peer would make it that says what it likes. */
function announcing(length: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 0x81;
  head.writeUInt32LE(length, 1);
  return Buffer.concat([head, zstd.compress(content)]);
}

describe('a compressed frame', () => {
  it('holds what was compressed, has its length before it, and is told from those of the stream', () => {
    fc.assert(
      fc.property(shrinking, (frame) => {
        const made = encoded(frame);
        expect(made.readUInt32BE(0)).toBe(made.length - FRAME_HEADER_BYTES);
        expect(made.length).toBeLessThan(frame.length);
        expect(isOfChannel(frame)).toBe(false);
        expect(isOfChannel(payload(frame))).toBe(true);
        expect(Buffer.compare(decodeCompressed(payload(frame), zstd), frame)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('is not made of what does not shrink', () => {
    expect(encodeCompressed(randomBytes(4096), zstd)).toBeNull();
  });

  it('is refused when cut at any length', () => {
    const raw = payload(Buffer.alloc(3000, 'a frame of the stream '));
    for (let length = 1; length < raw.length; length++) {
      expect(outcome(raw.subarray(0, length))).toBeInstanceOf(CompressedFrameViolation);
    }
  });

  it('made of arbitrary or altered bytes is refused, or yields no more than it announces', () => {
    const raw = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
      fc.uint8Array({ minLength: 1, maxLength: 80 }).map((rest) => Buffer.from([0x81, 40, 0, 0, 0, ...rest])),
      fc.tuple(shrinking, fc.nat(), fc.nat(255)).map(([frame, where, value]) => {
        const altered = payload(frame);
        altered[where % altered.length] = value;
        return altered;
      }),
    );
    fc.assert(
      fc.property(raw, (given) => {
        const found = outcome(given);
        if (found instanceof CompressedFrameViolation) return;
        expect(found.length).toBe(Buffer.from(given).readUInt32LE(1));
        expect(isOfChannel(found)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('never becomes more than a frame may be, whatever it announces and holds', () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024, 1);
    for (const announced of [1, 100, DATA_BYTES_MAX, DATA_BYTES_MAX + 1, 0xffffffff, 0]) {
      expect(outcome(announcing(announced, bomb))).toBeInstanceOf(CompressedFrameViolation);
    }
    expect(zstd.decompress(zstd.compress(bomb), DATA_BYTES_MAX)).toBeNull();
    // Several blocks one after the other are one to the decoder.
    const two = Buffer.concat([announcing(200, Buffer.alloc(200, 1)), zstd.compress(bomb)]);
    expect(outcome(two)).toBeInstanceOf(CompressedFrameViolation);
    expect(outcome(announcing(DATA_BYTES_MAX, Buffer.alloc(DATA_BYTES_MAX, 1)))).toHaveLength(DATA_BYTES_MAX);
  });

  it('holds no other frame of the channel', () => {
    const inner = payload(Buffer.alloc(3000, 'a frame of the stream '));
    expect(outcome(announcing(inner.length, inner))).toBeInstanceOf(CompressedFrameViolation);
  });

  it('keeps its form', () => {
    const raw = payload(Buffer.alloc(1000, 1));
    expect(raw.subarray(0, 9).toString('hex')).toBe('81e803000028b52ffd');
  });
});
