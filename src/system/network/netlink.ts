import type { OwnAddress, Route } from '../../kernel/way.ts';
import { errnoName, lastError } from '../native/errno.ts';
import * as native from '../native/native.ts';
import { recv, sendto, setsockopt, socket } from '../native/native-network.ts';
import { bytesOf, familyOf, IPV4, textOf } from './socket-address.ts';

/*
 * What the kernel knows of this machine's network, by its own protocol (netlink(7), rtnetlink(7)).
 */

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 0x8_0003;
const NETLINK_ROUTE = 0;
const HEADER_BYTES = 16;
const REQUEST = 1;
const DUMP = 0x300;
const ERROR = 2;
const DONE = 3;
const GET_LINK = 18;
const GET_ADDRESS = 22;
const GET_ROUTE = 26;
const RECEIVE_BYTES = 64 * 1024;
/** Messages taken for one question: a machine with more has none of them told wrong, only not all. */
const RECEIVES_MAX = 256;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;

const LINK_NAME = 3;
const LINK_ADDRESS = 1;
const LINK_MTU = 4;
const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x1_0000;
const ETHER = 1;
const ADDRESS = 1;
const LOCAL = 2;
const ROUTE_TO = 1;
const ROUTE_INTERFACE = 4;
const ROUTE_GATEWAY = 5;
const ROUTE_SOURCE = 7;
const TYPE_LOCAL = 2;

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Has it a cable, or what stands for one? */
  readonly isUp: boolean;
  readonly mtu: number;
  /** Six bytes where it is an Ethernet; null otherwise. */
  readonly hardwareAddress: Buffer | null;
}

/** Every interface of this machine's network. @throws FileError where the kernel can't be asked. */
export function links(): readonly Link[] {
  return ask(GET_LINK, DUMP, Buffer.alloc(16)).map((body) => {
    const attributes = attributesOf(body, 16);
    const flags = body.readUInt32LE(8);
    const address = attributes.get(LINK_ADDRESS);
    return {
      index: body.readInt32LE(4),
      name: (attributes.get(LINK_NAME) ?? Buffer.alloc(0)).toString('latin1').replace(/\0.*$/s, ''),
      isUp: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
      mtu: attributes.get(LINK_MTU)?.readUInt32LE(0) ?? 0,
      hardwareAddress: body.readUInt16LE(2) === ETHER && address?.length === 6 ? address : null,
    };
  });
}

/** Every address of this machine. @throws FileError where the kernel can't be asked. */
export function addresses(known: readonly Link[]): readonly OwnAddress[] {
  return ask(GET_ADDRESS, DUMP, Buffer.alloc(8)).flatMap((body) => {
    const attributes = attributesOf(body, 8);
    // Of a point-to-point link the one is the other end's.
    const bytes = attributes.get(LOCAL) ?? attributes.get(ADDRESS);
    const link = known.find(({ index }) => index === body.readUInt32LE(4));
    if (bytes === undefined || link === undefined) return [];
    return [{ interface: link.name, address: textOf(bytes), prefixLength: body.readUInt8(1), isUp: link.isUp }];
  });
}

/** How packets to this address leave. */
export function routeTo(address: string, known: readonly Link[]): Route {
  const bytes = bytesOf(address);
  const request = Buffer.alloc(12 + 4 + bytes.length);
  request.writeUInt8(familyOf(address) ?? IPV4, 0);
  request.writeUInt8(bytes.length * 8, 1);
  request.writeUInt16LE(4 + bytes.length, 12);
  request.writeUInt16LE(ROUTE_TO, 14);
  bytes.copy(request, 16);
  try {
    const [body] = ask(GET_ROUTE, 0, request);
    if (body === undefined) return { kind: 'none', code: 'ENETUNREACH' };
    if (body.readUInt8(7) === TYPE_LOCAL) return { kind: 'own' };
    const attributes = attributesOf(body, 12);
    const index = attributes.get(ROUTE_INTERFACE)?.readInt32LE(0) ?? 0;
    const [gateway, source] = [attributes.get(ROUTE_GATEWAY), attributes.get(ROUTE_SOURCE)];
    return {
      kind: 'leaves',
      interface: known.find((link) => link.index === index)?.name ?? `interface ${String(index)}`,
      gateway: gateway === undefined ? null : textOf(gateway),
      source: source === undefined ? null : textOf(source),
    };
  } catch (error) {
    if (!(error instanceof KernelRefusal)) throw error;
    return { kind: 'none', code: error.code };
  }
}

/** The kernel's answer is an error. */
class KernelRefusal extends Error {
  override readonly name = 'KernelRefusal';
  readonly code: string;
  constructor(code: string) {
    super(`the kernel says ${code}`);
    this.code = code;
  }
}

/** Bodies of the messages that answer. */
function ask(type: number, flags: number, body: Buffer): Buffer[] {
  const descriptor = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) throw lastError('socket', 'netlink');
  try {
    const oneSecond = Buffer.alloc(16);
    oneSecond.writeBigInt64LE(1n, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, oneSecond, oneSecond.length);
    const request = Buffer.alloc(HEADER_BYTES + body.length);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(type, 4);
    request.writeUInt16LE(REQUEST | flags, 6);
    body.copy(request, HEADER_BYTES);
    if (sendto(descriptor, request, request.length, 0, null, 0) < 0) throw lastError('sendto', 'netlink');
    return answers(descriptor, flags !== 0);
  } finally {
    native.close(descriptor);
  }
}

function answers(descriptor: number, isDump: boolean): Buffer[] {
  const bodies: Buffer[] = [];
  for (let receives = 0; receives < RECEIVES_MAX; receives++) {
    const buffer = Buffer.alloc(RECEIVE_BYTES);
    const received = Number(recv(descriptor, buffer, buffer.length, 0));
    if (received < 0) throw lastError('recv', 'netlink');
    for (const { type, body } of messagesOf(buffer.subarray(0, received))) {
      if (type === DONE) return bodies;
      if (type === ERROR) {
        const code = body.length >= 4 ? -body.readInt32LE(0) : 0;
        if (code !== 0) throw new KernelRefusal(errnoName(code));
        return bodies;
      }
      bodies.push(body);
    }
    if (!isDump) return bodies;
  }
  return bodies;
}

function* messagesOf(data: Buffer): Generator<{ type: number; body: Buffer }> {
  for (let at = 0; at + HEADER_BYTES <= data.length; ) {
    const length = data.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > data.length) return;
    yield { type: data.readUInt16LE(at + 4), body: data.subarray(at + HEADER_BYTES, at + length) };
    at += aligned(length);
  }
}

function attributesOf(body: Buffer, from: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = from; at + 4 <= body.length; ) {
    const length = body.readUInt16LE(at);
    if (length < 4 || at + length > body.length) break;
    found.set(body.readUInt16LE(at + 2) & 0x3fff, body.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
