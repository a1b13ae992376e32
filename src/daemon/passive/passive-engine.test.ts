import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Change, comparePositions, type Position, RANGE_BYTES } from '../../changes/change.ts';
import { encodeChange } from '../../changes/codec.ts';
import type { DataFrame } from '../../changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../../changes/data-frame-codec.ts';
import { BLOCK_BYTES } from '../../changes/pull-blocks.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import type { FolderKey, NoticeSource } from '../../kernel/notices.ts';
import { KIB, MIB, type MonotonicMs, type WallMs } from '../../kernel/units.ts';
import { hashContent } from '../../system/files/content-hash.ts';
import { sqliteDoor } from '../../system/files/database.ts';
import { SystemFileUses } from '../../system/files/file-use.ts';
import { NodeFiles } from '../../system/files/files.ts';
import { buildPassive } from './build-passive.ts';
import type { PassiveEngine } from './passive-engine.ts';
import { LEFT_CHECKS_FROM } from '../stream/check-numbers.ts';
import { isNearlyFull } from '../stream/stream-window.ts';

const QUEUE_BYTES_MAX = 5 * MIB;
const CONTENT = new Uint8Array(200 * KIB);
/** Zeros but for the first block. */
const REWRITTEN = new Uint8Array(400 * KIB).fill(3, 0, BLOCK_BYTES);
const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
const files = new NodeFiles();
const SILENT: NoticeSource = {
  kind: 'inotify',
  descriptor: -1,
  watchFolder: (folder) => String(folder) as FolderKey,
  keyOf: () => null,
  forgetFolder: () => undefined,
  read: () => true,
  close: () => undefined,
};

let base: string;
let now: number;
/** So much later it is each time that the clock is read. */
let paceMs: number;
let engine: PassiveEngine;
let sent: DataFrame[];
let renewed: number;
/** Findings that last. */
let told: Set<string>;
/** Of the last change that was sent to it. */
let last: Position;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'passive-'));
  for (const folder of ['srv', 'state', 'queues']) mkdirSync(join(base, folder));
  now = 0;
  // So slow that each turn applies one record.
  paceMs = 5;
  sent = [];
  renewed = 0;
  told = new Set();
  last = { epoch: 1, sequence: 0 };
  engine = buildPassive(
    {
      role: 'passive',
      identity: 'secondary',
      serverId: 'passive',
      base,
      stateDirectory: join(base, 'state'),
      queueDirectory: join(base, 'queues'),
      queueBytesMax: QUEUE_BYTES_MAX,
      queueFreeBytesMin: 0,
      include: ['/srv/**'],
      exclude: [],
      epoch: 1,
      onStart: 'full',
      readers: 'ignore',
      orphans: 'quarantine',
      quarantineBytesMax: MIB,
      checkBytesPerSecondMax: 0,
      lossItemsMin: null,
      interception: null,
      watchedBecause: {},
    },
    {
      toMain: (message) => {
        if (message.kind === 'problem') told.add(`${message.problem.code} ${message.item ?? ''}`);
        if (message.kind === 'cleared') told.delete(`${message.code} ${message.item ?? ''}`);
        if (message.kind === 'syncWanted') engine.request({ kind: 'synced', number: message.number, failure: null });
      },
      contentMemory: () => new Uint8Array(0),
      renewData: () => void (renewed += 1),
      linkRoom: () => Number.POSITIVE_INFINITY,
      sendFrame: (parts) => void sent.push(decodeFrame(Buffer.concat(parts))),
    },
    {
      files,
      usesOf: (countsReaders) => new SystemFileUses(countsReaders),
      openers: null,
      clock: { monotonicMs: () => (now += paceMs) as MonotonicMs, wallMs: () => now as WallMs },
      bootId: 'boot',
      wasStartedHere: () => false,
      openNotices: () => ({ source: SILENT, problem: null }),
      freeBytes: () => Number.POSITIVE_INFINITY,
      databaseIn: sqliteDoor,
      threadTimes: () => ({ processorMs: 0, readyMs: 0 }),
      close: () => undefined,
    },
  );
  engine.link({ kind: 'up', peerServerId: 'active', version: 3, connection: 1 });
  hear({ kind: 'reset', number: 1, position: last, gap: true, named: false, activeServerId: 'active' });
  engine.step(now as MonotonicMs);
});

