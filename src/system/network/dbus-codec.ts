import type { BusValue } from '../../kernel/message-bus.ts';

/** A message on the wire, little-endian. */
export interface BusMessage {
  /** 1 call, 2 answer, 3 error, 4 signal. */
  readonly type: number;
  readonly flags: number;
  readonly serial: number;
  readonly fields: Readonly<Partial<Record<FieldName, string | number>>>;
  readonly signature: string;
  readonly body: readonly BusValue[];
}

/** Header fields by their numbers; the signature (8) and the number of descriptors (9) are not among them. */
const FIELDS = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  sender: 7,
} as const;
type FieldName = keyof typeof FIELDS;
const SIGNATURE_FIELD = 8;
const FIELD_TYPES: Readonly<Record<FieldName, string>> = {
  path: 'o',
  interface: 's',
  member: 's',
  errorName: 's',
  replySerial: 'u',
  destination: 's',
  sender: 's',
};

const HEADER_BYTES = 16;
/** Longest message that is taken; the bus itself allows eight times as much. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const DEPTH_MAX = 64;
const LITTLE_ENDIAN = 'l'.charCodeAt(0);
const VERSION = 1;

/** What came is no message of D-Bus that this side can read. The connection is of no use any more. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** @param signature - of the body, made of `s`, `o`, `g`, `u`, `i`, `b` and arrays of them. */
export function encodeMessage(message: BusMessage): Buffer {
  const body = new Writer();
  const types = [...completeTypes(message.signature)];
  types.forEach((type, index) => body.value(type, message.body[index] as BusValue));
  const head = new Writer();
  head.bytes([LITTLE_ENDIAN, message.type, message.flags, VERSION]);
  head.uint32(body.length);
  head.uint32(message.serial);
  const fields = new Writer(HEADER_BYTES);
  for (const [name, number] of Object.entries(FIELDS)) {
    const value = message.fields[name as FieldName];
    if (value === undefined) continue;
    fields.align(8);
    fields.variant(number, FIELD_TYPES[name as FieldName], value);
  }
  if (message.signature !== '') {
    fields.align(8);
    fields.variant(SIGNATURE_FIELD, 'g', message.signature);
  }
  head.uint32(fields.length);
  const before = Buffer.concat([head.done(), fields.done()]);
  return Buffer.concat([before, Buffer.alloc(-before.length & 7), body.done()]);
}

/**
 * The length of the message that begins here; null while too little of it is there to tell.
 * @throws MalformedMessage
 */
export function messageLength(bytes: Buffer): number | null {
  if (bytes.length < HEADER_BYTES) return null;
  if (bytes[0] !== LITTLE_ENDIAN || bytes[3] !== VERSION) throw new MalformedMessage('it is not little-endian D-Bus 1');
  const [bodyBytes, fieldBytes] = [bytes.readUInt32LE(4), bytes.readUInt32LE(12)];
  const length = HEADER_BYTES + ((fieldBytes + 7) & ~7) + bodyBytes;
  if (bodyBytes > MESSAGE_BYTES_MAX || fieldBytes > MESSAGE_BYTES_MAX || length > MESSAGE_BYTES_MAX) {
    throw new MalformedMessage(`it has ${length} bytes`);
  }
  return length;
}

/** @param bytes - one whole message. @throws MalformedMessage */
export function decodeMessage(bytes: Buffer): BusMessage {
  const head = new Reader(bytes.subarray(0, HEADER_BYTES + bytes.readUInt32LE(12)), 12);
  const fields: Partial<Record<FieldName, string | number>> = {};
  let signature = '';
  for (const [number, value] of head.value('a(yv)') as [number, BusValue][]) {
    if (number === SIGNATURE_FIELD) signature = String(value);
    const name = (Object.keys(FIELDS) as FieldName[]).find((one) => FIELDS[one] === number);
    if (name !== undefined && (typeof value === 'string' || typeof value === 'number')) fields[name] = value;
  }
  const bodyBytes = bytes.readUInt32LE(4);
  const body = new Reader(bytes.subarray(bytes.length - bodyBytes), 0);
  const [type, flags] = [bytes[1] ?? 0, bytes[2] ?? 0];
  const values = [...completeTypes(signature)].map((each) => body.value(each));
  return { type, flags, serial: bytes.readUInt32LE(8), fields, signature, body: values };
}

/** `a{sv}u` is an array of pairs, and a number. @throws MalformedMessage */
function* completeTypes(signature: string): Generator<string> {
  for (let at = 0; at < signature.length; ) {
    const end = typeEnd(signature, at, 0);
    yield signature.slice(at, end);
    at = end;
  }
}

