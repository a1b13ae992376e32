import { describe, expect, it } from 'vitest';
import { KIB, MIB } from '../kernel/units.ts';
import { type ControlMessage, decodeMessage, encodeMessage, MalformedMessage } from './control-codec.ts';
import { PartJoiner, sendWhole, WHOLE_BYTES_MAX } from './long-messages.ts';

/** What a session would carry: every body as it comes out of its frame. */
function sent(message: ControlMessage, acceptedMax = Number.POSITIVE_INFINITY): ControlMessage[] | null {
  const bodies: ControlMessage[] = [];
  const session = {
    send: (body: ControlMessage) => {
      if (bodies.length >= acceptedMax) return false;
      bodies.push(decodeMessage(encodeMessage(body)));
      return true;
    },
  };
  return sendWhole(session, message) || acceptedMax < Number.POSITIVE_INFINITY ? bodies : null;
}

function joined(joiner: PartJoiner, bodies: readonly ControlMessage[]): (ControlMessage | null)[] {
  return bodies.map((body) => joiner.take(body));
}

const LONG = { type: 'report', findings: Array.from({ length: 100 }, (_, n) => `${String(n)} ${'p'.repeat(6 * KIB)}`) };

describe('a message of the daemons', () => {
  it('that one control message holds goes as it is', () => {
    expect(sent({ type: 'report', small: 1 })).toEqual([{ type: 'app', message: { type: 'report', small: 1 } }]);
  });

  it('that is longer goes in parts, and is whole again with the last one', () => {
    const bodies = sent(LONG) ?? [];
    expect(bodies.length).toBe(4);
    expect(joined(new PartJoiner(), bodies)).toEqual([null, null, null, LONG]);
  });

  it('of which only the beginning could be sent is given up with the next one', () => {
    const joiner = new PartJoiner();
    expect(joined(joiner, sent(LONG, 2) ?? [])).toEqual([null, null]);
    expect(joined(joiner, sent(LONG) ?? []).at(-1)).toEqual(LONG);
  });

  it('that is longer than any may be is not sent', () => {
    expect(sent({ type: 'report', text: 'x'.repeat(WHOLE_BYTES_MAX) })).toBeNull();
  });

  it('that holds more values than any may is not sent, and ends nothing', () => {
    expect(sent({ type: 'answer', body: Array.from({ length: 70_000 }, () => 1) })).toBeNull();
  });
});

describe('parts', () => {
  it.each<[string, ControlMessage[]]>([
    ['that do not begin at the beginning', [{ type: 'part', offset: 5, bytes: Buffer.alloc(9), isLast: false }]],
    ['without bytes', [{ type: 'part', offset: 0, bytes: 'text', isLast: false }]],
    [
      'that bring nothing',
      [
        { type: 'part', offset: 0, bytes: Buffer.from([0x81]), isLast: false },
        { type: 'part', offset: 1, bytes: Buffer.alloc(0), isLast: false },
      ],
    ],
    ['that are no message in the end', [{ type: 'part', offset: 0, bytes: Buffer.from([0xc1]), isLast: true }]],
    ['that are a message without a type', [{ type: 'part', offset: 0, bytes: Buffer.from([0x80]), isLast: true }]],
    [
      'without end',
      Array.from({ length: 10 }, (_, n) => ({
        type: 'part',
        offset: n * MIB,
        bytes: Buffer.alloc(MIB),
        isLast: false,
      })),
    ],
  ])('%s are malformed', (_, bodies) => {
    expect(() => joined(new PartJoiner(), bodies)).toThrow(MalformedMessage);
  });
});
