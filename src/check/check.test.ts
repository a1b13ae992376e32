import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CheckRig, filesWith, paths } from '../../test/support/check-rig.ts';
import {
  type Change,
  FOLDER_ENTRIES_MAX,
  RANGE_BYTES,
  RECORD_BYTES_MAX,
  type VerifyFolder,
} from '../changes/change.ts';
import { recordBytes } from '../changes/codec.ts';
import { fromText } from '../kernel/byte-string.ts';
import { protectedSet } from '../changes/protected-set.ts';
import { requireProtected } from './scan-plan.ts';
import type { Difference } from '../changes/difference.ts';

let rig: CheckRig;
beforeEach(() => {
  rig = new CheckRig();
});
afterEach(() => rig.remove());

const folders = (changes: readonly Change[]): VerifyFolder[] => changes.filter((c) => c.kind === 'verifyFolder');

/** A difference in few words. */
function brief(difference: Difference): string {
  if (difference.kind === 'orphan') return `orphan ${difference.type} ${difference.name}`;
  if (difference.kind === 'ranges')
    return `ranges ${difference.ranges.map((r) => `${r.offset}+${r.length}`)} of ${difference.sizeBytes}`;
  if (difference.kind === 'attributes') return `attributes ${difference.entry?.name ?? '(folder)'}: ${difference.what}`;
  return `${difference.kind} ${difference.entry.name}`;
}

test('two equal trees have no difference, and every item is called equal once', () => {
  rig.both('a', 'alpha');
  rig.both('empty', '');
  rig.bothFolders('sub/deep');
  rig.both('sub/deep/b', 'beta');
  rig.both('large', Buffer.alloc(3 * RANGE_BYTES + 17, 7));
  rig.bothLinks('link', 'nowhere');
  rig.settle();
  const outcome = rig.check();
  expect(outcome.differences).toEqual([]);
  expect([...outcome.equal].sort()).toEqual(['a', 'empty', 'large', 'link', 'sub', 'sub/deep', 'sub/deep/b']);
  expect(outcome.changes[0]).toMatchObject({ kind: 'checkBegin', complete: true, itemsTotal: 8 });
  expect(outcome.changes.at(-1)).toEqual({ kind: 'checkEnd', check: 1, finished: true });
  expect(outcome.bytes).toBe(3 * RANGE_BYTES + 17 + 9);
});

test('a folder is called equal where all its names were compared, in one part or many, and not on the way', () => {
  rig.bothFolders('sub/deep');
  for (let n = 0; n < FOLDER_ENTRIES_MAX + 10; n += 1) rig.both(`sub/deep/${n}`, '');
  rig.both('sub/z', 'z');
  rig.settle();
  expect(rig.check().wholeFolders).toEqual(['/d', '/d/sub', '/d/sub/deep']);
  expect(rig.check({ paths: paths('sub/deep') }).wholeFolders).toEqual(['/d/sub/deep']);
  expect(rig.check({ paths: paths('sub/deep/7', 'sub/zz') }).wholeFolders).toEqual([]);
});

test('a folder that came into doubt between two parts of its record is not called equal', () => {
  for (let n = 0; n < FOLDER_ENTRIES_MAX + 10; n += 1) rig.both(String(n), '');
  rig.settle();
  const { changes } = rig.check();
  expect(rig.verify(changes).wholeFolders).toEqual(['/d']);
  const doubtful = changes.map((change, index) => (index === 2 ? Object.create(change) : change));
  Object.defineProperty(doubtful[2], 'entries', {
    get: () => ((rig.doubts += 1), (changes[2] as VerifyFolder).entries),
  });
  expect(rig.verify(doubtful).wholeFolders).toEqual([]);
});