function typeEnd(signature: string, at: number, depth: number): number {
  if (depth > DEPTH_MAX || at >= signature.length) throw new MalformedMessage(`the signature ${signature} is none`);
  const letter = signature[at];
  if (letter === 'a') return typeEnd(signature, at + 1, depth + 1);
  if (letter !== '(' && letter !== '{') return at + 1;
  const closing = letter === '(' ? ')' : '}';
  let next = at + 1;
  while (signature[next] !== closing) next = typeEnd(signature, next, depth + 1);
  return next + 1;
}

const ALIGNMENTS: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, s: 4, o: 4, a: 4 },
  ...{ x: 8, t: 8, d: 8, '(': 8, '{': 8 },
};

function alignmentOf(type: string): number {
  const found = ALIGNMENTS[type[0] ?? ''];
  if (found === undefined) throw new MalformedMessage(`there is no type ${type}`);
  return found;
}

class Writer {
  readonly #from: number;
  #parts: Buffer[] = [];
  #length = 0;

  /** @param from - where its bytes come to lie, for the alignment. */
  constructor(from = 0) {
    this.#from = from;
  }

  get length(): number {
    return this.#length;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  bytes(bytes: readonly number[] | Buffer): void {
    const part = Buffer.from(bytes);
    this.#parts.push(part);
    this.#length += part.length;
  }

  align(to: number): void {
    this.bytes(Buffer.alloc(-(this.#from + this.#length) & (to - 1)));
  }

  uint32(value: number): void {
    this.align(4);
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value >>> 0);
    this.bytes(part);
  }

  text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.uint32(bytes.length);
    this.bytes(bytes);
    this.bytes([0]);
  }

  shortText(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.bytes([bytes.length]);
    this.bytes(bytes);
    this.bytes([0]);
  }

  variant(number: number, type: string, value: BusValue): void {
    this.bytes([number]);
    this.shortText(type);
    this.value(type, value);
  }

  value(type: string, value: BusValue): void {
    if (type[0] === 'a') return this.#array(type.slice(1), value as readonly BusValue[]);
    if (type === 's' || type === 'o') return this.text(value as string);
    if (type === 'g') return this.shortText(value as string);
    if (type === 'u' || type === 'i') return this.uint32(value as number);
    if (type === 'b') return this.uint32(value === true ? 1 : 0);
    throw new MalformedMessage(`nothing of type ${type} is sent`);
  }

  #array(type: string, values: readonly BusValue[]): void {
    this.align(4);
    const content = new Writer(this.#from + this.#length + 4);
    content.align(alignmentOf(type));
    const padding = content.length;
    for (const value of values) content.value(type, value);
    this.uint32(content.length - padding);
    this.bytes(content.done());
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  value(type: string, depth = 0): BusValue {
    if (depth > DEPTH_MAX) throw new MalformedMessage('it is nested too deeply');
    this.#align(alignmentOf(type));
    const letter = type[0] ?? '';
    if (letter === 'a') return this.#array(type.slice(1), depth);
    if (letter === '(' || letter === '{')
      return [...completeTypes(type.slice(1, -1))].map((each) => this.value(each, depth + 1));
    if (letter === 'v') return this.#variant(depth);
    if (letter === 's' || letter === 'o') return this.#text(this.#take(4).readUInt32LE(0));
    if (letter === 'g') return this.#text(this.#take(1).readUInt8(0));
    return this.#number(letter);
  }

  #number(letter: string): BusValue {
    switch (letter) {
      case 'y':
        return this.#take(1).readUInt8(0);
      case 'b':
        return this.#take(4).readUInt32LE(0) === 1;
      case 'n':
        return this.#take(2).readInt16LE(0);
      case 'q':
        return this.#take(2).readUInt16LE(0);
      case 'i':
        return this.#take(4).readInt32LE(0);
      case 'x':
        return this.#take(8).readBigInt64LE(0);
      case 't':
        return this.#take(8).readBigUInt64LE(0);
      case 'd':
        return this.#take(8).readDoubleLE(0);
      default:
        return this.#take(4).readUInt32LE(0);
    }
  }

  #variant(depth: number): BusValue {
    const signature = this.#text(this.#take(1).readUInt8(0));
    const [type, more] = [...completeTypes(signature)];
    if (type === undefined || more !== undefined) throw new MalformedMessage(`a variant has the types ${signature}`);
    return this.value(type, depth + 1);
  }

  #array(type: string, depth: number): BusValue {
    const length = this.#take(4).readUInt32LE(0);
    this.#align(alignmentOf(type));
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedMessage('an array ends behind its message');
    const values: BusValue[] = [];
    while (this.#at < end) values.push(this.value(type, depth + 1));
    if (this.#at !== end) throw new MalformedMessage('an array ends within a value');
    return values;
  }

  #text(length: number): string {
    const text = this.#take(length).toString('utf8');
    this.#take(1);
    return text;
  }

  #align(to: number): void {
    this.#at += -this.#at & (to - 1);
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new MalformedMessage('it ends too early');
    this.#at += length;
    return taken;
  }
}
