import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BusMessage, decodeMessage, encodeMessage, MalformedMessage, messageLength } from './dbus-codec.ts';

const CALL: BusMessage = {
  type: 1,
  flags: 0,
  serial: 7,
  fields: { path: '/a/b', interface: 'x.y', member: 'Do', destination: 'x' },
  signature: 'ssuas',
  body: ['one', 'zwei äöü', 3, ['a', 'bc', '']],
};

it('reads what it wrote', () => {
  const bytes = encodeMessage(CALL);
  expect(messageLength(bytes)).toBe(bytes.length);
  expect(decodeMessage(bytes)).toEqual(CALL);
});

it('reads a message as another program writes it', () => {
  // The answer to Get of a property that is an array of structures in a variant: [("a", 1), ("bc", 2)].
  const body = Buffer.from(
    ['05' + '61287375' + '2900', '00', '1c000000', '00000000', '01000000' + '6100' + '0000' + '01000000'].join('') +
      ['00000000', '02000000' + '626300' + '00' + '02000000'].join(''),
    'hex',
  );
  const head = Buffer.from(
    '6c020101' + '00000000' + '02000000' + '0f000000' + '0501750003000000' + '0801670001760000',
    'hex',
  );
  head.writeUInt32LE(body.length, 4);
  const decoded = decodeMessage(Buffer.concat([head, body]));
  expect(decoded.fields.replySerial).toBe(3);
  expect(decoded.body).toEqual([
    [
      ['a', 1],
      ['bc', 2],
    ],
  ]);
});

it('refuses what is no message and never reads beyond it', () => {
  const whole = encodeMessage(CALL);
  expect(messageLength(whole.subarray(0, 15))).toBeNull();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      try {
        const length = messageLength(bytes);
        if (length === whole.length) decodeMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
  );
});
