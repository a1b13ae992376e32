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

/** Packets of TCP to an address: to this port there, or from one of these ports here, at which somebody connected. */
export interface SentPackets {
  readonly address: Buffer;
  readonly to: number;
  readonly from: readonly number[];
}

type TurnedBackAnswer = Extract<PortAnswer, { kind: 'turnedBack' }>;

/**
 * Hears who turns packets back, whichever program of this machine sent them: machines say so once a second at most, and
 * so perhaps not to the one who asks. IPv4, and where raw sockets are allowed; else it hears nothing.
 */
export class TurnedBackProbe implements Probe {
  descriptor: number | null = null;
  readonly waitsFor = READABLE;
  readonly untilMs: number;
  readonly #about: SentPackets;
  #answer: TurnedBackAnswer | null = null;

  /** @param ports - of the other server, and of this one. */
  constructor(address: string, ports: Pick<SentPackets, 'to' | 'from'>, waitMs: number) {
    this.untilMs = waitMs;
    this.#about = { address: bytesOf(address), ...ports };
    if (this.#about.address.length !== 4) return;
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
    this.#answer = turnedBackIn(packet.subarray(0, bytes), this.#about);
    if (this.#answer !== null) this.close();
  }

  close(): void {
    if (this.descriptor !== null) native.close(this.descriptor);
    this.descriptor = null;
  }
}

/**
 * What an ICMP packet says of one that was sent so; null where it is about another one.
 * @param packet - with its IP header (RFC 792), of any length.
 */
export function turnedBackIn(packet: Buffer, { address, to, from }: SentPackets): TurnedBackAnswer | null {
  if (packet.length < IP_HEADER_BYTES) return null;
  const icmp = packet.subarray(headerBytes(packet));
  if (icmp.length < ICMP_HEADER_BYTES + IP_HEADER_BYTES || icmp.readUInt8(0) !== UNREACHABLE) return null;
  const sent = icmp.subarray(ICMP_HEADER_BYTES);
  if (sent.readUInt8(9) !== TCP || !sent.subarray(16, 20).equals(address)) return null;
  const ports = sent.subarray(headerBytes(sent));
  if (ports.length < PORTS_BYTES) return null;
  if (ports.readUInt16BE(2) !== to && !from.includes(ports.readUInt16BE(0))) return null;
  const by = packet.subarray(12, 16).join('.');
  return { kind: 'turnedBack', by, meaning: meaningOf(UNREACHABLE, icmp.readUInt8(1), true) };
}

function headerBytes(packet: Buffer): number {
  return (packet.readUInt8(0) & 0xf) * 4;
}
