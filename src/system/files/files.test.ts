import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ByteString, fromLatin1, fromText } from '../../kernel/byte-string.ts';
import {
  FILE_TYPE_FOLDER,
  FILE_TYPE_MASK,
  FILE_TYPE_REGULAR,
  FILE_TYPE_SYMLINK,
  FileError,
  Stat,
} from '../../kernel/files.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { NodeFiles } from './files.ts';

const n = fromLatin1;
const files = new NodeFiles();
let path: string;
let folder: number;

beforeEach(() => {
  path = fs.mkdtempSync(join(tmpdir(), 'understudy-files-'));
  folder = files.openFolder(fromText(path));
});

afterEach(() => {
  files.close(folder);
  fs.rmSync(path, { recursive: true, force: true });
});

function create(name: string, content = 'content'): void {
  const file = files.openAt(folder, n(name), OPEN.writeOnly | OPEN.create | OPEN.exclusive, 0o644);
  files.write(file, Buffer.from(content), 0);
  files.close(file);
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
  return 'none';
}

function statOf(name: string): Stat {
  const stat = new Stat();
  expect(files.statAt(folder, n(name), stat)).toBe(true);
  return stat;
}

describe('names', () => {
  it('carries any bytes but slash and NUL unharmed', () => {
    const component = fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .map((raw) => Buffer.from(raw).toString('latin1').replace(/[/\0]/g, '_'))
      .filter((name) => name !== '.' && name !== '..');
    fc.assert(
      fc.property(component, (name) => {
        create(name);
        expect(files.list(folder)).toEqual([name]);
        expect(statOf(name).sizeBytes).toBe(7);
        files.unlinkAt(folder, n(name));
      }),
      { numRuns: 100 },
    );
  });

  it.each(['', '.', '..', 'a/b', '/', 'a\0b', 'ä\0', '\u{100}', 'é/x'])('refuses %j as one component', (name) => {
    expect(codeOf(() => files.statAt(folder, n(name), new Stat()))).toBe('EINVAL');
    expect(codeOf(() => files.openAt(folder, n(name), OPEN.readOnly))).toBe('EINVAL');
    expect(codeOf(() => files.renameAt({ folder, name: n('a') }, { folder, name: n(name) }))).toBe('EINVAL');
  });

  it('refuses NUL in a path and in a link target', () => {
    expect(codeOf(() => files.openFolder(n('/tmp\0/x')))).toBe('EINVAL');
    expect(codeOf(() => files.symlinkAt(n('a\0b'), folder, n('link')))).toBe('EINVAL');
  });

  it('lists a folder larger than one buffer whole, and again from its start', () => {
    const names = Array.from({ length: 400 }, (_, i) => `${i} ${'long '.repeat(48)}`);
    for (const name of names) fs.writeFileSync(join(path, name), '');
    const sorted = [...names].sort();
    expect(files.list(folder).sort()).toEqual(sorted);
    expect(files.list(folder).sort()).toEqual(sorted);
  });
});

describe('status', () => {
  it('says what node:fs says', () => {
    create('file', 'twelve bytes');
    fs.chmodSync(join(path, 'file'), 0o4751);
    fs.linkSync(join(path, 'file'), join(path, 'other'));
    const expected = fs.lstatSync(join(path, 'file'), { bigint: true });
    const stat = statOf('file');
    expect(stat).toMatchObject({
      device: Number(expected.dev),
      inode: Number(expected.ino),
      mode: Number(expected.mode),
      linkCount: 2,
      uid: Number(expected.uid),
      gid: Number(expected.gid),
      sizeBytes: 12,
      mtimeSeconds: Number(expected.mtimeNs / 1_000_000_000n),
      mtimeNanoseconds: Number(expected.mtimeNs % 1_000_000_000n),
      ctimeSeconds: Number(expected.ctimeNs / 1_000_000_000n),
      ctimeNanoseconds: Number(expected.ctimeNs % 1_000_000_000n),
      birthSeconds: Number(expected.birthtimeNs / 1_000_000_000n),
      birthNanoseconds: Number(expected.birthtimeNs % 1_000_000_000n),
    });
    const file = files.openAt(folder, n('file'), OPEN.readOnly);
    const again = new Stat();
    files.stat(file, again);
    files.close(file);
    expect(again).toEqual(stat);
  });

  it('is false where nothing has the name, and throws for any other failure', () => {
    expect(files.statAt(folder, n('missing'), new Stat())).toBe(false);
    create('file');
    const file = files.openAt(folder, n('file'), OPEN.readOnly);
    expect(codeOf(() => files.statAt(file, n('x'), new Stat()))).toBe('ENOTDIR');
    files.close(file);
  });

  it('holds sizes above 4 GiB', () => {
    create('sparse');
    const file = files.openAt(folder, n('sparse'), OPEN.readWrite);
    const sizeBytes = 5 * 2 ** 30 + 3;
    files.setSize(file, sizeBytes);
    files.write(file, Buffer.from('end'), sizeBytes);
    const into = Buffer.alloc(10);
    expect(files.read(file, into, { offset: 4, length: 6, position: sizeBytes })).toBe(3);
    expect(into.toString('latin1', 4, 7)).toBe('end');
    files.close(file);
    expect(statOf('sparse').sizeBytes).toBe(sizeBytes + 3);
  });
});

