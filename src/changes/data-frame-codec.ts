import { assert } from '../kernel/assert.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import { asBuffer } from '../kernel/bytes.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter, INTEGER_BYTES } from './byte-writer.ts';
import { type Position, RANGE_BYTES, RECORD_BYTES_MAX } from './change.ts';
import { ATTRIBUTES_BYTES_MIN, attributesBytes, readAttributes, writeAttributes } from './change-body.ts';
import { EXTENDED_BYTES_MAX } from './extended.ts';
import { objectionToAttributes, isWhole } from './change-rules.ts';
import type { DataFrame, PullAnswer, PullRequest } from './data-frame.ts';
import { ALL_BLOCKS, BLOCKS_MAX } from './pull-blocks.ts';

/*
 * A frame, all numbers little-endian: u8 format version, u8 kind, then the body. Its length is the
 * channel's to tell, and its integrity TLS's to keep; records inside carry checksums of their own.
 */

const FORMAT_VERSION = 1;
const FRAME_HEADER_BYTES = 2;

/** Encoded records that one stream frame carries at most. */
export const STREAM_BYTES_MAX = RECORD_BYTES_MAX;
/** Requests of one pull, answers of one content frame, nodes or paths of one recheck at most. */
export const FRAME_ITEMS_MAX = 4096;
/** Content that the answers of one content frame hold at most, together. */
export const ANSWERS_BYTES_MAX = 4 * RANGE_BYTES;
/** Longest frame: the longest stream or content with room for what is said about it. */
export const FRAME_BYTES_MAX = 1024 * 1024 + 512 * 1024 + EXTENDED_BYTES_MAX;

/** Longest path of a recheck: far beyond what the kernel takes at once, for folders are opened one by one. */
export const RECHECK_PATH_BYTES_MAX = 0xffff;

const SERVER_ID_BYTES_MAX = 255;
const FAILURE_BYTES_MAX = 64;
const POSITION_BYTES = 10;
const REQUEST_BYTES = 2 * INTEGER_BYTES + 4;
const ANSWER_BYTES_MIN = REQUEST_BYTES + 1 + INTEGER_BYTES + ATTRIBUTES_BYTES_MIN + 2 + 4;
const HASH_BYTES = 8;

/** Flags of a resume frame, */
const PREVIEW = 1;
const UNVERIFIED = 2;
/** of a reset frame, */
const GAP = 1;
const NAMED = 2;
/** and of a recheck. */
const EVERYTHING = 1;

const KINDS = [
  'stream',
  'resume',
  'reset',
  'acknowledge',
  'pull',
  'content',
  'recheck',
] as const satisfies readonly DataFrame['kind'][];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A frame as parts to be sent one after the other. The records of a `stream` and the content of
 * answers are handed on as they are, not copied: leave them alone until they are sent. A frame
 * beyond the limits above is a bug of the caller.
 */
export function encodeFrame(frame: DataFrame): Uint8Array[] {
  switch (frame.kind) {
    case 'stream':
      assert(frame.records.length <= STREAM_BYTES_MAX, 'the records of a stream frame fit');
      return [start(frame, 0).finish(), frame.records];
    case 'resume':
      return [
        withServerId(frame, {
          number: frame.number,
          position: frame.durable,
          flags: (frame.preview ? PREVIEW : 0) | (frame.unverified ? UNVERIFIED : 0),
          serverId: frame.activeServerId,
        }),
      ];
    case 'reset':
      return [
        withServerId(frame, {
          number: frame.number,
          position: frame.position,
          flags: (frame.gap ? GAP : 0) | (frame.named ? NAMED : 0),
          serverId: frame.activeServerId,
        }),
      ];
    case 'acknowledge': {
      const out = start(frame, 2 * POSITION_BYTES);
      writePosition(out, frame.durable);
      writePosition(out, frame.applied);
      return [out.finish()];
    }
    case 'pull':
      return [encodePull(frame, frame.requests)];
    case 'content':
      return encodeContent(frame, frame.answers);
    case 'recheck':
      return [encodeRecheck(frame)];
  }
}

/**
 * Decodes one whole frame. `records` and `content` are views into the bytes; the records of a stream
 * are not looked at. Never allocates by an announced length or count that the bytes can't back.
 * @throws MalformedRecord
 */
export function decodeFrame(bytes: Uint8Array): DataFrame {
  const buffer = asBuffer(bytes);
  const from = new ByteReader(buffer, { start: 0, at: 0, end: buffer.length });
  if (buffer.length > FRAME_BYTES_MAX) from.fail('frame too long');
  if (from.u8() !== FORMAT_VERSION) from.fail('unknown format version');
  const frame = readFrame(from, from.u8());
  from.finish();
  return frame;
}

