import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../kernel/assert.ts';
import { RANGE_BYTES } from './change.ts';
import { attributes } from './change.testing.ts';
import type { DataFrame, PullAnswer } from './data-frame.ts';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX, FRAME_ITEMS_MAX, STREAM_BYTES_MAX } from './data-frame-codec.ts';
import { MalformedRecord } from './malformed-record.ts';

const whole = fc.maxSafeNat();
const position = fc.record({ epoch: fc.nat(0xffffffff), sequence: fc.nat(2 ** 31) });
const serverId = fc.string({ unit: 'grapheme', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 60 }).map((made) => Buffer.from(made));
const request = fc.record({ node: whole, offset: fc.nat(2 ** 31), length: fc.integer({ min: 60, max: RANGE_BYTES }) });
const hashes = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 16 });
const pull = fc.oneof(
  request,
  fc.tuple(request, hashes).map(([asked, have]) => ({ ...asked, have })),
);
const answer = fc
  .record({
    asked: request,
    failure: fc.option(fc.constantFrom('gone', 'EACCES')),
    sizeBytes: whole,
    attributes,
    content: bytes,
    blocks: fc.nat(0xffff),
  })
  .map(({ asked, blocks, ...rest }): PullAnswer => {
    const partly = blocks === 0xffff ? {} : { blocks };
    return { ...asked, ...rest, ...partly, content: rest.failure === null ? rest.content : Buffer.alloc(0) };
  });

