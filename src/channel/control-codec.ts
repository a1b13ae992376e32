import { Packr } from 'msgpackr';
import { assert } from '../kernel/assert.ts';
import { CONTROL_BYTES_MAX } from './framing.ts';

/** A message on the control connection: plain data with a type. What else it holds its reader validates. */
export type ControlMessage = { readonly type: string; readonly [name: string]: unknown };

/** Bytes that are no control message. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

const DEPTH_MAX = 16;
const VALUES_MAX = 64 * 1024;
const TOO_MANY_VALUES = 'too large';

// Plain MessagePack without the library's extensions, so that nothing but plain data can be made from bytes.
const packr = new Packr({ useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: true, int64AsType: 'number' });

/** The message must be plain data (no dates, maps, sets) of at most CONTROL_BYTES_MAX. Undefined becomes null. */
export function encodeMessage(message: ControlMessage): Uint8Array {
  const bytes = encodePlain(message);
  assert(bytes !== null, `control message ${message.type} has at most ${VALUES_MAX} values`);
  assert(bytes.length <= CONTROL_BYTES_MAX, `control message ${message.type} is at most ${CONTROL_BYTES_MAX} bytes`);
  return bytes;
}

/** As {@link encodeMessage}, of any length; null where it holds more values than the other server takes. */
export function encodePlain(message: ControlMessage): Uint8Array | null {
  const bytes = packr.pack(message);
  const fault = faultIn(bytes);
  if (fault === TOO_MANY_VALUES) return null;
  assert(fault === null, `control message ${message.type} is plain data (${fault})`);
  return bytes;
}

/** @throws MalformedMessage */
export function decodeMessage(bytes: Uint8Array): ControlMessage {
  if (bytes.length > CONTROL_BYTES_MAX) throw new MalformedMessage('a control message that is too long');
  const value = decodePlain(bytes);
  if (!isRecord(value) || typeof value['type'] !== 'string') {
    throw new MalformedMessage('a control message without a type');
  }
  return value as ControlMessage;
}

/** Whatever plain data the bytes are. @throws MalformedMessage */
export function decodePlain(bytes: Uint8Array): unknown {
  const fault = faultIn(bytes);
  if (fault !== null) throw new MalformedMessage(`a control message that is ${fault}`);
  try {
    return packr.unpack(bytes);
  } catch (error) {
    throw new MalformedMessage('a control message that cannot be decoded', { cause: error });
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/**
 * Walks MessagePack (its specification, "Formats") without building anything: lengths must fit what
 * is there, depth and number of values are bounded, extension types are not allowed. So no announced
 * length makes the decoder allocate.
 */
function faultIn(bytes: Uint8Array): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Values still to come on each open level; the outermost holds one.
  const open: number[] = [1];
  let at = 0;
  let values = 0;
  while (open.length > 0) {
    const level = open.length - 1;
    if (open[level] === 0) {
      open.pop();
      continue;
    }
    open[level] = (open[level] as number) - 1;
    if (at >= bytes.length) return 'cut';
    if (++values > VALUES_MAX) return TOO_MANY_VALUES;
    const step = stepOver(view, at);
    if (step === null) return 'not plain data';
    at = step.next;
    if (at > bytes.length) return 'cut';
    if (step.children > 0) {
      if (step.children > bytes.length - at) return 'cut';
      if (open.length > DEPTH_MAX) return 'nested too deep';
      open.push(step.children);
    }
  }
  return at === bytes.length ? null : 'followed by more bytes';
}

interface Step {
  readonly next: number;
  readonly children: number;
}

/** Null for extensions and what MessagePack does not define. `next` may lie beyond the end. */
function stepOver(view: DataView, at: number): Step | null {
  const tag = view.getUint8(at);
  if (tag <= 0x7f || tag >= 0xe0) return { next: at + 1, children: 0 };
  if (tag <= 0x8f) return { next: at + 1, children: (tag & 0x0f) * 2 };
  if (tag <= 0x9f) return { next: at + 1, children: tag & 0x0f };
  if (tag <= 0xbf) return { next: at + 1 + (tag & 0x1f), children: 0 };
  const fixed = FIXED_BYTES[tag];
  if (fixed !== undefined) return { next: at + 1 + fixed, children: 0 };
  const sized = SIZED[tag];
  if (sized === undefined) return null;
  const [lengthBytes, childrenEach] = sized;
  if (at + 1 + lengthBytes > view.byteLength) return { next: view.byteLength + 1, children: 0 };
  const length = readLength(view, at + 1, lengthBytes);
  const next = at + 1 + lengthBytes;
  return childrenEach === 0 ? { next: next + length, children: 0 } : { next, children: length * childrenEach };
}

/** Tags with a payload of known size: nil, booleans, floats, integers. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0xc0: 0,
  0xc2: 0,
  0xc3: 0,
  0xca: 4,
  0xcb: 8,
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/** Tags followed by a length: bytes of that length, and values that each element holds (0: plain bytes). */
const SIZED: Readonly<Record<number, readonly [lengthBytes: number, valuesEach: number]>> = {
  0xc4: [1, 0],
  0xc5: [2, 0],
  0xc6: [4, 0],
  0xd9: [1, 0],
  0xda: [2, 0],
  0xdb: [4, 0],
  0xdc: [2, 1],
  0xdd: [4, 1],
  0xde: [2, 2],
  0xdf: [4, 2],
};

function readLength(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}