describe('times', () => {
  it.each([
    [-1, 1],
    [-2_000_000_000, 999_999_999],
    [0, 0],
    [4_000_000_000, 123_456_789],
    [2_147_483_648, 0],
  ])('sets %i s and %i ns, by name and on an open file', (seconds, nanoseconds) => {
    create('file');
    files.setMtimeAt(folder, n('file'), { seconds, nanoseconds });
    expect(statOf('file')).toMatchObject({ mtimeSeconds: seconds, mtimeNanoseconds: nanoseconds });
    const file = files.openAt(folder, n('file'), OPEN.writeOnly);
    files.setMtime(file, { seconds: seconds + 1, nanoseconds });
    files.close(file);
    expect(statOf('file')).toMatchObject({ mtimeSeconds: seconds + 1, mtimeNanoseconds: nanoseconds });
  });

  it('leaves the access time alone', () => {
    create('file');
    fs.utimesSync(join(path, 'file'), 1000, 2000);
    files.setMtimeAt(folder, n('file'), { seconds: 5, nanoseconds: 0 });
    expect(fs.statSync(join(path, 'file')).atimeMs).toBe(1_000_000);
  });
});

describe('symbolic links', () => {
  beforeEach(() => {
    create('file');
    files.makeFolderAt(folder, n('folder'), 0o755);
    files.symlinkAt(n('file'), folder, n('toFile'));
    files.symlinkAt(n('folder'), folder, n('toFolder'));
  });

  it('are never followed', () => {
    expect(codeOf(() => files.openAt(folder, n('toFile'), OPEN.readOnly))).toBe('ELOOP');
    expect(codeOf(() => files.openFolderAt(folder, n('toFolder')))).toMatch(/ELOOP|ENOTDIR/);
    expect(statOf('toFile').mode & FILE_TYPE_MASK).toBe(FILE_TYPE_SYMLINK);
    expect(codeOf(() => files.setModeAt(folder, n('toFile'), 0o600))).toBe('EOPNOTSUPP');
    files.setMtimeAt(folder, n('toFile'), { seconds: 1, nanoseconds: 0 });
    expect(statOf('toFile').mtimeSeconds).toBe(1);
    expect(statOf('file').mtimeSeconds).not.toBe(1);
  });

  it('keep any target, even one of many odd bytes', () => {
    const target = n(`/\xff/${'x'.repeat(3000)}`);
    files.symlinkAt(target, folder, n('odd'));
    expect(files.readLinkAt(folder, n('odd'))).toBe(target);
  });

  it('are unlinked themselves', () => {
    files.unlinkAt(folder, n('toFolder'));
    expect(statOf('folder').mode & FILE_TYPE_MASK).toBe(FILE_TYPE_FOLDER);
  });
});

describe('changes of names', () => {
  it('replaces by rename, and refuses to where that was not asked', () => {
    create('a', 'one');
    create('b', 'two!');
    const [a, b] = [
      { folder, name: n('a') },
      { folder, name: n('b') },
    ];
    expect(codeOf(() => files.renameNewAt(a, b))).toBe('EEXIST');
    files.renameAt(a, b);
    expect(files.list(folder)).toEqual(['b']);
    files.linkAt(b, a);
    expect(statOf('a').linkCount).toBe(2);
    expect(codeOf(() => files.linkAt(b, a))).toBe('EEXIST');
  });

  it('makes files that have no name, and are gone unless they are given one', () => {
    files.close(files.openUnnamed(folder, 0o640));
    expect(files.list(folder)).toEqual([]);
    for (const name of ['a', 'b']) {
      const file = files.openUnnamed(folder, 0o640);
      files.write(file, Buffer.from('content'), 0);
      files.nameFile(file, { folder, name: n(name) });
      expect(codeOf(() => files.nameFile(file, { folder, name: n(name) }))).toBe('EEXIST');
      files.close(file);
      expect(statOf(name)).toMatchObject({ sizeBytes: 7, linkCount: 1, mode: FILE_TYPE_REGULAR | 0o640 });
    }
  });

  it('removes folders only by removeFolderAt, and only empty ones', () => {
    files.makeFolderAt(folder, n('sub'), 0o700);
    const sub = files.openFolderAt(folder, n('sub'));
    files.close(files.openAt(sub, n('inner'), OPEN.writeOnly | OPEN.create, 0o600));
    expect(codeOf(() => files.unlinkAt(folder, n('sub')))).toBe('EISDIR');
    expect(codeOf(() => files.removeFolderAt(folder, n('sub')))).toBe('ENOTEMPTY');
    files.unlinkAt(sub, n('inner'));
    files.removeFolderAt(folder, n('sub'));
    files.close(sub);
    expect(files.list(folder)).toEqual([]);
  });
});

it('sets modes with setuid, setgid and sticky', () => {
  create('file');
  files.setModeAt(folder, n('file'), 0o7755);
  expect(statOf('file').mode & 0o7777).toBe(0o7755);
  const file = files.openAt(folder, n('file'), OPEN.readWrite);
  files.setMode(file, 0o600);
  files.syncData(file);
  files.sync(file);
  files.syncFileSystem(file);
  files.close(file);
  expect(statOf('file').mode & 0o7777).toBe(0o600);
  expect(codeOf(() => files.close(file))).toBe('EBADF');
});

it('names what failed', () => {
  const missing = n('m\xe4') as ByteString;
  expect(() => files.openAt(folder, missing, OPEN.readOnly)).toThrow(`open ${path}/m\\xe4: ENOENT`);
});

it('refuses to read beyond its buffer', () => {
  create('file');
  const file = files.openAt(folder, n('file'), OPEN.readOnly);
  expect(() => files.read(file, Buffer.alloc(4), { offset: 2, length: 3, position: 0 })).toThrow('invariant');
  files.close(file);
});
