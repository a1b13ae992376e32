import type { Link } from './netlink.ts';
import * as native from '../native/native.ts';
import { bind, recv, sendto, socket } from '../native/native-network.ts';
import { NOT_WAITING, type Probe, READABLE } from './probe.ts';
import { bytesOf } from './socket-address.ts';

const AF_PACKET = 17;
const DATAGRAM = 2;
/** ETH_P_ARP, in the order of the network. */
const ARP = 0x0608;
const BROADCAST = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const PACKET_BYTES = 28;
const REPLY = 2;
const ANSWERS_MAX = 8;

/** Asks the link who has an IPv4 address (RFC 826): all who answer, for there may be several. */
export class LinkProbe implements Probe {
  descriptor: number | null = null;
  readonly waitsFor = READABLE;
  readonly untilMs: number;
  readonly #asked: Buffer;
  readonly #answers = new Set<string>();
  #isAsked = false;

  /** @param source - this machine's address there; null asks without telling one, as for a double of its own (RFC 5227). */
  constructor(link: Link, address: string, source: string | null, waitMs: number) {
    this.untilMs = waitMs;
    this.#asked = bytesOf(address);
    const hardware = link.hardwareAddress;
    if (hardware === null || this.#asked.length !== 4) return;
    const descriptor = socket(AF_PACKET, DATAGRAM | NOT_WAITING, ARP);
    if (descriptor < 0) return;
    this.descriptor = descriptor;
    const place = linkAddress(link.index, BROADCAST);
    const packet = Buffer.alloc(PACKET_BYTES);
    packet.writeUInt16BE(1, 0);
    packet.writeUInt16BE(0x0800, 2);
    packet.writeUInt8(6, 4);
    packet.writeUInt8(4, 5);
    packet.writeUInt16BE(1, 6);
    hardware.copy(packet, 8);
    if (source !== null) bytesOf(source).copy(packet, 14);
    this.#asked.copy(packet, 24);
    const isSent =
      bind(descriptor, place, place.length) === 0 &&
      Number(sendto(descriptor, packet, packet.length, 0, place, place.length)) === packet.length;
    if (isSent) this.#isAsked = true;
    else this.close();
  }

  /** Hardware addresses; null where nobody could be asked. */
  get answer(): readonly string[] | null {
    return this.#isAsked ? [...this.#answers].sort() : null;
  }

  ready(): void {
    if (this.descriptor === null) return;
    const packet = Buffer.alloc(64);
    const bytes = Number(recv(this.descriptor, packet, packet.length, 0));
    if (bytes < PACKET_BYTES || packet.readUInt16BE(6) !== REPLY) return;
    if (!packet.subarray(14, 18).equals(this.#asked) || this.#answers.size >= ANSWERS_MAX) return;
    this.#answers.add([...packet.subarray(8, 14)].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));
  }

  close(): void {
    if (this.descriptor !== null) native.close(this.descriptor);
    this.descriptor = null;
  }
}

/** struct sockaddr_ll. */
function linkAddress(index: number, hardware: Buffer): Buffer {
  const structure = Buffer.alloc(20);
  structure.writeUInt16LE(AF_PACKET, 0);
  structure.writeUInt16LE(ARP, 2);
  structure.writeInt32LE(index, 4);
  structure.writeUInt8(hardware.length, 11);
  hardware.copy(structure, 12);
  return structure;
}
