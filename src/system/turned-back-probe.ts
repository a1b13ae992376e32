import type { PortAnswer } from '../kernel/way.ts';
import * as native from './native.ts';
import { recv, socket } from './native-network.ts';
import { meaningOf } from './port-probe.ts';
import { NOT_WAITING, type Probe, READABLE } from './probe.ts';
import { bytesOf } from './socket-address.ts';

const AF_INET = 2;
const RAW = 3;
const ICMP = 1;
const TCP = 6;
const UNREACHABLE = 3;
const RECEIVE_BYTES = 256;
const ICMP_HEADER_BYTES = 8;
const IP_HEADER_BYTES = 20;
/** Of the packet that was turned back the first bytes are in the one that says so: the ports of TCP among them. */
const PORTS_BYTES = 4;

type TurnedBackAnswer = Extract<PortAnswer, { kind: 'turnedBack' }>;

/**
 * Hears who turns packets back that go to a TCP port, whichever program of this machine sent them: machines say so once
 * a second at most, and so perhaps not to the one who asks. IPv4, and where raw sockets are allowed; else it hears nothing.
 */
export class TurnedBackProbe implements Probe {
  descriptor: number | null = null;
  readonly waitsFor = READABLE;
  readonly untilMs: number;
  readonly #address: Buffer;
  readonly #port: number;
  #answer: TurnedBackAnswer | null = null;

  constructor(address: string, port: number, waitMs: number) {
    this.untilMs = waitMs;
    this.#address = bytesOf(address);
    this.#port = port;
    if (this.#address.length !== 4) return;
    const descriptor = socket(AF_INET, RAW | NOT_WAITING, ICMP);
    if (descriptor >= 0) this.descriptor = descriptor;
  }

  /** Null where nobody did. */
  get answer(): TurnedBackAnswer | null {
    return this.#answer;
  }

  ready(): void {
    if (this.descriptor === null) return;
    const packet = Buffer.alloc(RECEIVE_BYTES);
    const bytes = Number(recv(this.descriptor, packet, packet.length, 0));
    if (bytes < 0) return;
    this.#answer = turnedBackIn(packet.subarray(0, bytes), this.#address, this.#port);
    if (this.#answer !== null) this.close();
  }

  close(): void {
    if (this.descriptor !== null) native.close(this.descriptor);
    this.descriptor = null;
  }
}

/**
 * What an ICMP packet says of one that was sent to this address and TCP port; null where it is about another one.
 * @param packet - with its IP header (RFC 792), of any length.
 */
export function turnedBackIn(packet: Buffer, address: Buffer, port: number): TurnedBackAnswer | null {
  if (packet.length < IP_HEADER_BYTES) return null;
  const icmp = packet.subarray(headerBytes(packet));
  if (icmp.length < ICMP_HEADER_BYTES + IP_HEADER_BYTES || icmp.readUInt8(0) !== UNREACHABLE) return null;
  const sent = icmp.subarray(ICMP_HEADER_BYTES);
  if (sent.readUInt8(9) !== TCP || !sent.subarray(16, 20).equals(address)) return null;
  const ports = sent.subarray(headerBytes(sent));
  if (ports.length < PORTS_BYTES || ports.readUInt16BE(2) !== port) return null;
  const by = packet.subarray(12, 16).join('.');
  return { kind: 'turnedBack', by, meaning: meaningOf(UNREACHABLE, icmp.readUInt8(1), true) };
}

function headerBytes(packet: Buffer): number {
  return (packet.readUInt8(0) & 0xf) * 4;
}
