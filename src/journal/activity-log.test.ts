import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Position } from '../changes/change.ts';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { NodeFiles } from '../system/files/files.ts';
import { ActivityLog } from './activity-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'activity-log-'));
  bootId = 'one';
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (sequence: number): Position => ({ epoch: 1, sequence });
const now = (ms: number): MonotonicMs => ms as MonotonicMs;
let bootId = 'one';
const open = (files = new NodeFiles()): ActivityLog => new ActivityLog({ files, folder, bootId });
/** As after a crash: whoever wrote the log is gone without a word. */
const suspectsAfterCrash = (): readonly string[] | null => {
  const log = open();
  const { suspects } = log;
  const found = suspects === null ? null : [...suspects];
  log.close();
  return found;
};
const change = (log: ActivityLog, path: string, sequence: number): void =>
  log.changed(fromText(path), at(sequence), now(0));
const logFiles = (): string[] => readdirSync(folder).filter((name) => name.startsWith('activity-'));

/** Tells which files were synced. */
class WatchedFiles extends NodeFiles {
  readonly synced: string[] = [];
  override syncData(file: number): void {
    this.synced.push('data');
    super.syncData(file);
  }
  override sync(file: number): void {
    this.synced.push('folder');
    super.sync(file);
  }
}

describe('the activity log', () => {
  it('leaves everything to be checked where the machine ended while a run lasted, until all is verified', () => {
    const log = open();
    change(log, '/a', 1);
    log.settled(at(1));
    bootId = 'two';
    // The check does not come to its end.
    expect(open().suspects).toBe(null);
    const next = open();
    expect(next.suspects).toBe(null);
    next.verified();
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('leaves nothing where it was stopped before the machine ended', () => {
    open().close();
    bootId = 'two';
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('knows what changed since the last checkpoint, each item once', () => {
    const log = open();
    change(log, '/a', 1);
    change(log, '/b', 2);
    log.settled(at(1));
    change(log, '/b', 3);
    change(log, '/c', 4);
    expect([...log.changedItems].sort()).toEqual(['/a', '/b', '/c']);
    expect(log.changedCount).toBe(3);
    log.settled(at(2));
    expect([...log.changedItems].sort()).toEqual(['/b', '/c']);
    expect(log.changedCount).toBe(2);
    log.settled(at(4));
    expect(log.changedCount).toBe(0);
    log.close();
  });

  it('suspects nothing at the first start', () => {
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('names what changed before a crash, each item once', () => {
    const log = open();
    change(log, '/srv/shop/a', 1);
    change(log, '/srv/shop/b', 2);
    change(log, '/srv/shop/a', 3);
    expect(suspectsAfterCrash()).toEqual(['/srv/shop/a', '/srv/shop/b']);
  });

  it('keeps names that are no text', () => {
    const log = open();
    log.changed(fromLatin1('/srv/\xff\x0a\xe4'), at(1), now(0));
    expect(suspectsAfterCrash()).toEqual(['/srv/\xff\x0a\xe4']);
  });

  it('forgets what the passive has applied', () => {
    const log = open();
    change(log, '/srv/shop/a', 1);
    change(log, '/srv/shop/b', 2);
    log.settled(at(2));
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('keeps what changed again after the passive caught up', () => {
    const log = open();
    change(log, '/srv/shop/a', 1);
    log.settled(at(1));
    change(log, '/srv/shop/a', 2);
    expect(suspectsAfterCrash()).toEqual(['/srv/shop/a']);
  });

  it('keeps a generation until its last change is applied', () => {
    const log = open();
    change(log, '/srv/shop/a', 1);
    change(log, '/srv/shop/b', 5);
    log.settled(at(3));
    change(log, '/srv/shop/c', 6);
    log.settled(at(4));
    expect(suspectsAfterCrash()).toEqual(expect.arrayContaining(['/srv/shop/a', '/srv/shop/b', '/srv/shop/c']));
    log.settled(at(5));
    log.settled(at(6));
    expect(logFiles().length).toBeLessThanOrEqual(2);
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('ignores the torn end of a path', () => {
    const log = open();
    change(log, '/srv/shop/whole', 1);
    change(log, '/srv/shop/torn', 2);
    const [name = ''] = logFiles();
    truncateSync(join(folder, name), '/srv/shop/whole'.length + 1 + 5);
    expect(suspectsAfterCrash()).toEqual(['/srv/shop/whole']);
  });

  it('suspects the same after a second crash, and more', () => {
    change(open(), '/srv/shop/first', 1);
    change(open(), '/srv/shop/second', 1);
    expect(suspectsAfterCrash()).toEqual(expect.arrayContaining(['/srv/shop/first', '/srv/shop/second']));
  });

  it('suspects nothing any more once everything was verified', () => {
    change(open(), '/srv/shop/first', 1);
    const log = open();
    change(log, '/srv/shop/now', 1);
    log.verified();
    expect(log.suspects).toEqual([]);
    expect(suspectsAfterCrash()).toEqual(['/srv/shop/now']);
  });

  it('leaves nothing behind at a stop at which nothing waits', () => {
    const log = open();
    change(log, '/srv/shop/a', 1);
    log.settled(at(1));
    log.close();
    expect(logFiles()).toEqual([]);
  });

  it('says so where the suspects are too many to name', () => {
    writeFileSync(join(folder, 'activity-7'), '/srv/shop/a\0'.repeat(100_001));
    const log = open();
    expect(log.suspects).toBeNull();
    log.verified();
    expect(log.suspects).toEqual([]);
    log.close();
  });

  it('says so where a log is too long to be read whole', () => {
    const file = join(folder, 'activity-7');
    writeFileSync(file, '');
    const part = `/${'x'.repeat(64 * 1024 - 2)}\0`.repeat(64);
    for (let i = 0; i < 17; i++) appendFileSync(file, part);
    expect(suspectsAfterCrash()).toBeNull();
  });

  it('syncs within a second, of both generations and of their names', () => {
    const files = new WatchedFiles();
    const log = open(files);
    files.synced.length = 0;
    expect(log.step(now(0))).toBe(Number.POSITIVE_INFINITY);
    log.changed(fromText('/srv/shop/a'), at(1), now(100));
    log.changed(fromText('/srv/shop/b'), at(9), now(200));
    log.settled(at(5));
    log.changed(fromText('/srv/shop/c'), at(10), now(300));
    expect(log.step(now(600))).toBe(500);
    expect(files.synced).toEqual([]);
    log.step(now(1100));
    expect(files.synced).toEqual(['data', 'data', 'folder']);
    log.step(now(9000));
    expect(files.synced).toHaveLength(3);
    log.close();
  });
});

/** Has no space while `isFull`. */
class FullFiles extends NodeFiles {
  isFull = false;
  override write(file: number, data: Uint8Array, position: number): void {
    if (this.isFull) throw new FileError({ code: 'ENOSPC', call: 'pwrite', path: '' });
    super.write(file, data, position);
  }
}

describe('an activity log without space', () => {
  it('knows what changed all the same, says so, and writes it down once there is space', () => {
    const files = new FullFiles();
    const told: boolean[] = [];
    const log = new ActivityLog({ files, folder, bootId, onRefused: (error) => void told.push(error !== null) });
    change(log, '/a', 1);
    files.isFull = true;
    change(log, '/b', 2);
    change(log, '/c', 3);
    expect(log.changedCount).toBe(3);
    expect(told).toEqual([true]);
    log.step(now(500));
    expect(suspectsAfterCrash()).toEqual(['/a']);
    files.isFull = false;
    log.step(now(2000));
    expect(told).toEqual([true, false]);
    expect(suspectsAfterCrash()).toEqual(['/a', '/b', '/c']);
  });
});

/** What was written before a sync that fails never comes to the disk: the next one says that all is well. */
class FailingFiles extends NodeFiles {
  fails = false;
  readonly doubtful = new Set<number>();
  override syncData(file: number): void {
    if (!this.fails) return super.syncData(file);
    this.doubtful.add(file);
    throw new FileError({ code: 'EIO', call: 'fdatasync', path: '' });
  }
}

describe('an activity log whose disk fails', () => {
  it('writes all of it anew into another file, and says so until that is durable', () => {
    const files = new FailingFiles();
    const told: (string | null)[] = [];
    const log = new ActivityLog({ files, folder, bootId, onRefused: (error) => void told.push(error?.code ?? null) });
    files.fails = true;
    change(log, '/a', 1);
    log.step(now(2000));
    expect(told).toEqual(['EIO']);
    const before = suspectsAfterCrash();
    change(log, '/b', 2);
    log.step(now(4000));
    expect(told).toEqual(['EIO']);
    files.fails = false;
    log.step(now(6000));
    expect(told).toEqual(['EIO', null]);
    expect(before).toEqual([]);
    expect(suspectsAfterCrash()).toEqual(['/a', '/b']);
    expect(files.doubtful.size).toBeGreaterThan(0);
  });
});

describe('what a queue that was given up leaves', () => {
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
  const touch = (log: ActivityLog, node: number, sequence: number): void => {
    const touched: Change = { kind: 'attributes', node, attributes };
    log.note(touched, at(sequence));
    change(log, `/${String(node)}`, sequence);
  };
  const left = (log: ActivityLog): number[] | null => (log.left === null ? null : [...log.left.nodes].sort());

  it('is all that changed since the last checkpoint, whatever position is told from then on', () => {
    const log = open();
    touch(log, 1, 1);
    log.settled(at(1));
    touch(log, 2, 2);
    touch(log, 3, 3);
    log.settled(at(2));
    log.hold();
    touch(log, 4, 3);
    log.settled(at(9));
    expect(left(log)).toEqual([2, 3, 4]);
    expect([...log.changedItems].sort()).toEqual(['/2', '/3', '/4']);
  });

  it('stays until it is mended, while what changes in the next stream is settled as ever', () => {
    const log = open();
    touch(log, 1, 1);
    log.hold();
    log.streamBegins();
    expect(left(log)).toEqual([1]);
    log.note({ kind: 'attributes', node: 2, attributes }, { epoch: 2, sequence: 1 });
    log.changed(fromText('/2'), { epoch: 2, sequence: 1 }, now(0));
    log.settled({ epoch: 2, sequence: 1 });
    expect(left(log)).toEqual([1]);
    expect([...log.changedItems]).toEqual(['/1']);
    expect(suspectsAfterCrash()).toEqual(['/1']);
    log.mended();
    expect(left(log)).toEqual([]);
    expect(log.changedCount).toBe(0);
    expect(suspectsAfterCrash()).toEqual([]);
  });

  it('is added to when the next queue is given up, too', () => {
    const log = open();
    touch(log, 1, 1);
    log.hold();
    log.streamBegins();
    touch(log, 2, 2);
    log.hold();
    log.streamBegins();
    expect(left(log)).toEqual([1, 2]);
    log.verified();
    expect(left(log)).toEqual([]);
  });

  it('is not named where it is too much', () => {
    const log = open();
    for (let node = 0; node < 210_000; node++) log.note({ kind: 'attributes', node, attributes }, at(1));
    log.hold();
    expect(log.left).toBeNull();
    log.close();
  });
});
