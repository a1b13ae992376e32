import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Attributes } from '../changes/change.ts';
import { UNTOLD } from '../changes/extended.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FILE_FLAG, Stat } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { NodeFiles } from '../system/files/files.ts';
import { dress, requireTime, setFlags } from './dressing.ts';
import type { LiftingFiles } from './lifting-files.ts';
import { reasonOf } from './reasons.ts';

const IN_2026 = 1_790_000_000;

it.each([
  ['the same', { seconds: IN_2026, nanoseconds: 5 }, { seconds: IN_2026, nanoseconds: 5 }, null],
  ['the tick before', { seconds: IN_2026, nanoseconds: 5 }, { seconds: IN_2026 - 1, nanoseconds: 0 }, /cannot hold it/],
  [
    'the last time there is',
    { seconds: 2 ** 33, nanoseconds: 0 },
    { seconds: 2 ** 31 - 1, nanoseconds: 0 },
    /cannot hold it/,
  ],
  [
    'the first time there is',
    { seconds: 0, nanoseconds: 0 },
    { seconds: 315_532_800, nanoseconds: 0 },
    /cannot hold it/,
  ],
  [
    'one of another program',
    { seconds: IN_2026, nanoseconds: 5 },
    { seconds: IN_2026 + 60, nanoseconds: 7 },
    /another program/,
  ],
  [
    'one of another program a moment later',
    { seconds: IN_2026, nanoseconds: 5 },
    { seconds: IN_2026, nanoseconds: 4_000_000 },
    /another program/,
  ],
])('a time that was set is afterwards %s', (_, wanted, found, reason) => {
  const refused = requireTime(inFile(found), inFile(wanted));
  if (reason === null) expect(refused).toBeNull();
  else expect(refused === null ? '' : reasonOf(refused)).toMatch(reason);
});

it('what could not be read of what a file carries is left as it is', () => {
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-dressing-'));
  const files = new NodeFiles();
  const folder = files.openFolder(fromText(top));
  const file = files.openAt(folder, fromText('file'), OPEN.create | OPEN.readWrite, 0o644);
  try {
    files.setSize(file, 100_000);
    files.setXattr(file, fromText('user.a'), fromText('kept'));
    const was = new Stat();
    files.stat(file, was);
    const { uid, gid, mtimeSeconds, mtimeNanoseconds } = was;
    const stated: Attributes = { mode: 0o600, uid, gid, mtimeSeconds, mtimeNanoseconds, extended: UNTOLD };
    expect(dress(files, { of: file, type: 'file', was }, stated)).toBeNull();
    expect(files.getXattr(file, fromText('user.a'))).toBe('kept');
    files.stat(file, was);
    expect([was.mode & 0o777, was.allocatedBytes < 100_000]).toEqual([0o600, true]);
    const flagged = Object.assign(new Stat(), { flags: FILE_FLAG.immutable });
    const untouched = {} as LiftingFiles;
    expect(setFlags(untouched, { of: file, was: flagged }, stated)).toBeNull();
  } finally {
    files.close(file);
    files.close(folder);
    fs.rmSync(top, { recursive: true });
  }
});

function inFile({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }): {
  mtimeSeconds: number;
  mtimeNanoseconds: number;
} {
  return { mtimeSeconds: seconds, mtimeNanoseconds: nanoseconds };
}
