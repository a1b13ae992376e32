import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Position } from '../changes/change.ts';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { NodeFiles } from '../system/files.ts';
import { ActivityLog } from './activity-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'activity-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (sequence: number): Position => ({ epoch: 1, sequence });
const now = (ms: number): MonotonicMs => ms as MonotonicMs;
const open = (files = new NodeFiles()): ActivityLog => new ActivityLog({ files, folder });
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
