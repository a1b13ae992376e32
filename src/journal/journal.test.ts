import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ORIGIN, type Position } from '../changes/change.ts';
import { encodeChange } from '../changes/codec.ts';
import { MalformedRecord } from '../changes/malformed-record.ts';
import { AssertionError } from '../kernel/assert.ts';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import type { ProblemData } from '../problems/problem.ts';
import { NodeFiles } from '../system/files/files.ts';
import { type Journal, openJournal } from './journal.ts';
import { SEGMENT_HEADER_BYTES } from './segment-header.ts';

const ATTRIBUTES = { mode: 0o600, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
const SEGMENT_BYTES = 64 * 1024;

let directory: string;
let nowMs: number;
let damage: ProblemData[];
let open: Journal[];

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'queue-')), 'deep', 'receive');
  nowMs = 1000;
  damage = [];
  open = [];
});

afterEach(() => {
  for (const journal of open) journal.close();
  rmSync(join(directory, '..', '..'), { recursive: true });
});

function openQueue(files = new NodeFiles(), lasts = true): Journal {
  for (const journal of open.splice(0)) journal.close();
  const journal = openJournal({
    files,
    clock: { monotonicMs: () => nowMs as MonotonicMs },
    directory,
    segmentBytesMax: SEGMENT_BYTES,
    lasting: lasts ? { onDamage: (problem) => damage.push(problem) } : null,
  });
  open.push(journal);
  return journal;
}

function record(position: Position, sizeBytes = 100): Buffer {
  const content = Buffer.alloc(sizeBytes, position.sequence);
  return encodeChange(position, { kind: 'content', node: 1, attributes: ATTRIBUTES, content });
}

function at(sequence: number, epoch = 1): Position {
  return { epoch, sequence };
}

/** Appends records from one sequence to another, each of some bytes of content. */
function fill(journal: Journal, from: number, to: number, sizeBytes = 100): void {
  for (let sequence = from; sequence <= to; sequence += 1)
    journal.append(record(at(sequence), sizeBytes), at(sequence));
}

function sequences(journal: Journal, after: Position): number[] {
  const found: number[] = [];
  for (let from = after; ; ) {
    const batch = journal.read(from, 10_000);
    if (batch === null) return found;
    for (let offset = 0; offset < batch.records.length; offset += batch.records.readUInt32LE(offset)) {
      found.push(batch.records.readUIntLE(offset + 14, 6));
    }
    from = batch.last;
  }
}

const segments = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.segment'))
    .sort();