const frame: fc.Arbitrary<DataFrame> = fc.oneof(
  fc.record({ kind: fc.constant('stream' as const), records: bytes }),
  fc.record({
    kind: fc.constant('resume' as const),
    number: fc.nat(),
    durable: position,
    activeServerId: serverId,
    preview: fc.boolean(),
    unverified: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('reset' as const),
    number: fc.nat(),
    position,
    gap: fc.boolean(),
    named: fc.boolean(),
    activeServerId: serverId,
  }),
  fc.record({ kind: fc.constant('acknowledge' as const), durable: position, applied: position }),
  fc.record({ kind: fc.constant('pull' as const), requests: fc.array(pull, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('content' as const), answers: fc.array(answer, { maxLength: 4 }) }),
  fc.record({
    kind: fc.constant('recheck' as const),
    everything: fc.boolean(),
    nodes: fc.array(whole, { maxLength: 5 }),
    paths: fc.array(
      bytes.map((path) => fromLatin1(path.toString('latin1'))),
      { maxLength: 4 },
    ),
  }),
);

const whole1 = (made: DataFrame) => Buffer.concat(encodeFrame(made));

function outcome(raw: Uint8Array): DataFrame | MalformedRecord {
  try {
    return decodeFrame(raw);
  } catch (error) {
    if (error instanceof MalformedRecord) return error;
    throw error;
  }
}

describe('a frame', () => {
  it('says after decoding what was encoded', () => {
    fc.assert(
      fc.property(frame, (made) => {
        expect(decodeFrame(whole1(made))).toEqual(made);
      }),
      { numRuns: 300 },
    );
  });

  it('other than a stream is refused when cut at any length, or when bytes follow it', () => {
    fc.assert(
      fc.property(
        frame.filter((made) => made.kind !== 'stream'),
        (made) => {
          const raw = whole1(made);
          for (let length = 0; length < raw.length; length += 1) {
            expect(outcome(raw.subarray(0, length))).toBeInstanceOf(MalformedRecord);
          }
          expect(outcome(Buffer.concat([raw, Buffer.of(0)]))).toBeInstanceOf(MalformedRecord);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('made of arbitrary or altered bytes decodes to what encodes to the same bytes, or is refused', () => {
    const raw = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((made) => Buffer.from(made)),
      fc
        .tuple(fc.integer({ min: 1, max: 7 }), fc.uint8Array({ maxLength: 80 }))
        .map(([kind, rest]) => Buffer.from([1, kind, ...rest])),
      fc.tuple(frame, fc.nat(), fc.nat(255)).map(([made, where, value]) => {
        const altered = whole1(made);
        altered[where % altered.length] = value;
        return altered;
      }),
    );
    fc.assert(
      fc.property(raw, (given) => {
        const decoded = outcome(given);
        if (!(decoded instanceof MalformedRecord)) expect(whole1(decoded).equals(given)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('hands records and content on without copying them', () => {
    const records = Buffer.from('records');
    const content = Buffer.from('content');
    expect(encodeFrame({ kind: 'stream', records })[1]).toBe(records);
    const said = { node: 1, offset: 0, length: 10, failure: null, sizeBytes: 7 };
    const set = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0, extended: fromLatin1('') };
    expect(encodeFrame({ kind: 'content', answers: [{ ...said, attributes: set, content }] })[1]).toBe(content);
  });

  it('has room for four whole ranges and their attributes', () => {
    const set = { mode: 0, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0, extended: fromLatin1('') };
    const answers = [0, 1, 2, 3].map((index) => ({
      node: 1,
      offset: index * RANGE_BYTES,
      length: RANGE_BYTES,
      failure: null,
      sizeBytes: 4 * RANGE_BYTES,
      attributes: set,
      content: Buffer.alloc(RANGE_BYTES),
    }));
    expect(whole1({ kind: 'content', answers }).length).toBeLessThan(FRAME_BYTES_MAX);
    const five = [...answers, answers[0] as PullAnswer];
    expect(() => encodeFrame({ kind: 'content', answers: five })).toThrow(AssertionError);
  });

  it('is never longer than its limits, whoever made it', () => {
    expect(() => encodeFrame({ kind: 'stream', records: Buffer.alloc(STREAM_BYTES_MAX + 1) })).toThrow(AssertionError);
    expect(outcome(Buffer.alloc(FRAME_BYTES_MAX + 1))).toEqual(new MalformedRecord('frame too long', 0));
    expect(outcome(Buffer.concat([Buffer.of(1, 1), Buffer.alloc(STREAM_BYTES_MAX + 1)]))).toBeInstanceOf(
      MalformedRecord,
    );
    const requests = Array.from({ length: FRAME_ITEMS_MAX + 1 }, () => ({ node: 1, offset: 0, length: 1 }));
    expect(() => encodeFrame({ kind: 'pull', requests })).toThrow(AssertionError);
    const pull = whole1({ kind: 'pull', requests: requests.slice(1) });
    pull.writeUInt16LE(FRAME_ITEMS_MAX + 1, 2);
    expect(outcome(Buffer.concat([pull, pull]))).toEqual(new MalformedRecord('too many items', 0));
    const long = { node: 1, offset: 0, length: RANGE_BYTES + 1 };
    expect(() => encodeFrame({ kind: 'pull', requests: [long] })).toThrow(AssertionError);
  });

  it('keeps the bytes of format version 1', () => {
    const samples: DataFrame[] = [
      { kind: 'stream', records: Buffer.from('r') },
      {
        kind: 'resume',
        number: 3,
        durable: { epoch: 1, sequence: 2 },
        activeServerId: 'a',
        preview: true,
        unverified: true,
      },
      { kind: 'reset', number: 3, position: { epoch: 1, sequence: 2 }, gap: true, named: true, activeServerId: 'a' },
      { kind: 'acknowledge', durable: { epoch: 1, sequence: 2 }, applied: { epoch: 1, sequence: 1 } },
      { kind: 'pull', requests: [{ node: 3, offset: 4, length: 5 }] },
      { kind: 'recheck', nodes: [6], paths: [fromText('/p')], everything: true },
    ];
    expect(samples.map((sample) => `${sample.kind} ${whole1(sample).toString('hex')}`)).toMatchInlineSnapshot(`
      [
        "stream 010172",
        "resume 01020300000001000000020000000000030161",
        "reset 01030300000001000000020000000000030161",
        "acknowledge 01040100000002000000000001000000010000000000",
        "pull 0105010003000000000000040000000000000500000000",
        "recheck 010701010006000000000000010002002f70",
      ]
    `);
  });
});
