import type { EchoAnswer } from '../../kernel/way.ts';
import { errnoName } from '../native/errno.ts';
import { errno } from '../native/c-library.ts';
import * as native from '../native/native.ts';
import { connect, recv, sendto, setsockopt, socket } from '../native/native-network.ts';
import { NOT_WAITING, type Probe, READABLE } from './probe.ts';
import { familyOf, IPV4, socketAddress } from './socket-address.ts';

const DATAGRAM = 2;
const RAW = 3;
const ICMP = 1;
const ICMPV6 = 58;
const LEVEL_IP = 0;
const LEVEL_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
/** Never in pieces, and whatever was learned of the way before. */
const PROBE_SIZES = Buffer.from([3, 0, 0, 0]);
const ICMP_HEADER_BYTES = 8;
const RECEIVE_BYTES = 2048;
const BLOCKED: readonly string[] = ['EPERM', 'EACCES'];

let numbers = 0;

/**
 * ICMP echo requests of some sizes to an address, none sent in pieces: which are answered. With a raw socket where
 * that is allowed, else with one for users (ping_group_range of icmp(7)).
 */
export class EchoProbe implements Probe {
  descriptor: number | null = null;
  readonly waitsFor = READABLE;
  readonly untilMs: number;
  readonly #isFour: boolean;
  /** Else the kernel gives it a number of its own, and what is meant for others does not come there. */
  readonly #isRaw: boolean;
  readonly #id = 0x7500 | (numbers++ & 0xff);
  readonly #sizes: readonly number[];
  readonly #answered = new Set<number>();
  #isBlocked = false;
  #isAsked = false;

  /** @param sizes - of packets, in bytes with the IP header. */
  constructor(address: string, sizes: readonly number[], waitMs: number) {
    this.untilMs = waitMs;
    this.#sizes = sizes;
    const family = familyOf(address) ?? IPV4;
    this.#isFour = family === IPV4;
    const protocol = this.#isFour ? ICMP : ICMPV6;
    const raw = socket(family, RAW | NOT_WAITING, protocol);
    this.#isRaw = raw >= 0;
    const descriptor = raw >= 0 ? raw : socket(family, DATAGRAM | NOT_WAITING, protocol);
    if (descriptor < 0) return;
    this.descriptor = descriptor;
    const [level, option] = this.#isFour ? [LEVEL_IP, IP_MTU_DISCOVER] : [LEVEL_IPV6, IPV6_MTU_DISCOVER];
    setsockopt(descriptor, level, option, PROBE_SIZES, PROBE_SIZES.length);
    const target = socketAddress(address, 0);
    if (connect(descriptor, target, target.length) < 0) {
      this.close();
      return;
    }
    for (const [index, size] of sizes.entries()) this.#send(descriptor, index, size);
    if (this.#isBlocked) this.close();
    else this.#isAsked = true;
  }

  /** What came of them, as one. */
  get answer(): EchoAnswer {
    if (this.#answered.size > 0) return 'answered';
    if (this.#isBlocked) return 'blocked';
    return this.#isAsked ? 'silent' : 'unknown';
  }

  /** The largest that was answered; null where none was. */
  get largest(): number | null {
    const sizes = [...this.#answered].map((index) => this.#sizes[index] ?? 0);
    return sizes.length === 0 ? null : Math.max(...sizes);
  }

  ready(): void {
    if (this.descriptor === null) return;
    const packet = Buffer.alloc(RECEIVE_BYTES);
    const bytes = Number(recv(this.descriptor, packet, packet.length, 0));
    if (bytes < 0) return;
    const from = this.#isRaw && this.#isFour ? (packet.readUInt8(0) & 0xf) * 4 : 0;
    if (bytes < from + ICMP_HEADER_BYTES) return;
    const isReply = packet.readUInt8(from) === (this.#isFour ? 0 : 129);
    if (!isReply || (this.#isRaw && packet.readUInt16BE(from + 4) !== this.#id)) return;
    this.#answered.add(packet.readUInt16BE(from + 6));
    if (this.#answered.size === this.#sizes.length) this.close();
  }

  close(): void {
    if (this.descriptor !== null) native.close(this.descriptor);
    this.descriptor = null;
  }

  #send(descriptor: number, sequence: number, size: number): void {
    const packet = Buffer.alloc(Math.max(ICMP_HEADER_BYTES, size - (this.#isFour ? 20 : 40)));
    packet.writeUInt8(this.#isFour ? 8 : 128, 0);
    packet.writeUInt16BE(this.#id, 4);
    packet.writeUInt16BE(sequence, 6);
    // Of IPv6 the kernel makes it, for it holds the addresses too.
    if (this.#isFour) packet.writeUInt16BE(checksumOf(packet), 2);
    if (Number(sendto(descriptor, packet, packet.length, 0, null, 0)) >= 0) return;
    if (BLOCKED.includes(errnoName(errno()))) this.#isBlocked = true;
  }
}

/** RFC 1071. */
function checksumOf(packet: Buffer): number {
  let sum = 0;
  for (let at = 0; at < packet.length; at += 2)
    sum += at + 1 < packet.length ? packet.readUInt16BE(at) : (packet[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