const pathOf = (name: string | undefined) => join(directory, name ?? 'none');

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe('a queue', () => {
  it('gives back what was appended, in order, as whole records', () => {
    const journal = openQueue();
    expect(journal.first).toBeNull();
    expect(journal.last).toEqual(ORIGIN);
    expect(journal.read(ORIGIN, 1000)).toBeNull();
    fill(journal, 1, 3);
    const one = record(at(1));
    expect(journal.read(ORIGIN, one.length)).toEqual({ records: one, last: at(1) });
    expect(journal.read(at(1), one.length * 2 + 5)).toEqual({
      records: Buffer.concat([record(at(2)), record(at(3))]),
      last: at(3),
    });
    expect([journal.first, journal.last, journal.records, journal.bytes]).toEqual([at(1), at(3), 3, 3 * one.length]);
  });

  it('reads a record longer than asked for, and finds one behind long ones', () => {
    const journal = openQueue();
    fill(journal, 1, 3, 250_000);
    expect(journal.read(at(1), 1)?.records.equals(record(at(2), 250_000))).toBe(true);
    expect(journal.read(at(2), 0)?.last).toEqual(at(3));
  });

  it('gives the same to who keeps up and to who does not', () => {
    const journal = openQueue();
    const lengths = [100, 3000, 70_000, 5, 250_000, 260_000, 20];
    const all = lengths.map((sizeBytes, index) => record(at(index + 1), sizeBytes));
    for (const [index, one] of all.entries()) {
      journal.append(one, at(index + 1));
      const newest = journal.read(at(index), 1);
      expect(newest?.records.equals(one)).toBe(true);
    }
    fill(journal, 8, 30, 70_000);
    expect(sequences(journal, ORIGIN)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    fill(journal, 31, 33);
    expect(journal.read(at(31), 1)?.last).toEqual(at(32));
    expect(journal.read(at(30), 10_000)?.last).toEqual(at(33));
    journal.trim(at(32));
    expect([journal.first, journal.records]).toEqual([at(33), 1]);
    fill(journal, 34, 34);
    journal.appendBatch(Buffer.concat([record(at(35)), record(at(36))]));
    fill(journal, 37, 37);
    expect(sequences(journal, at(33))).toEqual([34, 35, 36, 37]);
    journal.reset(at(50));
    expect(journal.read(at(50), 1000)).toBeNull();
  });

  it('reads into the memory that it is given', () => {
    const journal = openQueue();
    fill(journal, 1, 3, 30_000);
    const memory = Buffer.alloc(40_000);
    const into = (bytes: number): Buffer => memory.subarray(0, bytes);
    expect(journal.read(at(1), 100, into)?.records.buffer).toBe(memory.buffer);
    expect(memory.subarray(0, 30_000).equals(record(at(2), 30_000).subarray(0, 30_000))).toBe(true);
  });

  it('keeps everything over a reopen, however many files it takes', () => {
    const journal = openQueue();
    fill(journal, 1, 900, 300);
    journal.sync();
    expect(segments().length).toBeGreaterThan(3);
    const again = openQueue();
    expect(sequences(again, ORIGIN)).toEqual(Array.from({ length: 900 }, (_, index) => index + 1));
    expect(sequences(again, at(777))).toHaveLength(123);
    expect([again.records, again.last]).toEqual([900, at(900)]);
    fill(again, 901, 902);
    expect(sequences(again, at(899))).toEqual([900, 901, 902]);
    expect(damage).toEqual([]);
  });

  it('makes its files for its owner alone', () => {
    openQueue();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(pathOf(segments()[0])).mode & 0o777).toBe(0o600);
  });

  it('takes the first record of a later epoch, and no other record that does not follow', () => {
    const journal = openQueue();
    fill(journal, 1, 2);
    expect(() => journal.append(record(at(4)), at(4))).toThrow(AssertionError);
    expect(() => journal.append(record(at(2, 2)), at(2, 2))).toThrow(AssertionError);
    journal.append(record(at(1, 5)), at(1, 5));
    expect(journal.read(at(0, 5), 1000)?.last).toEqual(at(1, 5));
    expect(journal.read(at(2), 1000)?.last).toEqual(at(1, 5));
  });

  it('appends a batch whole or not at all', () => {
    const journal = openQueue();
    expect(journal.appendBatch(Buffer.concat([record(at(1)), record(at(2))]))).toEqual(at(2));
    const broken = Buffer.concat([record(at(3)), record(at(4))]);
    broken[broken.length - 1] = 9;
    expect(() => journal.appendBatch(broken)).toThrow(MalformedRecord);
    expect(() => journal.appendBatch(Buffer.concat([record(at(3)), record(at(5))]))).toThrow(MalformedRecord);
    expect(() => journal.appendBatch(record(at(3)).subarray(0, 50))).toThrow(MalformedRecord);
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2]);
  });

  it('forgets what is trimmed, and gives back whole files', () => {
    const journal = openQueue();
    fill(journal, 1, 900, 300);
    const before = segments().length;
    journal.trim(at(700));
    expect([journal.first, journal.records, journal.follows]).toEqual([at(701), 200, at(700)]);
    expect(journal.bytes).toBe(200 * record(at(1), 300).length);
    expect(segments().length).toBeLessThan(before - 2);
    expect(() => journal.read(at(699), 1000)).toThrow(AssertionError);
    journal.trim(at(5));
    expect(journal.records).toBe(200);
    journal.trim(at(5000));
    expect([journal.first, journal.last, journal.records, journal.bytes]).toEqual([null, at(900), 0, 0]);
    fill(journal, 901, 901);
    expect(journal.first).toEqual(at(901));
  });

  it('remembers a trim that was synced', () => {
    const journal = openQueue();
    fill(journal, 1, 10);
    journal.trim(at(4));
    journal.sync();
    expect(openQueue().first).toEqual(at(5));
  });

  it('starts anew from a given position, also after a reopen', () => {
    const journal = openQueue();
    fill(journal, 1, 500, 300);
    journal.reset(at(0, 7));
    expect([journal.first, journal.last, journal.bytes, segments().length]).toEqual([null, at(0, 7), 0, 1]);
    const again = openQueue();
    expect([again.first, again.last, again.follows]).toEqual([null, at(0, 7), at(0, 7)]);
    again.append(record(at(1, 7)), at(1, 7));
    expect(again.records).toBe(1);
  });

  it('tells the age of its oldest record, counted from the reopen after one', () => {
    const journal = openQueue();
    expect(journal.oldestMs(nowMs as MonotonicMs)).toBe(0);
    for (const sequence of [1, 2, 3]) {
      fill(journal, sequence, sequence);
      nowMs += 10_000;
    }
    expect(journal.oldestMs(nowMs as MonotonicMs)).toBe(30_000);
    journal.trim(at(2));
    expect(journal.oldestMs(nowMs as MonotonicMs)).toBe(10_000);
    journal.sync();
    const again = openQueue();
    nowMs += 500;
    expect(again.oldestMs(nowMs as MonotonicMs)).toBe(500);
  });
});