function readFrame(from: ByteReader, kindNumber: number): DataFrame {
  const kind = KINDS[kindNumber - 1] ?? from.fail('unknown kind of frame');
  switch (kind) {
    case 'stream':
      if (from.remaining > STREAM_BYTES_MAX) from.fail('too many records');
      return { kind, records: from.view(from.remaining) };
    case 'resume':
      return readResume(from);
    case 'reset':
      return readReset(from);
    case 'acknowledge':
      return { kind, durable: readPosition(from), applied: readPosition(from) };
    case 'pull':
      return { kind, requests: readItems(from, REQUEST_BYTES + 1, readPull) };
    case 'content':
      return { kind, answers: readAnswers(from) };
    case 'recheck':
      return {
        kind,
        everything: from.flags(EVERYTHING) === EVERYTHING,
        nodes: readItems(from, INTEGER_BYTES, (reader) => reader.integer()),
        paths: readItems(from, 2, readPath),
      };
  }
}

function start(frame: DataFrame, bodyBytes: number): ByteWriter {
  assert(FRAME_HEADER_BYTES + bodyBytes <= FRAME_BYTES_MAX, `a ${frame.kind} frame fits`);
  const out = new ByteWriter(FRAME_HEADER_BYTES + bodyBytes);
  out.u8(FORMAT_VERSION);
  out.u8(KINDS.indexOf(frame.kind) + 1);
  return out;
}

function readResume(from: ByteReader): DataFrame {
  const number = from.u32();
  const durable = readPosition(from);
  const flags = from.flags(PREVIEW | UNVERIFIED);
  return {
    kind: 'resume',
    number,
    durable,
    preview: (flags & PREVIEW) !== 0,
    unverified: (flags & UNVERIFIED) !== 0,
    activeServerId: readText(from, from.u8()),
  };
}

function readReset(from: ByteReader): DataFrame {
  const number = from.u32();
  const position = readPosition(from);
  const flags = from.flags(GAP | NAMED);
  return {
    kind: 'reset',
    number,
    position,
    gap: (flags & GAP) !== 0,
    named: (flags & NAMED) !== 0,
    activeServerId: readText(from, from.u8()),
  };
}

function withServerId(
  frame: DataFrame,
  body: { number: number; position: Position; flags: number; serverId: string },
): Buffer {
  const id = Buffer.from(body.serverId, 'utf8');
  assert(id.length <= SERVER_ID_BYTES_MAX, 'a server id is short');
  const out = start(frame, 4 + POSITION_BYTES + 1 + 1 + id.length);
  out.u32(body.number);
  writePosition(out, body.position);
  out.u8(body.flags);
  out.u8(id.length);
  out.raw(id);
  return out.finish();
}

function encodePull(frame: DataFrame, requests: readonly PullRequest[]): Buffer {
  assert(requests.length <= FRAME_ITEMS_MAX, 'a pull has few enough requests');
  const hashes = requests.reduce((sum, { have }) => sum + (have?.length ?? 0), 0);
  const out = start(frame, 2 + requests.length * (REQUEST_BYTES + 1) + hashes * HASH_BYTES);
  out.u16(requests.length);
  for (const request of requests) {
    const objection = requestObjection(request);
    const have = request.have ?? [];
    assert(objection === null && have.length <= BLOCKS_MAX, `pull: ${objection ?? 'too many blocks'}`);
    writeRequest(out, request);
    out.u8(have.length);
    for (const hash of have) out.u64(hash);
  }
  return out.finish();
}

function encodeContent(frame: DataFrame, answers: readonly PullAnswer[]): Uint8Array[] {
  const failures = answers.map((answer) => Buffer.from(answer.failure ?? '', 'utf8'));
  const saidBytes = answers.reduce(
    (sum, { attributes }, index) =>
      sum + ANSWER_BYTES_MIN - ATTRIBUTES_BYTES_MIN + attributesBytes(attributes) + (failures[index] as Buffer).length,
    2,
  );
  assert(answers.length <= FRAME_ITEMS_MAX, 'a content frame has few enough answers');
  const out = start(frame, saidBytes);
  const parts: Uint8Array[] = [];
  let contentBytes = 0;
  out.u16(answers.length);
  for (const [index, answer] of answers.entries()) {
    const failure = failures[index] as Buffer;
    const objection = answerObjection(answer);
    assert(objection === null && failure.length <= FAILURE_BYTES_MAX, `content: ${objection ?? 'long failure'}`);
    writeRequest(out, answer);
    out.u8(failure.length);
    out.raw(failure);
    out.integer(answer.sizeBytes);
    writeAttributes(out, answer.attributes);
    out.u16(answer.blocks ?? ALL_BLOCKS);
    out.u32(answer.content.length);
    contentBytes += answer.content.length;
    if (answer.content.length > 0) parts.push(answer.content);
  }
  assert(contentBytes <= ANSWERS_BYTES_MAX, 'the content of a frame fits');
  return [out.finish(), ...parts];
}