describe('a full check finds', () => {
  type Case = [string, (passive: string) => void, string[]];
  // Nobody but root may give a file away.
  const isRoot = process.getuid?.() === 0;
  const anotherOwner: Case = ['another owner', (p) => fs.chownSync(`${p}/f`, 12, 34), ['attributes f: owner']];
  const cases: Case[] = [
    ['a missing file', (p) => fs.rmSync(`${p}/f`), ['missing f', 'attributes (folder): mtime']],
    [
      'a missing folder, with what should be in it once it is made',
      (p) => fs.rmSync(`${p}/sub`, { recursive: true }),
      ['missing sub', 'attributes (folder): mtime'],
    ],
    ['an orphan', (p) => fs.writeFileSync(`${p}/sub/x`, ''), ['orphan file x', 'attributes (folder): mtime']],
    ['an orphaned folder', (p) => fs.mkdirSync(`${p}/sub/x`), ['orphan folder x', 'attributes (folder): mtime']],
    [
      'a folder in place of a file',
      (p) => {
        fs.rmSync(`${p}/f`);
        fs.mkdirSync(`${p}/f`);
      },
      ['type f', 'attributes (folder): mtime'],
    ],
    [
      'a link in place of a file',
      (p) => {
        fs.rmSync(`${p}/f`);
        fs.symlinkSync('sub', `${p}/f`);
      },
      ['type f', 'attributes (folder): mtime'],
    ],
    [
      'a file in place of a link',
      (p) => {
        fs.rmSync(`${p}/l`);
        fs.writeFileSync(`${p}/l`, '');
      },
      ['type l', 'attributes (folder): mtime'],
    ],
    [
      'other content of the same size and time',
      (p) => {
        fs.writeFileSync(`${p}/f`, 'g');
        fs.utimesSync(`${p}/f`, 1_700_000_000, 1_700_000_000);
      },
      ['content f'],
    ],
    ['other size', (p) => fs.appendFileSync(`${p}/f`, 'g'), ['content f']],
    ['another mode', (p) => fs.chmodSync(`${p}/f`, 0o600), ['attributes f: mode']],
    ...(isRoot ? [anotherOwner] : []),
    ['another time', (p) => fs.utimesSync(`${p}/f`, 5, 1_700_000_000.5), ['attributes f: mtime']],
    [
      'another target of a link',
      (p) => {
        fs.rmSync(`${p}/l`);
        fs.symlinkSync('g', `${p}/l`);
        fs.utimesSync(p, 1_700_000_000, 1_700_000_000);
      },
      ['content l'],
    ],
    ['another mode of a folder', (p) => fs.chmodSync(`${p}/sub`, 0o700), ['attributes (folder): mode']],
  ];
  test.each(cases)('%s', (_what, damage, expected) => {
    rig.both('f');
    rig.bothFolders('sub');
    rig.both('sub/inside');
    rig.bothLinks('l', 'f');
    rig.settle();
    damage(rig.passive);
    expect(rig.check().differences.map(brief)).toEqual(expected);
  });
});

test('a fast check reads no content, and calls what differs in size or time suspect', () => {
  for (const name of ['content', 'mode', 'size', 'time']) rig.both(name);
  rig.both('large', Buffer.alloc(2 * RANGE_BYTES));
  rig.settle();
  rig.write(rig.passive, 'content', 'CONTENT');
  rig.write(rig.passive, 'size', 'longer');
  fs.chmodSync(`${rig.passive}/mode`, 0o600);
  fs.utimesSync(`${rig.passive}/time`, 5, 5);
  fs.utimesSync(`${rig.passive}/large`, 5, 5);
  const outcome = rig.check({ mode: 'fast' });
  expect(outcome.differences.map(brief)).toEqual([
    'suspect large',
    'attributes mode: mode',
    'suspect size',
    'suspect time',
  ]);
  expect(outcome.bytes).toBe(0);
  expect(outcome.changes.some((change) => change.kind === 'verifyContent')).toBe(false);
});

// Of the larger one not all names are in memory at a time.
test.each([2500, 9000])(
  'a folder of %i names goes out in parts that leave no gap, and orphans anywhere are found',
  (count) => {
    for (let n = 0; n < count; n += 1) rig.both(`name-${n}`, '');
    rig.settle();
    for (const orphan of ['name', 'name-1700x', 'zzz']) rig.write(rig.passive, orphan, '');
    const outcome = rig.check();
    const parts = folders(outcome.changes);
    expect(parts.length).toBe(Math.ceil(count / FOLDER_ENTRIES_MAX));
    let after = '';
    for (const part of parts) {
      expect(part.after).toBe(after);
      expect(part.entries.length).toBeLessThanOrEqual(FOLDER_ENTRIES_MAX);
      after = part.entries.at(-1)?.name ?? '';
    }
    expect(parts.map((part) => part.last)).toEqual(parts.map((part) => part === parts.at(-1)));
    expect(parts.reduce((sum, part) => sum + part.entries.length, 0)).toBe(count);
    expect(outcome.differences.map(brief)).toEqual([
      'orphan file name',
      'orphan file name-1700x',
      'orphan file zzz',
      'attributes (folder): mtime',
    ]);
  },
);

test('long targets of links make parts that fit a record', () => {
  for (let n = 0; n < 300; n += 1) rig.bothLinks(`link-${n}`, 't'.repeat(4000));
  rig.settle();
  const outcome = rig.check();
  expect(outcome.differences).toEqual([]);
  for (const change of outcome.changes) expect(recordBytes(change)).toBeLessThan(RECORD_BYTES_MAX / 2);
});

