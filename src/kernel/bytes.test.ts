import { describe, expect, it } from 'vitest';
import { copyBytes } from './bytes.ts';

describe('bytes', () => {
  it.each([0, 1, 255, 256, 100_000])(
    'are copied to their place and nowhere else, shared or not (%i of them)',
    (length) => {
      const memories = (bytes: number): Uint8Array[] => [
        new Uint8Array(bytes),
        Buffer.alloc(bytes),
        new Uint8Array(new SharedArrayBuffer(bytes + 8), 8, bytes),
      ];
      for (const source of memories(length)) {
        source.forEach((_, index) => void (source[index] = (index * 7 + 1) % 251));
        for (const target of memories(length + 20)) {
          copyBytes(source, target, 13);
          expect(Buffer.compare(target.subarray(13, 13 + length), source)).toBe(0);
          expect([...target.subarray(0, 13), ...target.subarray(13 + length)]).toEqual(Array<number>(20).fill(0));
        }
      }
    },
  );

  it.each([200, 300])('go nowhere beyond the end of the memory (%i of them)', (length) => {
    expect(() => copyBytes(new Uint8Array(length), new Uint8Array(length + 5), 6)).toThrow(RangeError);
  });
});
