import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, MalformedMessage } from './control-codec.ts';

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

describe('control messages', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const message = { type: 'test', value };
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      }),
    );
  });

  it('carry bytes, large numbers and nothing for undefined', () => {
    const message = { type: 't', bytes: Buffer.from([1, 2]), large: Number.MAX_SAFE_INTEGER, gone: undefined };
    const back = decodeMessage(encodeMessage(message));
    expect(back).toMatchObject({ large: Number.MAX_SAFE_INTEGER, gone: null });
    expect(Buffer.from(back['bytes'] as Uint8Array)).toEqual(Buffer.from([1, 2]));
  });

  it('never fail in another way than as malformed, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are refused when cut or followed by more, at every byte', () => {
    const bytes = encodeMessage({ type: 'test', list: [1, 'two', { three: 3 }], wide: 'x'.repeat(300) });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(MalformedMessage);
    }
    expect(() => decodeMessage(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(MalformedMessage);
  });

  it.each<[string, number[]]>([
    ['an array of four thousand million', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map of four thousand million', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a text longer than what is there', [0xdb, 0x7f, 0xff, 0xff, 0xff, 0x61]],
    ['an extension type', [0xd4, 0x78, 0x00]],
    ['nesting without end', Array.from({ length: 5000 }, () => 0x91)],
    ['no object', [0x2a]],
    ['no type', [0x80]],
  ])('are refused: %s', (_, bytes) => {
    expect(() => decodeMessage(Uint8Array.from(bytes))).toThrow(MalformedMessage);
  });

  it('cannot be made of what is no plain data', () => {
    expect(() => encodeMessage({ type: 't', when: new Date(0) })).toThrow(/plain data/);
  });
});
