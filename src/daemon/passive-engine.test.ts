import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Change, comparePositions, type Position } from '../changes/change.ts';
import { encodeChange } from '../changes/codec.ts';
import type { DataFrame } from '../changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../changes/data-frame-codec.ts';
import { fromText } from '../kernel/byte-string.ts';
import type { FolderKey, NoticeSource } from '../kernel/notices.ts';
import { KIB, MIB, type MonotonicMs, type WallMs } from '../kernel/units.ts';
import { sqliteDoor } from '../system/database.ts';
import { SystemFileUses } from '../system/file-use.ts';
import { NodeFiles } from '../system/files.ts';
import { buildPassive } from './build-passive.ts';
import type { PassiveEngine } from './passive-engine.ts';
import { isNearlyFull } from './stream-window.ts';

const QUEUE_BYTES_MAX = 5 * MIB;
const CONTENT = new Uint8Array(200 * KIB);
const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
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
let engine: PassiveEngine;
let sent: DataFrame[];
/** Of the last change that was sent to it. */
let last: Position;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'passive-'));
  for (const folder of ['srv', 'state', 'queues']) mkdirSync(join(base, folder));
  now = 0;
  sent = [];
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
      include: ['/srv/**'],
      exclude: [],
      epoch: 1,
      onStart: 'full',
      readers: 'ignore',
      orphans: 'quarantine',
      quarantineBytesMax: MIB,
    },
    {
      toMain: () => undefined,
      sendFrame: (parts) => void sent.push(decodeFrame(Buffer.concat(parts))),
    },
    {
      files: new NodeFiles(),
      usesOf: (countsReaders) => new SystemFileUses(countsReaders),
      // So slow that each turn applies one record.
      clock: { monotonicMs: () => (now += 5) as MonotonicMs, wallMs: () => now as WallMs },
      processId: process.pid,
      openNotices: () => ({ source: SILENT, problem: null }),
      databaseIn: sqliteDoor,
      close: () => undefined,
    },
  );
  engine.link({ kind: 'up', peerServerId: 'active', connection: 1 });
  hear({ kind: 'reset', number: 1, position: last, gap: true, activeServerId: 'active' });
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
  engine.link({ kind: 'up', peerServerId: 'active', connection: 2 });
  expect(sent.at(-1)).toMatchObject({ kind: 'resume', durable: last });
});

function root(): Change {
  return { kind: 'root', node: 10, folder: fromText('/srv') };
}

function create(node: number): Change {
  const names = { parent: 10, name: fromText(`f${String(node)}`), type: 'file' } as const;
  return { kind: 'create', node, ...names, attributes: ATTRIBUTES, sizeBytes: CONTENT.length, content: CONTENT };
}
