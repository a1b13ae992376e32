import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_HEADER_BYTES } from './frame-memory.ts';
import { FrameReader, FrameViolation, frameHeader } from './frames.ts';

const LIMIT = 1000;

function framed(payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat(payloads.flatMap((payload) => [frameHeader(payload.length), payload]));
}

describe('frames', () => {
  it('come out as they went in, however the bytes arrive', () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 60 }), (sent, step) => {
        const got: Uint8Array[] = [];
        const reader = new FrameReader(LIMIT, (payload) => got.push(payload));
        const bytes = framed(sent);
        for (let at = 0; at < bytes.length; at += step) reader.take(bytes.subarray(at, at + step));
        expect(got.map((payload) => Buffer.from(payload))).toEqual(sent.map((payload) => Buffer.from(payload)));
        expect(reader.isMidFrame).toBe(false);
      }),
    );
  });

  it('have memory of their own, so they can move to another thread', () => {
    let got: Uint8Array | null = null;
    const reader = new FrameReader(LIMIT, (payload) => {
      got = payload;
    });
    reader.take(framed([Buffer.from('abc')]));
    expect((got as Uint8Array | null)?.buffer.byteLength).toBe(FRAME_HEADER_BYTES + 3);
  });

  it('are refused when empty or announced beyond the limit, and nothing after them is delivered', () => {
    for (const length of [0, LIMIT + 1, 0xffffffff]) {
      const got: Uint8Array[] = [];
      const reader = new FrameReader(LIMIT, (payload) => got.push(payload));
      expect(() => reader.take(Buffer.concat([frameHeader(length), framed([Buffer.from('x')])]))).toThrow(
        FrameViolation,
      );
      reader.take(framed([Buffer.from('y')]));
      expect(got).toEqual([]);
    }
  });

  it('show when one has begun and not ended', () => {
    const reader = new FrameReader(LIMIT, () => {});
    for (const byte of framed([Buffer.from('abc')]).subarray(0, 6)) {
      reader.take(Buffer.from([byte]));
      expect(reader.isMidFrame).toBe(true);
    }
  });

  it('never make the reader fail in another way, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const reader = new FrameReader(LIMIT, () => {});
        try {
          reader.take(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameViolation);
        }
      }),
    );
  });
});
