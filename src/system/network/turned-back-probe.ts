import type { PortAnswer } from '../../kernel/way.ts';
import * as native from '../native/native.ts';
import { recvfrom, socket } from '../native/native-network.ts';
import { meaningOf } from './port-probe.ts';
import { NOT_WAITING, type Probe, READABLE } from './probe.ts';
import { addressIn, bytesOf, familyOf, IPV4 } from './socket-address.ts';

const RAW = 3;
const ICMP = 1;
const ICMPV6 = 58;
const TCP = 6;
const UNREACHABLE = 3;
const UNREACHABLE_V6 = 1;
const RECEIVE_BYTES = 256;
const ADDRESS_BYTES = 28;
const ICMP_HEADER_BYTES = 8;
const IP_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
/** Of the packet that was turned back the first bytes are in the one that says so: the ports of TCP among them. */
const PORTS_BYTES = 4;

/** Packets of TCP to an address: to this port there, or from one of these ports here, at which somebody connected. */
export interface SentPackets {
  readonly address: Buffer;
  readonly to: number;
  readonly from: readonly number[];
}

/** The same, with the address in words. */
export type AskedPackets = Omit<SentPackets, 'address'> & { readonly address: string };

export interface TurnedBackWait {
  readonly waitMs: number;
  readonly isWanted: () => boolean;
}

type TurnedBackAnswer = Extract<PortAnswer, { kind: 'turnedBack' }>;

/**
 * Hears who turns packets back, whichever program of this machine sent them: machines say so once a second at most, and
 * so perhaps not to the one who asks. Only where raw sockets are allowed; else it hears nothing.
 */
export class TurnedBackProbe implements Probe {
  descriptor: number | null = null;
  readonly waitsFor = READABLE;
  readonly #about: SentPackets;
  readonly #waitMs: number;
  readonly #isWanted: () => boolean;
  #answer: TurnedBackAnswer | null = null;

  /** @param isWanted - false once it is known otherwise. */
  constructor({ address, to, from }: AskedPackets, { waitMs, isWanted }: TurnedBackWait) {
    this.#waitMs = waitMs;
    this.#isWanted = isWanted;
    this.#about = { address: bytesOf(address), to, from };
    const family = familyOf(address) ?? IPV4;
    const descriptor = socket(family, RAW | NOT_WAITING, family === IPV4 ? ICMP : ICMPV6);
    if (descriptor >= 0) this.descriptor = descriptor;
  }

  get untilMs(): number {
    return this.#isWanted() ? this.#waitMs : 0;
  }

  /** Null where nobody did. */
  get answer(): TurnedBackAnswer | null {
    return this.#answer;
  }

  ready(): void {
    if (this.descriptor === null) return;
    const packet = Buffer.alloc(RECEIVE_BYTES);
    const [sender, length] = [Buffer.alloc(ADDRESS_BYTES), Buffer.alloc(4)];
    length.writeUInt32LE(sender.length, 0);
    const bytes = Number(recvfrom(this.descriptor, packet, packet.length, 0, sender, length));
    const by = addressIn(sender);
    if (bytes < 0 || by === null) return;
    this.#answer = turnedBackIn(packet.subarray(0, bytes), by, this.#about);
    if (this.#answer !== null) this.close();
  }

  close(): void {
    if (this.descriptor !== null) native.close(this.descriptor);
    this.descriptor = null;
  }
}

/**
 * What an ICMP packet says of one that was sent so; null where it is about another one.
 * @param packet - of IPv4 with its IP header (RFC 792), of IPv6 without (RFC 4443); of any length.
 * @param by - who sent it.
 */
export function turnedBackIn(packet: Buffer, by: string, sent: SentPackets): TurnedBackAnswer | null {
  const isFour = sent.address.length === 4;
  if (isFour && packet.length < IP_HEADER_BYTES) return null;
  const icmp = isFour ? packet.subarray(headerBytes(packet)) : packet;
  const type = isFour ? UNREACHABLE : UNREACHABLE_V6;
  if (icmp.length < ICMP_HEADER_BYTES || icmp.readUInt8(0) !== type) return null;
  const about = icmp.subarray(ICMP_HEADER_BYTES);
  const ports = isFour ? portsOfFour(about, sent.address) : portsOfSix(about, sent.address);
  if (ports === null || ports.length < PORTS_BYTES) return null;
  if (ports.readUInt16BE(2) !== sent.to && !sent.from.includes(ports.readUInt16BE(0))) return null;
  return { kind: 'turnedBack', by, meaning: meaningOf(type, icmp.readUInt8(1), isFour) };
}

/** What follows the IP header of a packet of TCP to the address; null where it is another one. */
function portsOfFour(packet: Buffer, to: Buffer): Buffer | null {
  if (packet.length < IP_HEADER_BYTES || packet.readUInt8(9) !== TCP) return null;
  return packet.subarray(16, 20).equals(to) ? packet.subarray(headerBytes(packet)) : null;
}

/** The same of IPv6, which needs no further headers here. */
function portsOfSix(packet: Buffer, to: Buffer): Buffer | null {
  if (packet.length < IPV6_HEADER_BYTES || packet.readUInt8(6) !== TCP) return null;
  return packet.subarray(24, IPV6_HEADER_BYTES).equals(to) ? packet.subarray(IPV6_HEADER_BYTES) : null;
}

function headerBytes(packet: Buffer): number {
  return (packet.readUInt8(0) & 0xf) * 4;
}
