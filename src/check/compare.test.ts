import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attributes, CheckKind, FolderEntry, NodeType } from '../changes/change.ts';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import { nameOf } from '../changes/change-rules.ts';
import type { ByteString } from '../kernel/byte-string.ts';
import {
  FILE_TYPE_CHARACTER_DEVICE,
  FILE_TYPE_FIFO,
  FILE_TYPE_FOLDER,
  FILE_TYPE_REGULAR,
  FILE_TYPE_SYMLINK,
  Stat,
} from '../kernel/files.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import { compareAttributes, compareEntry, differingAttributes } from './compare.ts';
import { predecessor } from './name-order.ts';
import { ProgressEstimator } from './progress.ts';
import { nextDailyTime } from './schedule.ts';

const attributes: Attributes = { mode: 0o644, uid: 1, gid: 2, mtimeSeconds: -5, mtimeNanoseconds: 7 };
const entry = (type: NodeType, sizeBytes = 10): FolderEntry => ({
  name: 'n' as ByteString,
  node: 9,
  type,
  attributes,
  sizeBytes,
  hash: 1n,
  target: '' as ByteString,
  linked: false,
});
const found = (type: number, changed: Partial<Stat> = {}): Stat =>
  Object.assign(
    new Stat(),
    {
      uid: 1,
      gid: 2,
      sizeBytes: 10,
      mtimeSeconds: -5,
      mtimeNanoseconds: 7,
      mode: type | 0o644,
      extended: '' as ByteString,
    },
    changed,
  );

describe('the status of a name says', () => {
  const large = INLINE_BYTES_MAX + 1;
  const DEVICE = { ...entry('characterDevice'), target: '1:3' as ByteString };
  const cases: [string, FolderEntry, Stat, CheckKind, string][] = [
    ['a file where a file is: look inside', entry('file'), found(FILE_TYPE_REGULAR), 'full', 'inside'],
    ['another size: other content', entry('file'), found(FILE_TYPE_REGULAR, { sizeBytes: 11 }), 'full', 'content'],
    [
      'another time: look inside all the same',
      entry('file'),
      found(FILE_TYPE_REGULAR, { mtimeNanoseconds: 8 }),
      'full',
      'inside',
    ],
    [
      'a large file: its ranges tell, whatever its size',
      entry('file', large),
      found(FILE_TYPE_REGULAR),
      'full',
      'ranges',
    ],
    ['fast, size and time are as stated: equal', entry('file'), found(FILE_TYPE_REGULAR), 'fast', 'equal'],
    ['fast, another time', entry('file'), found(FILE_TYPE_REGULAR, { mtimeNanoseconds: 8 }), 'fast', 'suspect'],
    ['fast, another size', entry('file'), found(FILE_TYPE_REGULAR, { sizeBytes: 11 }), 'fast', 'suspect'],
    ['fast, another owner', entry('file'), found(FILE_TYPE_REGULAR, { uid: 3 }), 'fast', 'attributes'],
    ['fast, a large file', entry('file', large), found(FILE_TYPE_REGULAR, { sizeBytes: large }), 'fast', 'equal'],
    ['a folder where a file should be', entry('file'), found(FILE_TYPE_FOLDER), 'full', 'type'],
    ['a socket where a file should be', entry('file'), found(0o140000), 'full', 'type'],
    ['a folder, whatever its attributes', entry('folder'), found(FILE_TYPE_FOLDER, { uid: 99 }), 'full', 'equal'],
    [
      'another extended attribute',
      entry('fifo'),
      found(FILE_TYPE_FIFO, { extended: 'x' as ByteString }),
      'full',
      'attributes',
    ],
    ['a named pipe', entry('fifo'), found(FILE_TYPE_FIFO), 'full', 'equal'],
    [
      'a device of the same number',
      DEVICE,
      found(FILE_TYPE_CHARACTER_DEVICE, { deviceMajor: 1, deviceMinor: 3 }),
      'full',
      'equal',
    ],
    ['a device of another number', DEVICE, found(FILE_TYPE_CHARACTER_DEVICE, { deviceMajor: 1 }), 'full', 'content'],
    ['a link, even in a fast check', entry('symlink'), found(FILE_TYPE_SYMLINK), 'fast', 'inside'],
  ];
  test.each(cases)('%s', (_what, stated, stat, mode, verdict) => {
    expect(compareEntry(stated, stat, mode)).toBe(verdict);
  });

  test('attributes differ by mode, owner and time to the nanosecond, a link by its mode never', () => {
    const other = found(FILE_TYPE_REGULAR, { gid: 3, mtimeSeconds: 5 });
    other.mode = FILE_TYPE_REGULAR | 0o4644;
    expect(differingAttributes(attributes, other, 'file')).toEqual(['mode', 'owner', 'mtime']);
    const link = found(FILE_TYPE_SYMLINK);
    link.mode = FILE_TYPE_SYMLINK | 0o777;
    expect(compareAttributes(entry('symlink'), link)).toBe('equal');
  });
});