test('names of any bytes are compared byte by byte', () => {
  const names = ['\xff\xfe', 'caf\xe9', 'caf\xc3\xa9', 'line\nbreak', '\x01', ' ', '.\x01', 'z\x7f', 'tab\t'];
  for (const name of names) rig.both(name);
  rig.settle();
  rig.write(rig.passive, 'caf\xe9', 'other');
  const outcome = rig.check();
  expect(outcome.differences.map(brief)).toEqual(['content caf\xe9']);
  expect([...outcome.equal].sort()).toEqual(names.filter((name) => name !== 'caf\xe9').sort());
});

test('excluded names are neither stated nor orphans', () => {
  rig.remove();
  rig = new CheckRig({ exclude: ['/d/cache/**', '/d/*.tmp'] });
  rig.bothFolders('cache');
  rig.write(rig.active, 'a.tmp', 'a');
  rig.write(rig.passive, 'b.tmp', 'b');
  rig.write(rig.passive, 'cache/c', 'c');
  rig.settle();
  const outcome = rig.check();
  expect(outcome.differences.map(brief)).toEqual([]);
  expect(JSON.stringify(folders(outcome.changes).map((f) => f.entries.map((e) => e.name)))).not.toContain('tmp');
});

test('hard links are stated by each of their names, and large ones read once', () => {
  rig.both('one', Buffer.alloc(2 * RANGE_BYTES, 1));
  for (const side of [rig.active, rig.passive]) fs.linkSync(`${side}/one`, `${side}/two`);
  rig.settle();
  const outcome = rig.check();
  expect(outcome.differences).toEqual([]);
  expect(folders(outcome.changes)[0]?.entries).toMatchObject([{ linked: true }, { linked: true }]);
  expect(outcome.changes.filter((change) => change.kind === 'verifyContent').length).toBe(1);
});

describe('of a large file', () => {
  const size = 70 * RANGE_BYTES + 1000;
  const content = Buffer.alloc(size, 'understudy');
  const damaged = (damage: (file: Buffer) => Buffer): string[] => {
    rig.both('large', content);
    rig.settle();
    rig.write(rig.passive, 'large', damage(Buffer.from(content)));
    return rig.check().differences.map(brief);
  };

  test('exactly the ranges that differ are told, a record at a time', () => {
    const found = damaged((file) => {
      for (const position of [5 * RANGE_BYTES, 66 * RANGE_BYTES + 3, size - 1]) file[position] = 0;
      return file;
    });
    expect(found).toEqual([
      `ranges ${5 * RANGE_BYTES}+${RANGE_BYTES} of ${size}`,
      `ranges ${66 * RANGE_BYTES}+${RANGE_BYTES},${70 * RANGE_BYTES}+1000 of ${size}`,
    ]);
  });

  test('a range that is on its way differs without being read', () => {
    rig.awaited.add(3 * RANGE_BYTES);
    expect(damaged((file) => file)).toEqual([`ranges ${3 * RANGE_BYTES}+${RANGE_BYTES} of ${size}`]);
  });

  test('a longer copy differs in its size alone', () => {
    expect(damaged((file) => Buffer.concat([file, Buffer.alloc(5)]))).toEqual([`ranges  of ${size}`]);
  });

  test('a shorter copy lacks the ranges at its end', () => {
    expect(damaged((file) => file.subarray(0, 70 * RANGE_BYTES))).toEqual([
      `ranges ${70 * RANGE_BYTES}+1000 of ${size}`,
    ]);
  });

  test('of a small copy all but what it holds is told', () => {
    expect(damaged((file) => file.subarray(0, 64 * RANGE_BYTES))).toEqual([
      `ranges ${[64, 65, 66, 67, 68, 69].map((n) => `${n * RANGE_BYTES}+${RANGE_BYTES}`)},${70 * RANGE_BYTES}+1000 of ${size}`,
    ]);
  });

  test('attributes alone are told once the content is known to be equal', () => {
    rig.both('large', content);
    rig.settle();
    fs.chmodSync(`${rig.passive}/large`, 0o600);
    expect(rig.check().differences.map(brief)).toEqual(['attributes large: mode']);
  });
});