afterEach(() => {
  engine.stop();
  rmSync(base, { recursive: true });
});

function hear(frame: DataFrame): void {
  engine.link({ kind: 'frame', connection: 1, frame: Buffer.concat(encodeFrame(frame)) });
}

function send(...changes: Change[]): void {
  for (const change of changes) {
    last = { ...last, sequence: last.sequence + 1 };
    hear({ kind: 'stream', records: encodeChange(last, change) });
  }
}

function acknowledged(): Position {
  const durable = sent
    .map((frame) => (frame.kind === 'acknowledge' ? frame.durable : null))
    .filter((at) => at !== null);
  return durable.at(-1) ?? { epoch: 0, sequence: 0 };
}

it('acknowledges what it has made durable, applied or not', () => {
  send(root(), create(11), create(12));
  engine.step(now as MonotonicMs);
  expect(acknowledged()).toEqual(last);
  expect(comparePositions(engine.report(now as MonotonicMs).applied, last)).toBeLessThan(0);
});

it('sleeps while what it received only waits to be made durable with more', () => {
  paceMs = 0;
  send(root(), create(11));
  while (engine.step(now as MonotonicMs) === 0);
  now += 4;
  send(create(12));
  expect(engine.step(now as MonotonicMs)).toBe(6);
  expect(acknowledged()).not.toEqual(last);
  now += 6;
  while (engine.step(now as MonotonicMs) === 0);
  expect(engine.report(now as MonotonicMs).applied).toEqual(last);
});