describe('the predecessor of a name', () => {
  const byte = fc.constantFrom('\x01', '\x02', '-', '.', '0', 'a', 'b', '\xfe', '\xff');
  const name = fc.string({ unit: byte, minLength: 1, maxLength: 5 }).filter((n) => nameOf(n) === null);

  test('sorts before it, may stand in a record, and has no possible name between', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const before = predecessor(a as ByteString);
        expect(before < a).toBe(true);
        expect(before === '' || nameOf(before) === null).toBe(true);
        expect(before < b && b < a).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the next daily time', () => {
  const at = (...parts: [number, number, number, number, number]): WallMs => new Date(...parts).getTime() as WallMs;

  test('is today where it is still to come, else tomorrow', () => {
    expect(nextDailyTime('02:00', at(2026, 0, 5, 1, 59))).toBe(at(2026, 0, 5, 2, 0));
    expect(nextDailyTime('02:00', at(2026, 0, 5, 2, 0))).toBe(at(2026, 0, 6, 2, 0));
    expect(nextDailyTime('23:30', at(2026, 11, 31, 23, 45))).toBe(at(2027, 0, 1, 23, 30));
  });

  test('is always later, at most two days, and on local clocks at that time', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 41), fc.nat(23), fc.nat(59), (now, hours, minutes) => {
        const time = [hours, minutes].map((n) => String(n).padStart(2, '0')).join(':');
        const next = nextDailyTime(time, now as WallMs) ?? 0;
        expect(next).toBeGreaterThan(now);
        expect(next - now).toBeLessThanOrEqual(26 * 3_600_000);
      }),
    );
  });

  test.each(['24:00', '2:00', '12:60', '', 'noon'])('"%s" is none', (text) => {
    expect(nextDailyTime(text, at(2026, 0, 5, 1, 0))).toBe(null);
  });

  test('keeps its place on the clock when summer time begins and ends', () => {
    const questions = [
      ['04:00', Date.UTC(2026, 2, 28, 12)],
      ['02:30', Date.UTC(2026, 2, 28, 12)],
      ['02:30', Date.UTC(2026, 9, 24, 12)],
      ['02:30', Date.UTC(2026, 9, 25, 0, 30)],
    ];
    // The zone is fixed when a process first asks for local time.
    const program = `import { nextDailyTime } from ${JSON.stringify(new URL('./schedule.ts', import.meta.url).href)};
      console.log(JSON.stringify(${JSON.stringify(questions)}.map(([time, now]) => nextDailyTime(time, now))));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, TZ: 'Europe/Berlin' },
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toEqual([
      Date.UTC(2026, 2, 29, 2),
      // 02:30 does not exist that day: as much later as the clock jumped.
      Date.UTC(2026, 2, 29, 1, 30),
      Date.UTC(2026, 9, 25, 0, 30),
      Date.UTC(2026, 9, 26, 1, 30),
    ]);
  });
});

describe('the estimate of what remains', () => {
  const at = (ms: number): MonotonicMs => ms as MonotonicMs;
  const progress = (share: number) => ({
    itemsDone: Math.round(share * 1000),
    itemsTotal: 1000,
    bytesDone: share * 1e9,
    bytesTotal: 1e9,
  });

  test('is unknown at first', () => {
    const estimator = new ProgressEstimator(at(0));
    expect(estimator.estimate(progress(0), at(10_000)).remainingMs).toBe(null);
    expect(estimator.estimate(progress(0.5), at(100)).remainingMs).toBe(null);
  });

  test('falls with the clock while the rate stays', () => {
    const estimator = new ProgressEstimator(at(0));
    let last = Infinity;
    for (let second = 1; second <= 100; second += 1) {
      const { remainingMs, bytesPerSecond } = estimator.estimate(progress(second / 100), at(second * 1000));
      expect(remainingMs).toBeLessThan(last);
      expect(Math.abs((remainingMs ?? 0) - (100 - second) * 1000)).toBeLessThan(1000);
      expect(bytesPerSecond).toBeCloseTo(1e7, -2);
      last = remainingMs ?? 0;
    }
    expect(last).toBe(0);
  });

  test('rises slowly when work stalls', () => {
    const estimator = new ProgressEstimator(at(0));
    const before = estimator.estimate(progress(0.5), at(10_000)).remainingMs ?? 0;
    const after = estimator.estimate(progress(0.5), at(60_000)).remainingMs ?? 0;
    expect(after).toBeLessThanOrEqual(before * 1.1);
  });
});