describe('a queue that finds its files broken', () => {
  it('cuts a torn or zero-filled tail at the last whole record, without a word', () => {
    fill(openQueue(), 1, 5);
    const file = pathOf(segments()[0]);
    const whole = statSync(file).size;
    truncateSync(file, whole - 7);
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2, 3, 4]);
    truncateSync(file, whole + 20_000);
    const journal = openQueue();
    expect(sequences(journal, ORIGIN)).toEqual([1, 2, 3, 4]);
    fill(journal, 5, 5);
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2, 3, 4, 5]);
    expect(damage).toEqual([]);
  });

  it('never trusts a length', () => {
    fill(openQueue(), 1, 3);
    const file = pathOf(segments()[0]);
    const bytes = readFileSync(file);
    bytes.writeUInt32LE(0xfffffff0, SEGMENT_HEADER_BYTES + 2 * record(at(1)).length);
    writeFileSync(file, bytes);
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2]);
  });

  it('keeps what stands before damage, sets a copy aside, and drops the rest', () => {
    fill(openQueue(), 1, 900, 300);
    const broken = segments()[1];
    flip(pathOf(broken), 30_000);
    const journal = openQueue();
    const kept = sequences(journal, ORIGIN);
    expect(kept.length).toBeGreaterThan(150);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => index + 1));
    expect(journal.last).toEqual(at(kept.length));
    expect(segments()).toEqual([segments()[0], broken]);
    expect(damage).toHaveLength(1);
    expect(damage[0]).toMatchObject({
      code: 'JRN-002',
      parameters: { file: pathOf(broken), reason: 'checksum differs', keptAs: pathOf(`${broken}.damaged`) },
    });
    expect(statSync(pathOf(`${broken}.damaged`)).size).toBeGreaterThan(SEGMENT_BYTES - 1000);
    expect(sequences(openQueue(), ORIGIN)).toEqual(kept);
    expect(damage).toHaveLength(1);
  });

  it('tells of damage to what was synced, even at its end', () => {
    const journal = openQueue();
    fill(journal, 1, 3);
    journal.sync();
    fill(journal, 4, 4);
    journal.sync();
    flip(pathOf(segments()[0]), SEGMENT_HEADER_BYTES + 50);
    expect(openQueue().last).toEqual(ORIGIN);
    expect(damage.map((problem) => problem.code)).toEqual(['JRN-002']);
  });

  it('sets a file aside whose header is broken, and what follows it too', () => {
    fill(openQueue(), 1, 900, 300);
    const names = segments();
    flip(pathOf(names[1]), 3);
    const journal = openQueue();
    expect(segments()).toEqual([names[0]]);
    expect(damage[0]?.parameters).toMatchObject({ file: pathOf(names[1]), offset: 0 });
    fill(journal, journal.last.sequence + 1, journal.last.sequence + 1);
  });

  it('keeps only the newest few damaged files', () => {
    for (let round = 0; round < 6; round += 1) {
      const journal = openQueue();
      fill(journal, journal.last.sequence + 1, journal.last.sequence + 3);
      flip(pathOf(segments()[0]), 3);
    }
    openQueue();
    const kept = readdirSync(directory)
      .filter((name) => name.endsWith('.damaged'))
      .sort();
    expect(kept).toHaveLength(3);
    expect(kept.at(-1)).toContain('000000000006');
  });

  it('reports what happens to its file while it is open', () => {
    const journal = openQueue();
    fill(journal, 1, 3);
    truncateSync(pathOf(segments()[0]), SEGMENT_HEADER_BYTES + 10);
    expect(() => journal.read(ORIGIN, 1000)).toThrow(expect.objectContaining({ code: 'JRN-002' }));
  });
});