describe('a check of some paths', () => {
  beforeEach(() => {
    rig.bothFolders('sub/deep');
    for (const name of ['a', 'b', 'c', 'sub/d', 'sub/deep/e']) rig.both(name);
    rig.settle();
    for (const name of ['a', 'b', 'c', 'sub/d', 'sub/deep/e']) rig.write(rig.passive, name, 'other');
    rig.write(rig.passive, 'bb', 'orphan');
    rig.write(rig.passive, 'zz', 'orphan');
    rig.check();
  });

  test('states one file and nothing beside it', () => {
    const outcome = rig.check({ paths: paths('b') });
    expect(outcome.differences.map(brief)).toEqual(['content b']);
    expect(outcome.changes[0]).toMatchObject({ complete: false, itemsTotal: 1, bytesTotal: 1 });
  });

  test('states a folder with everything below it', () => {
    expect(rig.check({ paths: paths('sub') }).differences.map(brief)).toEqual(['content d', 'content e']);
    expect(rig.check({ paths: paths('sub/deep/') }).differences.map(brief)).toEqual(['content e']);
  });

  test('states a folder with what is in itself, and not what is below, where that is enough', () => {
    const outcome = rig.check({ paths: ['/d' as never], isShallow: true });
    expect(outcome.differences.map(brief)).toEqual(
      expect.arrayContaining(['content a', 'orphan file bb', 'orphan file zz']),
    );
    expect(outcome.differences.map(brief)).not.toContain('content d');
    expect(outcome.changes[0]).toMatchObject({ complete: false });
    // Below one another each is stated.
    const both = rig.check({ paths: paths('sub', 'sub/deep'), isShallow: true });
    expect(both.differences.map(brief)).toEqual(['content d', 'content e']);
    expect(rig.check({ paths: paths('sub'), isShallow: true }).differences.map(brief)).toEqual(['content d']);
  });

  test('tells the way to what was asked for, so that a passive server that knows nothing yet can follow', () => {
    const fresh = new CheckRig();
    fresh.bothFolders('x/y');
    fresh.both('x/y/f');
    fresh.settle();
    fresh.write(fresh.passive, 'x/y/f', 'other');
    expect(fresh.check({ paths: paths('x/y/f') }).differences.map(brief)).toEqual(['content f']);
    fresh.remove();
  });

  test('states each thing once where paths overlap', () => {
    const outcome = rig.check({ paths: paths('sub/deep/e', 'sub', 'sub/d', 'sub') });
    expect(outcome.differences.map(brief)).toEqual(['content d', 'content e']);
  });

  test('states that a name is absent by its next sibling, or by the end of the folder', () => {
    expect(rig.check({ paths: paths('bb') }).differences.map(brief)).toEqual(['orphan file bb', 'content c'].reverse());
    expect(rig.check({ paths: paths('zz') }).differences.map(brief)).toContain('orphan file zz');
    expect(rig.check({ paths: paths('zz') }).differences.map(brief)).not.toContain('orphan file bb');
  });

  test('passes over a path that is not protected', () => {
    expect(rig.check({ paths: ['/elsewhere/x' as never] }).changes.map((change) => change.kind)).toEqual([
      'checkBegin',
      'checkEnd',
    ]);
  });

  test('is refused where a person names a path that is not protected', () => {
    const set = protectedSet({ include: ['/d/**' as never], exclude: ['/d/cache/**' as never] });
    requireProtected(set, [...paths('x', 'x/y/'), '/' as never, '/d' as never]);
    expect(() => requireProtected(set, paths('x', 'cache/y'))).toThrow('/d/cache/y is not protected');
    expect(() => requireProtected(set, ['/dd' as never])).toThrow('/dd is not protected');
  });

  test('takes nodes by all their names', () => {
    const node = rig.activeTree.find(paths('sub/d')[0] as never);
    expect(rig.check({ paths: [], nodes: [node?.id ?? 0, 4711] }).differences.map(brief)).toEqual(['content d']);
  });

  test('a path above the protected folder means all of it', () => {
    expect(rig.check({ paths: ['/' as never] }).differences.length).toBe(8);
  });
});

test('extended attributes that are not carried are told, and do not differ', () => {
  rig.both('a', 'alpha');
  rig.bothFolders('sub');
  rig.settle();
  const files = filesWith(rig.files, { listXattrs: () => [fromText('system.nfs4_acl')] });
  for (const mode of ['full', 'fast'] as const) {
    const outcome = rig.check({ mode, files, passiveFiles: files });
    expect(outcome.differences).toEqual([]);
    expect(outcome.problems).toEqual([
      '/d/a has extended attributes that are not carried: system.nfs4_acl.',
      '/d/sub has extended attributes that are not carried: system.nfs4_acl.',
    ]);
  }
});