it('asks for no more while its queue is nearly full, until it has applied what is in it', () => {
  send(root(), ...Array.from({ length: 10 }, (_, index) => create(11 + index)));
  engine.step(now as MonotonicMs);
  expect(acknowledged().sequence).toBe(0);
  const seen: number[] = [];
  for (let turn = 0; acknowledged().sequence < last.sequence && turn < 1000; turn++) {
    engine.step(now as MonotonicMs);
    const { received, receiveQueue, applied } = engine.report(now as MonotonicMs);
    expect(received).toEqual(last);
    if (isNearlyFull(receiveQueue, QUEUE_BYTES_MAX)) {
      expect(comparePositions(acknowledged(), applied)).toBeLessThanOrEqual(0);
    }
    seen.push(acknowledged().sequence);
  }
  expect(seen.at(-1)).toBe(last.sequence);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

it('is asked from what it holds when the connection is made anew, acknowledged or not', () => {
  send(root(), ...Array.from({ length: 10 }, (_, index) => create(11 + index)));
  engine.step(now as MonotonicMs);
  engine.link({ kind: 'down' });
  engine.link({ kind: 'up', peerServerId: 'active', version: 3, connection: 2 });
  expect(sent.at(-1)).toMatchObject({ kind: 'resume', durable: last });
});

it('waits for content before it learns of ever more that is missing, but not without a connection', () => {
  const begin = { kind: 'checkBegin', check: 1, mode: 'full', repair: true, complete: true } as const;
  send(root(), { ...begin, itemsTotal: 8000, bytesTotal: 8e7 });
  for (let part = 0; part < 8; part++) send(missing(part, 1000));
  for (let turn = 0; turn < 100; turn++) engine.step(now as MonotonicMs);
  const { applied, pullsWaiting } = engine.report(now as MonotonicMs);
  expect(pullsWaiting).toBeGreaterThan(1024);
  expect(comparePositions(applied, last)).toBeLessThan(0);
  engine.link({ kind: 'down' });
  for (let turn = 0; turn < 100; turn++) engine.step(now as MonotonicMs);
  expect(engine.report(now as MonotonicMs).applied).toEqual(last);
});

it('counts a file that is in use as out of sync only once it was looked at again', () => {
  send(root(), create(11));
  for (let turn = 0; turn < 100; turn++) engine.step(now as MonotonicMs);
  const file = openSync(join(base, 'srv', 'f11'), 'r+');
  send({ kind: 'content', node: 11, attributes: ATTRIBUTES, content: new Uint8Array(1) });
  const seen = new Set<string>();
  for (let turn = 0; turn < 100; turn++) {
    engine.step(now as MonotonicMs);
    const { applied, itemsOutOfSync, pullsWaiting } = engine.report(now as MonotonicMs);
    if (comparePositions(applied, last) === 0) seen.add(`${itemsOutOfSync} out of sync, ${pullsWaiting} on its way`);
  }
  closeSync(file);
  expect([...seen]).toEqual(['0 out of sync, 1 on its way', '1 out of sync, 0 on its way']);
});

it('takes no answer to what it gave up for one to what makes up for what was missed', () => {
  const large = { node: 11, attributes: ATTRIBUTES, sizeBytes: REWRITTEN.length };
  send(root(), create(11), { kind: 'write', ...large, offset: 0, content: CONTENT });
  send(...check(1, true));
  // A range differs. Before the answer, which is what of it is not zeros, the file is cut and filled otherwise.
  const hashes = [hashContent(new Uint8Array(RANGE_BYTES).fill(3))];
  send({ kind: 'verifyContent', check: 0, ...large, firstRange: 0, hashes, last: false });
  steps();
  send({ kind: 'content', node: 11, attributes: ATTRIBUTES, content: new Uint8Array(RANGE_BYTES).fill(2) });
  steps();
  last = { epoch: 2, sequence: 0 };
  hear({ kind: 'reset', number: 1, position: last, gap: true, named: true, activeServerId: 'active' });
  send(root(), ...check(LEFT_CHECKS_FROM, false, REWRITTEN));
  steps();
  expect(sent.flatMap((frame) => (frame.kind === 'pull' ? frame.requests : []))).toHaveLength(3);
  const range = { node: 11, length: RANGE_BYTES, failure: null, sizeBytes: REWRITTEN.length, attributes: ATTRIBUTES };
  const answers = [
    { ...range, offset: 0, blocks: 1, content: REWRITTEN.subarray(0, BLOCK_BYTES) },
    { ...range, offset: 0, content: REWRITTEN.subarray(0, RANGE_BYTES) },
    { ...range, offset: RANGE_BYTES, content: REWRITTEN.subarray(RANGE_BYTES) },
  ];
  for (const answer of answers) hear({ kind: 'content', answers: [answer] });
  steps();
  expect(engine.report(now as MonotonicMs)).toMatchObject({ applied: last, itemsOutOfSync: 0, itemsUnchecked: 0 });
  expect(readFileSync(join(base, 'srv', 'f11')).equals(REWRITTEN)).toBe(true);
});

it('is one moment again in a stream that begins anew over the same connection, after content was given', () => {
  const reset = { kind: 'reset', number: 1, gap: true, activeServerId: 'active' } as const;
  const exact = { kind: 'exactness', isExact: true, resume: 1, answers: 0 } as const;
  send(root(), exact);
  steps();
  expect(engine.report(now as MonotonicMs).isOneMoment).toBe(true);
  const range = { node: 12, offset: 0, length: RANGE_BYTES, failure: null, sizeBytes: 1, attributes: ATTRIBUTES };
  hear({ kind: 'content', answers: [{ ...range, content: new Uint8Array(1) }] });
  expect(engine.report(now as MonotonicMs).isOneMoment).toBe(false);
  last = { epoch: 2, sequence: 0 };
  hear({ ...reset, position: last, named: false });
  send(root(), exact);
  steps();
  expect(engine.report(now as MonotonicMs).isOneMoment).toBe(true);
});

it('asks again for content whose answer was lost, over another connection', () => {
  send(root(), create(11), ...check(1, true));
  const large = { node: 11, attributes: ATTRIBUTES, sizeBytes: REWRITTEN.length };
  const hashes = [hashContent(new Uint8Array(RANGE_BYTES).fill(3))];
  send({ kind: 'verifyContent', check: 0, ...large, firstRange: 0, hashes, last: false });
  steps();
  const requests = (): { offset: number }[] =>
    sent.splice(0).flatMap((frame) => (frame.kind === 'pull' ? frame.requests : []));
  expect(requests()).toMatchObject([{ offset: 0 }]);
  now += 19_000;
  steps();
  now += 2000;
  steps();
  const [question, ...others] = requests();
  expect(others).toEqual([]);
  const answer = { node: 11, length: RANGE_BYTES, failure: null, sizeBytes: 1, attributes: ATTRIBUTES };
  hear({ kind: 'content', answers: [{ ...answer, offset: question?.offset ?? 0, content: new Uint8Array(0) }] });
  expect(renewed).toBe(0);
  steps();
  expect(renewed).toBe(1);
  engine.link({ kind: 'down' });
  engine.link({ kind: 'up', peerServerId: 'active', version: 3, connection: 2 });
  hear({ kind: 'reset', number: 2, position: last, gap: false, named: false, activeServerId: 'active' });
  steps();
  expect(requests()).toMatchObject([{ offset: 0 }]);
});

it('names what stays in doubt though it is asked for again and again, until it is equal', () => {
  send(root(), create(11), ...check(1, true));
  steps();
  rmSync(join(base, 'srv', 'f11'));
  send({ kind: 'attributes', node: 11, attributes: { ...ATTRIBUTES, mode: 0o600 } });
  for (let second = 0; second < 15; second++, now += 1000) engine.step(now as MonotonicMs);
  expect([...told]).toEqual([]);
  for (let second = 0; second < 30; second++, now += 1000) engine.step(now as MonotonicMs);
  expect([...told]).toEqual(['APL-009 /srv/f11']);
  send({ kind: 'content', node: 11, attributes: ATTRIBUTES, content: CONTENT });
  for (let second = 0; second < 3; second++, now += 1000) engine.step(now as MonotonicMs);
  expect(engine.report(now as MonotonicMs)).toMatchObject({ itemsOutOfSync: 0, itemsUnchecked: 0 });
  expect([...told]).toEqual([]);
});

describe('a large file that a check states in two records, and that changes between them', () => {
  const size = 65 * RANGE_BYTES;
  const zeros = hashContent(new Uint8Array(RANGE_BYTES));
  const changed = new Uint8Array(RANGE_BYTES).fill(3);
  const before = { node: 11, attributes: ATTRIBUTES, sizeBytes: size };
  const after = { ...before, attributes: { ...ATTRIBUTES, mtimeSeconds: 2 } };
  const hashes = Array.from({ length: 64 }, () => zeros);
  const begin = { kind: 'checkBegin', check: 1, mode: 'full', repair: true, itemsTotal: 2, bytesTotal: size } as const;

  beforeEach(() => {
    send(root(), create(11), { kind: 'write', ...before, offset: 0, content: CONTENT });
    send({ ...begin, complete: true });
    send({ kind: 'verifyContent', check: 1, ...before, firstRange: 0, hashes, last: false });
    steps();
  });

  function end(): void {
    send({ kind: 'verifyContent', check: 1, ...after, firstRange: 64, hashes: [zeros], last: true });
    send({ kind: 'checkEnd', check: 1, finished: true });
    steps();
  }

  it('goes on waiting for what is to come of it, though some of it came', () => {
    const now3 = hashes.with(3, hashContent(changed)).with(40, hashContent(changed));
    send({ kind: 'verifyContent', check: 0, ...after, firstRange: 0, hashes: now3, last: false });
    steps();
    const range = { ...after, length: RANGE_BYTES, failure: null, content: changed };
    hear({ kind: 'content', answers: [{ ...range, offset: 3 * RANGE_BYTES }] });
    end();
    expect(engine.report(now as MonotonicMs)).toMatchObject({ applied: last, itemsOutOfSync: 1 });
    hear({ kind: 'content', answers: [{ ...range, offset: 40 * RANGE_BYTES }] });
    steps();
    expect(engine.report(now as MonotonicMs)).toMatchObject({ itemsOutOfSync: 0, itemsUnchecked: 0 });
    expect(readFileSync(join(base, 'srv', 'f11'))[40 * RANGE_BYTES]).toBe(3);
  });

  it('is not equal where a change was refused because it was in use, though it is free again', () => {
    const file = openSync(join(base, 'srv', 'f11'), 'r+');
    send({ kind: 'write', ...after, offset: 0, content: changed });
    for (let turn = 0; turn < 3; turn++) engine.step(now as MonotonicMs);
    closeSync(file);
    end();
    expect(readFileSync(join(base, 'srv', 'f11'))[0]).toBe(0);
    const { itemsOutOfSync, itemsUnchecked, pullsWaiting } = engine.report(now as MonotonicMs);
    expect(itemsOutOfSync + itemsUnchecked + pullsWaiting).toBeGreaterThan(0);
    expect(sent.flatMap((frame) => (frame.kind === 'recheck' ? frame.nodes : []))).toContain(11);
  });
});

function steps(): void {
  for (let turn = 0; turn < 30; turn++) engine.step(now as MonotonicMs);
}

/** Of some items it states the file; of everything nothing, so that all is found equal. */
function check(number: number, complete: boolean, content: Uint8Array | null = null): Change[] {
  const entry = { name: fromText('f11'), node: 11, type: 'file', attributes: ATTRIBUTES, hash: 0n } as const;
  const names = { node: 10, attributes: { ...ATTRIBUTES, mode: 0o755 }, attributesCount: false, after: fromText('') };
  const begin = { mode: 'full', repair: true, complete, itemsTotal: 2, bytesTotal: 0 } as const;
  const end: Change = { kind: 'checkEnd', check: number, finished: true };
  if (content === null) return [{ kind: 'checkBegin', check: number, ...begin }, end];
  const sizeBytes = content.length;
  const entries = [{ ...entry, sizeBytes, target: fromText(''), linked: false }];
  const hashes = [content.subarray(0, RANGE_BYTES), content.subarray(RANGE_BYTES)].map(hashContent);
  return [
    { kind: 'checkBegin', check: number, ...begin },
    { kind: 'verifyFolder', check: number, ...names, last: true, entries },
    { ...entry, kind: 'verifyContent', check: number, sizeBytes, firstRange: 0, hashes, last: true },
    end,
  ];
}

function root(): Change {
  return { kind: 'root', node: 10, folder: fromText('/srv') };
}

/** A part of the protected folder, with so many files that are not here. */
function missing(part: number, count: number): Change {
  const nameOf = (index: number): ByteString => fromText(`f${String(100_000 + index)}`);
  return {
    kind: 'verifyFolder',
    check: 1,
    node: 10,
    attributes: { ...ATTRIBUTES, mode: 0o755 },
    attributesCount: true,
    after: part === 0 ? fromText('') : nameOf(part * count - 1),
    last: false,
    entries: Array.from({ length: count }, (_, index) => ({
      name: nameOf(part * count + index),
      node: 100 + part * count + index,
      type: 'file',
      attributes: ATTRIBUTES,
      sizeBytes: 10_000,
      hash: 1n,
      target: fromText(''),
      linked: false,
    })),
  };
}

function create(node: number): Change {
  const names = { parent: 10, name: fromText(`f${String(node)}`), type: 'file' } as const;
  return { kind: 'create', node, ...names, attributes: ATTRIBUTES, sizeBytes: CONTENT.length, content: CONTENT };
}