describe('a queue whose disk fails', () => {
  class FailingFiles extends NodeFiles {
    fails: string | null = null;

    override write(file: number, data: Uint8Array, position: number): void {
      if (this.fails === 'write') {
        super.write(file, data.subarray(0, data.length / 2), position);
        throw new FileError({ code: 'ENOSPC', call: 'pwrite', path: '' });
      }
      super.write(file, data, position);
    }

    override syncData(file: number): void {
      if (this.fails === 'syncData') throw new FileError({ code: 'EIO', call: 'fdatasync', path: '' });
      super.syncData(file);
    }
  }

  it('goes on when there is space again', () => {
    const files = new FailingFiles();
    const journal = openQueue(files);
    fill(journal, 1, 2);
    files.fails = 'write';
    expect(() => fill(journal, 3, 3)).toThrow(expect.objectContaining({ code: 'L20' }));
    files.fails = null;
    expect(journal.last).toEqual(at(2));
    fill(journal, 3, 4);
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2, 3, 4]);
  });

  it('is not used after a failed sync until it is opened again', () => {
    const files = new FailingFiles();
    const journal = openQueue(files);
    fill(journal, 1, 2);
    files.fails = 'syncData';
    expect(() => journal.sync()).toThrow(expect.objectContaining({ code: 'JRN-003' }));
    files.fails = null;
    expect(() => journal.sync()).toThrow(expect.objectContaining({ code: 'JRN-003' }));
    expect(() => fill(journal, 3, 3)).toThrow(expect.objectContaining({ code: 'JRN-003' }));
    expect(sequences(openQueue(), ORIGIN)).toEqual([1, 2]);
  });

  it('says why its folder cannot be used', () => {
    openQueue();
    const inTheWay = pathOf('file');
    writeFileSync(inTheWay, '');
    directory = join(inTheWay, 'below');
    try {
      expect(() => openQueue()).toThrow(expect.objectContaining({ code: 'JRN-001' }));
    } finally {
      directory = join(inTheWay, '..');
    }
  });
});

describe('a queue that is not to last', () => {
  it('is empty once opened, whatever lies there, and nothing of it is synced', () => {
    const before = openQueue();
    fill(before, 1, 300, 1000);
    before.sync();
    flip(pathOf(segments()[0]), SEGMENT_HEADER_BYTES + 50);
    const files = new NodeFiles();
    const synced: string[] = [];
    files.sync = () => void synced.push('fsync');
    files.syncData = () => void synced.push('fdatasync');
    const journal = openQueue(files, false);
    expect([damage, journal.first, journal.last, journal.records]).toEqual([[], null, ORIGIN, 0]);
    fill(journal, 1, 300, 1000);
    expect(segments().length).toBeGreaterThan(2);
    expect(sequences(journal, ORIGIN)).toHaveLength(300);
    for (const act of [() => journal.sync(), () => journal.trim(at(250)), () => journal.reset(at(0, 2))]) act();
    expect(synced).toEqual([]);
    expect([openQueue(new NodeFiles(), false).records, segments().length]).toEqual([0, 1]);
  });
});
