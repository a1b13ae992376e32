import type { PortAnswer, TurnedBack } from '../../kernel/way.ts';
import { errnoName } from '../native/errno.ts';
import { addressOf, errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';
import { connect, getsockopt, recv, recvmsg, setsockopt, socket } from '../native/native-network.ts';
import { NOT_WAITING, type Probe, READABLE, WRITABLE } from './probe.ts';
import { addressIn, familyOf, IPV4, socketAddress } from './socket-address.ts';

const STREAM = 1;
const LEVEL_IP = 0;
const LEVEL_IPV6 = 41;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const LEVEL_SOCKET = 1;
const SO_ERROR = 4;
const SO_LINGER = 13;
const MSG_ERRQUEUE = 0x2000;
const EINPROGRESS = 115;
const ON = Buffer.from([1, 0, 0, 0]);
/** A server that speaks first does so at once. */
const SPEAKS_WITHIN_MS = 250;
const SAID_BYTES_MAX = 120;
const CONTROL_BYTES = 512;
const CONTROL_HEADER_BYTES = 16;
/** struct sock_extended_err. */
const EXTENDED_BYTES = 16;
const FROM_ICMP: readonly number[] = [2, 3];

/** Connects to a TCP port and says nothing; learns who turned the packet back where somebody did. */
export class PortProbe implements Probe {
  descriptor: number | null = null;
  waitsFor = WRITABLE;
  untilMs: number;
  readonly #isFour: boolean;
  readonly #hears: boolean;
  #answer: PortAnswer = { kind: 'silent' };

  /** @param hears - where it is accepted: also what is said there unasked. */
  constructor(address: string, port: number, { waitMs, hears }: { readonly waitMs: number; readonly hears: boolean }) {
    this.untilMs = waitMs;
    this.#hears = hears;
    const family = familyOf(address) ?? IPV4;
    this.#isFour = family === IPV4;
    const descriptor = socket(family, STREAM | NOT_WAITING, 0);
    if (descriptor < 0) {
      this.#answer = { kind: 'failed', code: errnoName(errno()) };
      return;
    }
    this.descriptor = descriptor;
    setsockopt(descriptor, this.#level, this.#isFour ? IP_RECVERR : IPV6_RECVERR, ON, ON.length);
    const target = socketAddress(address, port);
    if (connect(descriptor, target, target.length) === 0) return;
    const code = errno();
    if (code !== EINPROGRESS) this.#failed(code);
  }

  /** As it is known by now. */
  get answer(): PortAnswer {
    return this.#answer;
  }

  ready(passedMs: number): void {
    if (this.descriptor === null) return;
    if (this.#answer.kind === 'accepted') {
      this.#hear(this.descriptor);
      return;
    }
    const [value, length] = [Buffer.alloc(4), Buffer.from([4, 0, 0, 0])];
    const failed = getsockopt(this.descriptor, LEVEL_SOCKET, SO_ERROR, value, length) < 0;
    const code = failed ? errno() : value.readInt32LE(0);
    if (code !== 0) {
      this.#failed(code);
      return;
    }
    this.#answer = { kind: 'accepted', said: '' };
    this.waitsFor = READABLE;
    this.untilMs = passedMs + SPEAKS_WITHIN_MS;
    if (!this.#hears) this.close();
  }

  /** Drops it at once where it was accepted: nothing is left to wait for on either side. */
  close(): void {
    if (this.descriptor === null) return;
    const atOnce = Buffer.alloc(8);
    atOnce.writeInt32LE(1, 0);
    setsockopt(this.descriptor, LEVEL_SOCKET, SO_LINGER, atOnce, atOnce.length);
    native.close(this.descriptor);
    this.descriptor = null;
  }

  get #level(): number {
    return this.#isFour ? LEVEL_IP : LEVEL_IPV6;
  }

  #hear(descriptor: number): void {
    const said = Buffer.alloc(SAID_BYTES_MAX);
    const bytes = Number(recv(descriptor, said, said.length, 0));
    if (bytes > 0) this.#answer = { kind: 'accepted', said: printable(said.subarray(0, bytes)) };
    this.close();
  }

  #failed(code: number): void {
    const name = errnoName(code);
    const turnedBack = this.descriptor === null ? null : this.#turnedBack(this.descriptor);
    if (turnedBack !== null) this.#answer = turnedBack;
    else if (name === 'ECONNREFUSED') this.#answer = { kind: 'refused' };
    // Nobody on the link said that the address is there.
    else if (name === 'EHOSTUNREACH' || name === 'ETIMEDOUT') this.#answer = { kind: 'silent' };
    else this.#answer = { kind: 'failed', code: name };
    this.close();
  }

  /** From the kernel's queue of errors (IP_RECVERR of ip(7)): who sent the ICMP packet, and what it said. */
  #turnedBack(descriptor: number): PortAnswer | null {
    const [header, control, data] = [Buffer.alloc(56), Buffer.alloc(CONTROL_BYTES), Buffer.alloc(64)];
    const vector = Buffer.alloc(16);
    vector.writeBigUInt64LE(addressOf(data), 0);
    vector.writeBigUInt64LE(BigInt(data.length), 8);
    header.writeBigUInt64LE(addressOf(vector), 16);
    header.writeBigUInt64LE(1n, 24);
    header.writeBigUInt64LE(addressOf(control), 32);
    header.writeBigUInt64LE(BigInt(control.length), 40);
    if (Number(recvmsg(descriptor, header, MSG_ERRQUEUE)) < 0) return null;
    const bytes = Number(header.readBigUInt64LE(40));
    if (bytes < CONTROL_HEADER_BYTES + EXTENDED_BYTES || bytes > control.length) return null;
    const extended = control.subarray(CONTROL_HEADER_BYTES, bytes);
    if (!FROM_ICMP.includes(extended.readUInt8(4))) return null;
    const by = addressIn(extended.subarray(EXTENDED_BYTES)) ?? 'a machine on the way';
    return { kind: 'turnedBack', by, meaning: meaningOf(extended.readUInt8(5), extended.readUInt8(6), this.#isFour) };
  }
}

/** Of an ICMP packet (RFC 792, RFC 1812, RFC 4443). */
export function meaningOf(type: number, code: number, isFour: boolean): TurnedBack {
  if (type !== (isFour ? 3 : 1)) return 'other';
  const four: Readonly<Record<number, TurnedBack>> = {
    0: 'network',
    1: 'host',
    3: 'port',
    6: 'network',
    7: 'host',
    9: 'forbidden',
    10: 'forbidden',
    13: 'forbidden',
  };
  const six: Readonly<Record<number, TurnedBack>> = {
    0: 'network',
    1: 'forbidden',
    3: 'host',
    4: 'port',
    5: 'forbidden',
    6: 'forbidden',
  };
  return (isFour ? four : six)[code] ?? 'other';
}

function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ')
    .trim();
}