function encodeRecheck(frame: Extract<DataFrame, { kind: 'recheck' }>): Buffer {
  const { nodes, paths } = frame;
  assert(nodes.length <= FRAME_ITEMS_MAX && paths.length <= FRAME_ITEMS_MAX, 'a recheck is short enough');
  assert(nodes.every(isWhole), 'node ids are whole numbers');
  const pathsBytes = paths.reduce((sum, path) => sum + 2 + path.length, 2);
  const out = start(frame, 1 + 2 + nodes.length * INTEGER_BYTES + pathsBytes);
  out.u8(frame.everything ? EVERYTHING : 0);
  out.u16(nodes.length);
  for (const node of nodes) out.integer(node);
  out.u16(paths.length);
  for (const path of paths) {
    assert(path.length <= RECHECK_PATH_BYTES_MAX, 'a path is short enough');
    out.u16(path.length);
    out.latin1(path);
  }
  return out.finish();
}

/** Every item takes at least `itemBytes`, so a count that the bytes can't back is refused before the first. */
function readItems<Item>(from: ByteReader, itemBytes: number, readItem: (from: ByteReader) => Item): Item[] {
  const count = from.u16();
  if (count > FRAME_ITEMS_MAX || count * itemBytes > from.remaining) from.fail('too many items');
  const items: Item[] = [];
  for (let index = 0; index < count; index += 1) items.push(readItem(from));
  return items;
}

/** What is said about the answers stands first, their content after it, in the same order. */
function readAnswers(from: ByteReader): PullAnswer[] {
  let contentBytes = 0;
  const said = readItems(from, ANSWER_BYTES_MIN, (reader) => {
    const request = readRequest(reader);
    const failureBytes = reader.u8();
    if (failureBytes > FAILURE_BYTES_MAX) reader.fail('a failure is too long');
    const failure = failureBytes === 0 ? null : readText(reader, failureBytes);
    const sizeBytes = reader.integer();
    const attributes = readAttributes(reader);
    const blocks = reader.u16();
    const length = reader.u32();
    contentBytes += length;
    if (length > RANGE_BYTES || contentBytes > ANSWERS_BYTES_MAX) reader.fail('too much content');
    const partly = blocks === ALL_BLOCKS ? {} : { blocks };
    return { ...request, ...partly, failure, sizeBytes, attributes, contentLength: length };
  });
  return said.map(({ contentLength, ...rest }) => {
    const answer: PullAnswer = { ...rest, content: from.view(contentLength) };
    const objection = answerObjection(answer);
    return objection === null ? answer : from.fail(objection);
  });
}

function readRequest(from: ByteReader): PullRequest {
  const request = { node: from.integer(), offset: from.integer(), length: from.u32() };
  const objection = requestObjection(request);
  return objection === null ? request : from.fail(objection);
}

function readPull(from: ByteReader): PullRequest {
  const request = readRequest(from);
  const count = from.u8();
  if (count > BLOCKS_MAX) from.fail('a range has fewer blocks');
  if (count === 0) return request;
  const have: bigint[] = [];
  for (let block = 0; block < count; block += 1) have.push(from.u64());
  return { ...request, have };
}

function writeRequest(out: ByteWriter, request: PullRequest): void {
  out.integer(request.node);
  out.integer(request.offset);
  out.u32(request.length);
}

function requestObjection(request: PullRequest): string | null {
  if (!isWhole(request.node) || !isWhole(request.offset) || !isWhole(request.length)) return 'a request is not whole';
  if (!isWhole(request.offset + request.length)) return 'a request ends beyond 53 bits';
  return request.length <= RANGE_BYTES ? null : 'a request asks for too much';
}

function answerObjection(answer: PullAnswer): string | null {
  const objection = requestObjection(answer) ?? objectionToAttributes(answer.attributes);
  if (objection !== null) return objection;
  if (answer.failure === '') return 'a failure has no name';
  if (answer.failure !== null && answer.content.length > 0) return 'a failed answer has content';
  if (answer.content.length > answer.length) return 'an answer is longer than its request';
  return isWhole(answer.sizeBytes) ? null : 'a size is no whole number';
}

function readPath(from: ByteReader): ByteString {
  const length = from.u16();
  return length <= RECHECK_PATH_BYTES_MAX ? from.latin1(length) : from.fail('a path is too long');
}

function readText(from: ByteReader, length: number): string {
  const bytes = from.view(length);
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return from.fail('text is not UTF-8');
  }
}

function writePosition(out: ByteWriter, position: Position): void {
  out.u32(position.epoch);
  out.u48(position.sequence);
}

function readPosition(from: ByteReader): Position {
  return { epoch: from.u32(), sequence: from.u48() };
}
