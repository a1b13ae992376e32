import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { fromText } from '../kernel/byte-string.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import { INLINE_BYTES_MAX, RANGE_BYTES } from '../changes/change.ts';
import { Trial } from './trial.testing.ts';

const isRoot = process.getuid?.() === 0;
const KINDS: NoticeSource['kind'][] = isRoot ? ['inotify', 'fanotify'] : ['inotify'];
const LARGE = 3 * RANGE_BYTES + 12_345;

let trial: Trial;

function begin(
  kind: NoticeSource['kind'],
  before: (path: (name: string) => string) => void = () => {},
  patterns?: { include?: string[]; exclude?: string[] },
): Trial {
  trial = new Trial(kind, patterns);
  before((name) => trial.path(name));
  trial.begin();
  return trial;
}

function same(): void {
  trial.settle();
  expect(trial.copy.lines()).toEqual(trial.lines());
}

function kinds(): string[] {
  return trial.changes.filter((c) => c.kind !== 'attributes').map((c) => c.kind);
}

afterEach(() => trial.close());

describe.each(KINDS)('with %s, capture', (kind) => {
  it('tells nothing about what was there before, but a root record a protected folder', () => {
    trial = new Trial(kind);
    mkdirSync(trial.path('d'));
    writeFileSync(trial.path('d/f'), 'x');
    trial.capture.start();
    trial.settle();
    expect(trial.tree.size).toBe(3);
    trial.capture.beginStream();
    expect(trial.changes).toMatchObject([{ kind: 'root', folder: '/set' }]);
    trial.settle();
    expect(trial.changes).toHaveLength(1);
  });

  it('tells a new file once, with its content', () => {
    begin(kind);
    writeFileSync(trial.path('a'), 'hello');
    same();
    expect(kinds()).toEqual(['create']);
  });

  it('tells new folders and what is in them, however quickly they came', () => {
    begin(kind);
    mkdirSync(trial.path('a/b/c/d'), { recursive: true });
    for (let n = 0; n < 50; n += 1) writeFileSync(trial.path(`a/b/c/d/${n}`), `${n}`);
    symlinkSync('../x', trial.path('a/b/link'));
    same();
    writeFileSync(trial.path('a/b/c/d/later'), 'later');
    same();
  });

  it('tells a file that stays open while it is written', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'first '));
    const file = openSync(trial.path('a'), 'a');
    writeSync(file, 'second ');
    same();
    writeSync(file, 'third');
    same();
    closeSync(file);
    same();
  });

  it('tells a renamed folder by one record, whatever it holds', () => {
    begin(kind, (path) => {
      mkdirSync(path('big/sub'), { recursive: true });
      for (let n = 0; n < 300; n += 1) writeFileSync(path(`big/sub/${n}`), 'content');
      mkdirSync(path('to'));
    });
    renameSync(trial.path('big'), trial.path('to/renamed'));
    same();
    expect(kinds()).toEqual(['rename']);
    expect(trial.copy.bytes).toBe(0);
    appendFileSync(trial.path('to/renamed/sub/7'), 'more');
    same();
  });

  it('replaces a file by rename without a moment in which it is missing', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'old'));
    writeFileSync(trial.path('a.tmp'), 'new');
    renameSync(trial.path('a.tmp'), trial.path('a'));
    same();
    expect(kinds()).not.toContain('unlink');
    expect(kinds().at(-1)).toBe('rename');
  });

  it('swaps two folders by three renames', () => {
    begin(kind, (path) => {
      mkdirSync(path('a/x'), { recursive: true });
      mkdirSync(path('b/y'), { recursive: true });
      writeFileSync(path('a/x/f'), 'of a');
      writeFileSync(path('b/y/f'), 'of b');
    });
    trial.pass(50);
    renameSync(trial.path('a'), trial.path('t'));
    renameSync(trial.path('b'), trial.path('a'));
    renameSync(trial.path('t'), trial.path('b'));
    same();
    expect(kinds()).toEqual(['rename', 'rename', 'rename']);
  });

  it('tells what comes in from outside as new, and what leaves as gone', () => {
    begin(kind, (path) => {
      mkdirSync(path('leaving/deep'), { recursive: true });
      writeFileSync(path('leaving/deep/f'), 'x');
      mkdirSync(`${path('')}/../outside/deep`, { recursive: true });
      writeFileSync(`${path('')}/../outside/deep/f`, 'coming');
    });
    renameSync(trial.path('leaving'), `${trial.base}/left`);
    renameSync(`${trial.base}/outside`, trial.path('came'));
    same();
    writeFileSync(`${trial.base}/left/deep/g`, 'not ours any more');
    appendFileSync(trial.path('came/deep/f'), ' in');
    same();
  });

  it('follows renames across the border of what is excluded', () => {
    begin(
      kind,
      (path) => {
        mkdirSync(path('a/cache'), { recursive: true });
        mkdirSync(path('cache'));
        writeFileSync(path('a/cache/f'), 'protected');
        writeFileSync(path('cache/f'), 'not protected');
        writeFileSync(path('x.tmp'), 'not protected');
      },
      { exclude: ['/set/cache/**', '/set/*.tmp', '/set/moved/cache/**'] },
    );
    renameSync(trial.path('a'), trial.path('moved'));
    renameSync(trial.path('x.tmp'), trial.path('x'));
    same();
    renameSync(trial.path('moved'), trial.path('back'));
    renameSync(trial.path('x'), trial.path('x.tmp'));
    renameSync(trial.path('cache'), trial.path('open'));
    same();
  });

  it('follows hard links', () => {
    begin(kind, (path) => {
      mkdirSync(path('d'));
      writeFileSync(path('a'), 'linked');
      linkSync(path('a'), path('d/b'));
    });
    linkSync(trial.path('a'), trial.path('c'));
    same();
    expect(kinds()).toEqual(['link']);
    appendFileSync(trial.path('c'), ' more');
    same();
    unlinkSync(trial.path('a'));
    same();
    renameSync(trial.path('d/b'), trial.path('e'));
    same();
    rmSync(trial.path('c'));
    same();
    expect(trial.copy.counts.create).toBeUndefined();
  });

  it('tells attributes alone where only they changed', () => {
    begin(kind, (path) => {
      writeFileSync(path('a'), 'content');
      mkdirSync(path('d'));
    });
    chmodSync(trial.path('a'), 0o640);
    utimesSync(trial.path('a'), 1, 2);
    chmodSync(trial.path('d'), 0o700);
    chmodSync(trial.path(''), 0o711);
    same();
    expect(kinds()).toEqual([]);
    expect(trial.copy.roots.get(fromText('/set'))?.attributes.mode).toBe(0o711);
  });

  it('tells a removed folder with all that was in it', () => {
    begin(kind, (path) => {
      mkdirSync(path('a/b'), { recursive: true });
      for (let n = 0; n < 20; n += 1) writeFileSync(path(`a/b/${n}`), 'x');
    });
    rmSync(trial.path('a'), { recursive: true });
    same();
    expect(trial.tree.size).toBe(1);
  });

  it('is not misled by an inode number that is used again', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'old'));
    for (let n = 0; n < 20; n += 1) {
      rmSync(trial.path(n === 0 ? 'a' : `n${n - 1}`), { recursive: true });
      if (n % 3 === 0) mkdirSync(trial.path(`n${n}`));
      else if (n % 3 === 1) symlinkSync('to', trial.path(`n${n}`));
      else writeFileSync(trial.path(`n${n}`), `new ${n}`);
      if (n % 4 === 0) trial.turn();
    }
    same();
  });

  it('sends a large new file by hashes, and later the blocks that change as they are', () => {
    begin(kind);
    const content = Buffer.alloc(LARGE, 'abcdefg');
    writeFileSync(trial.path('large'), content);
    same();
    expect(trial.changes.find((change) => change.kind === 'create')).toMatchObject({ sizeBytes: LARGE });
    trial.copy.resetCounts();
    const file = openSync(trial.path('large'), 'r+');
    writeSync(file, 'XYZ', RANGE_BYTES + 5);
    closeSync(file);
    same();
    expect(trial.copy.counts.write).toBe(1);
    expect(trial.copy.bytes).toBe(4096);
    trial.copy.resetCounts();
    appendFileSync(trial.path('large'), 'tail');
    same();
    expect(trial.copy.counts).toEqual({ write: 1 });
    expect(trial.copy.bytes).toBe(4);
    truncateSync(trial.path('large'), 2 * RANGE_BYTES);
    same();
    truncateSync(trial.path('large'), 7);
    same();
    truncateSync(trial.path('large'), INLINE_BYTES_MAX + 1);
    same();
    utimesSync(trial.path('large'), 3, 4);
    same();
  });

  it.each([
    ['bytes', 40, RANGE_BYTES, 16, 16 * RANGE_BYTES],
    ['writes', 600, 1, 256, 256 * 4096],
  ] as const)(
    'sends as many %s of a large file by themselves, and hashes of the rest',
    (_, count, length, writes, bytes) => {
      const everyBytes = Math.max(4 * 4096, 2 * length);
      const sizeBytes = count * everyBytes;
      begin(kind, (path) => writeFileSync(path('large'), Buffer.alloc(sizeBytes, 'x')));
      writeFileSync(trial.path('large'), Buffer.alloc(sizeBytes, 'y'));
      same();
      const told = trial.changes.length;
      const file = openSync(trial.path('large'), 'r+');
      for (let number = 0; number < count; number += 1)
        writeSync(file, Buffer.alloc(length, 'z'), 0, length, number * everyBytes);
      closeSync(file);
      same();
      const changes = trial.changes.slice(told);
      expect(changes.map((change) => change.kind)).toEqual([...Array<string>(writes).fill('write'), 'verifyContent']);
      expect(changes.reduce((sum, change) => sum + (change.kind === 'write' ? change.content.length : 0), 0)).toBe(
        bytes,
      );
    },
  );

  it('tells the mode that a large file is given while its content is being read', () => {
    begin(kind, (path) => writeFileSync(path('large'), Buffer.alloc(80 * RANGE_BYTES, 'x')));
    appendFileSync(trial.path('large'), 'tail');
    same();
    const told = trial.changes.length;
    const file = openSync(trial.path('large'), 'r+');
    writeSync(file, 'first', 0);
    writeSync(file, 'last', 79 * RANGE_BYTES);
    closeSync(file);
    while (!trial.changes.slice(told).some((change) => change.kind === 'write')) trial.turn();
    chmodSync(trial.path('large'), 0o600);
    same();
  });

  it('takes nothing for told that was told before a stream that goes on where another was cut off', () => {
    begin(kind, (path) => writeFileSync(path('large'), Buffer.alloc(160 * RANGE_BYTES, 'x')));
    appendFileSync(trial.path('large'), 'tail');
    same();
    const told = trial.changes.length;
    const file = openSync(trial.path('large'), 'r+');
    writeSync(file, 'first', 0);
    while (!trial.changes.slice(told).some((change) => change.kind === 'write')) trial.turn();
    // That never arrived. The check which makes up for it finds the file as it was before, and then it changes again.
    trial.cutOff(() => trial.copy.nodes.get(statSync(trial.path('large')).ino)?.content.write('xxxxx'));
    writeSync(file, 'xxxxx', 0);
    writeSync(file, 'first', 0);
    closeSync(file);
    same();
  });

  it('answers pulls with what the file holds, and says when it is gone', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'content'));
    const node = statSync(trial.path('a')).ino;
    const into = new Uint8Array(100);
    expect(trial.capture.readContent({ node, offset: 3, length: 100 }, into)).toMatchObject({
      failure: null,
      sizeBytes: 7,
      content: new Uint8Array(Buffer.from('tent')),
    });
    unlinkSync(trial.path('a'));
    expect(trial.capture.readContent({ node, offset: 3, length: 100 }, into).failure).toBe('ENOENT');
    expect(trial.capture.readContent({ node, offset: -1, length: 100 }, into).failure).toBe('EINVAL');
  });

  it('brings one name up to date when asked, without waiting for its notice', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'old'));
    const root = trial.tree.root(fromText('/set'));
    writeFileSync(trial.path('a'), 'new!');
    if (root !== undefined) trial.capture.look(root, fromText('a'));
    expect(kinds()).toEqual(['content']);
    writeFileSync(trial.path('b'), 'there');
    if (root !== undefined) trial.capture.lookAll(root);
    expect(kinds()).toEqual(['content', 'create']);
    same();
  });

  it('carries names that are not UTF-8', () => {
    begin(kind);
    writeFileSync(Buffer.concat([Buffer.from(trial.path('x')), Buffer.from([0xff, 0xfe, 0x41])]), 'odd');
    same();
    expect(trial.copy.lines()[0]).toContain('/set/x\xff\xfeA');
  });

  it('tells of what it does not carry once, and when that is over', () => {
    begin(kind);
    const folder = trial.files.openFolder(fromText(trial.root));
    trial.files.makeNodeAt({ folder, name: fromText('socket') }, 0o140644, { major: 0, minor: 0 });
    trial.files.close(folder);
    trial.settle();
    chmodSync(trial.path('socket'), 0o600);
    trial.settle();
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-007' }, item: '/set/socket' }]);
    unlinkSync(trial.path('socket'));
    trial.settle();
    expect(trial.cleared).toEqual(['CAP-007 /set/socket']);
    same();
  });

  it('tells of extended attributes that it does not carry, and when they are gone', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'x'));
    trial.files.listXattrs = () => [fromText('user.a'), fromText('security.selinux'), fromText('system.nfs4_acl')];
    chmodSync(trial.path('a'), 0o600);
    writeFileSync(trial.path('b'), 'x');
    trial.settle();
    for (const item of ['/set/a', '/set/b'])
      expect(trial.problems).toContainEqual({
        data: { code: 'CAP-013', parameters: { path: item, names: 'system.nfs4_acl' } },
        item,
      });
    trial.files.listXattrs = () => [];
    chmodSync(trial.path('a'), 0o640);
    writeFileSync(trial.path('b'), 'y');
    trial.settle();
    expect(trial.cleared).toEqual(expect.arrayContaining(['CAP-013 /set/a', 'CAP-013 /set/b']));
    same();
  });

  it('keeps what a missing protected folder held, and has everything checked when it is back', () => {
    begin(kind, (path) => writeFileSync(path('a'), 'x'));
    renameSync(trial.root, `${trial.base}/away`);
    trial.pass(1000);
    expect(trial.problems).toMatchObject([{ data: { code: 'CAP-001' }, item: '/set' }]);
    expect(trial.copy.lines()).toHaveLength(1);
    renameSync(`${trial.base}/away`, trial.root);
    trial.pass(1000);
    expect(trial.lost).toEqual(['folder']);
    expect(trial.cleared).toEqual(['CAP-001 /set']);
    writeFileSync(trial.path('b'), 'y');
    same();
  });

  it('leaves an excluded or foreign path out without looking at it', () => {
    begin(kind, () => {}, { exclude: ['/set/cache/**'] });
    mkdirSync(trial.path('cache'));
    writeFileSync(trial.path('cache/a'), 'x');
    writeFileSync(`${trial.base}/b`, 'x');
    mkdirSync(trial.path('.understudy'));
    same();
    expect(kinds()).toEqual([]);
  });
});
