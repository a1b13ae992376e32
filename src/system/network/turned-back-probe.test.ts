import { expect, it } from 'vitest';
import { bytesOf } from './socket-address.ts';
import { turnedBackIn } from './turned-back-probe.ts';

const PORT = 57_348;
const ROUTER = '10.77.0.254';
const SENT = { address: Buffer.from([10, 99, 0, 2]), to: PORT, from: [50_000] };

/** From the router, about a packet that was sent. */
function packet({
  type = 3,
  code = 0,
  protocol = 6,
  to = SENT.address,
  port = PORT,
  ownPort = 40_000,
  options = 0,
} = {}): Buffer {
  const header = (own: number, rest: Partial<Record<number, number>>): Buffer => {
    const bytes = Buffer.alloc(20 + options);
    bytes.writeUInt8(0x40 | (bytes.length / 4), 0);
    bytes.writeUInt8(own, 9);
    for (const [at, value] of Object.entries(rest)) bytes.writeUInt8(value ?? 0, Number(at));
    return bytes;
  };
  const outer = header(1, {});
  const inner = header(protocol, { 16: to[0], 17: to[1], 18: to[2], 19: to[3] });
  const ports = Buffer.alloc(8);
  ports.writeUInt16BE(ownPort, 0);
  ports.writeUInt16BE(port, 2);
  return Buffer.concat([outer, Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), inner, ports]);
}

it.each([
  [0, 'network'],
  [1, 'host'],
  [13, 'forbidden'],
] as const)('tells who turned a packet back, and why: code %i', (code, meaning) => {
  for (const options of [0, 8])
    expect(turnedBackIn(packet({ code, options }), ROUTER, SENT)).toEqual({
      kind: 'turnedBack',
      by: ROUTER,
      meaning,
    });
});

it('takes no notice of what is about something else, or too short', () => {
  expect(turnedBackIn(packet({ port: 22, ownPort: 50_000 }), ROUTER, SENT)).not.toBeNull();
  const others = [{ type: 11 }, { protocol: 1 }, { to: Buffer.from([10, 99, 0, 3]) }, { port: 22 }];
  for (const other of others) expect(turnedBackIn(packet(other), ROUTER, SENT)).toBeNull();
  const whole = packet();
  for (let bytes = 0; bytes < whole.length - 4; bytes += 1)
    expect(turnedBackIn(whole.subarray(0, bytes), ROUTER, SENT)).toBeNull();
  expect(turnedBackIn(Buffer.alloc(64, 0xff), ROUTER, SENT)).toBeNull();
});

const SENT_V6 = { address: bytesOf('fd77::2'), to: PORT, from: [50_000] };

/** The same of IPv6, which comes without its own header. */
function packetOfSix({ type = 1, code = 1, protocol = 6, to = SENT_V6.address, port = PORT } = {}): Buffer {
  const inner = Buffer.alloc(44);
  inner.writeUInt8(0x60, 0);
  inner.writeUInt8(protocol, 6);
  to.copy(inner, 24);
  inner.writeUInt16BE(40_000, 40);
  inner.writeUInt16BE(port, 42);
  return Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), inner]);
}

it.each([
  [0, 'network'],
  [1, 'forbidden'],
  [3, 'host'],
] as const)('tells the same of IPv6: code %i', (code, meaning) => {
  expect(turnedBackIn(packetOfSix({ code }), 'fd77::fe', SENT_V6)).toEqual({
    kind: 'turnedBack',
    by: 'fd77::fe',
    meaning,
  });
});

it('takes no notice of what is about something else, or too short, of IPv6 either', () => {
  for (const other of [{ type: 3 }, { protocol: 58 }, { to: bytesOf('fd77::3') }, { port: 22 }])
    expect(turnedBackIn(packetOfSix(other), 'fd77::fe', SENT_V6)).toBeNull();
  const whole = packetOfSix();
  for (let bytes = 0; bytes < whole.length; bytes += 1)
    expect(turnedBackIn(whole.subarray(0, bytes), 'fd77::fe', SENT_V6)).toBeNull();
});
