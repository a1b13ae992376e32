import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareManifests, manifestOf } from './manifest.ts';

const GIB = 1024 ** 3;
const TIME_SECONDS = 1_700_000_000;

describe('a manifest', () => {
  let top: string;
  let left: string;
  let right: string;

  beforeEach(() => {
    top = fs.mkdtempSync(join(tmpdir(), 'understudy-manifest-'));
    left = join(top, 'left');
    right = join(top, 'right');
    for (const side of [left, right]) plant(side);
  });

  afterEach(() => fs.rmSync(top, { recursive: true }));

  function differences(): string[] {
    return compareManifests(manifestOf(left), manifestOf(right));
  }

  it('is the same for two trees that are the same', () => {
    expect(differences()).toEqual([]);
  });

  it('leaves out folders called .understudy', () => {
    fs.mkdirSync(join(right, 'a/.understudy'));
    fs.writeFileSync(join(right, 'a/.understudy/x'), 'x');
    quieten(right);
    expect(differences()).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    ['a missing file', () => fs.rmSync(join(right, 'a/file')), /^"a\/file": missing$/],
    ['a missing empty folder', () => fs.rmdirSync(join(right, 'empty')), /^"empty": missing$/],
    ['something too many', () => fs.writeFileSync(join(right, 'more'), ''), /^"more": not expected$/],
    ['a name that differs in one odd byte', oddName, /^"a\/odd\xff": missing$/],
    ['one changed byte', () => changeByte(), /^"a\/file": content/],
    ['another size', () => fs.appendFileSync(join(right, 'a/file'), 'x'), /^"a\/file": sizeBytes 6 instead of 5$/],
    ['a permission', () => fs.chmodSync(join(right, 'a/file'), 0o600), /^"a\/file": mode 0600 instead of 0640$/],
    ["a folder's permission", () => fs.chmodSync(join(right, 'empty'), 0o700), /^"empty": mode 0700 instead of 0755$/],
    ['a file time', () => fs.utimesSync(join(right, 'a/file'), 1, 2), /^"a\/file": mtimeNs 2000000000 instead/],
    ['a folder time', () => fs.utimesSync(join(right, 'empty'), 1, 2), /^"empty": mtimeNs/],
    ['a link target', relink, /^"link": content "elsewhere" instead of "a\/file"$/],
    ['another type', becomeFolder, /^"a\/file": folder instead of file$/],
    ['a broken hard link', breakLink, /^"second": sameFileAs "second" instead of "first"$/],
  ])('finds %s', (_what, change, wanted) => {
    change();
    if (!_what.endsWith('time')) quieten(right);
    expect(differences().filter((one) => wanted.test(one))).toHaveLength(1);
  });

  it.each([0, 3 * GIB, 3 * GIB + 100_000_000, 4 * GIB + 70_000])(
    'finds other data at %i in a file of long holes',
    (at) => {
      for (const side of [left, right]) writeInHoles(side, 4 * GIB, 'end');
      quieten(left);
      quieten(right);
      expect(differences()).toEqual([]);
      writeInHoles(right, at, 'other');
      quieten(right);
      expect(differences()).toContainEqual(expect.stringMatching(/^"holes": content /));
    },
  );

  it('finds data that lies elsewhere between long holes', () => {
    writeInHoles(left, GIB, 'same');
    writeInHoles(right, 2 * GIB, 'same');
    expect(differences()).toContainEqual(expect.stringMatching(/^"holes": content /));
  });

  function writeInHoles(side: string, at: number, content: string): void {
    const file = fs.openSync(join(side, 'holes'), fs.constants.O_RDWR | fs.constants.O_CREAT);
    fs.ftruncateSync(file, 4 * GIB + 500_000);
    fs.writeSync(file, content, at);
    fs.closeSync(file);
  }

  if (process.getuid?.() === 0)
    it('finds another owner and group', () => {
      fs.chownSync(join(right, 'a/file'), 12, 34);
      expect(differences()).toEqual(['"a/file": uid 12 instead of 0', '"a/file": gid 34 instead of 0']);
    });

  function plant(side: string): void {
    fs.mkdirSync(join(side, 'a'), { recursive: true });
    fs.mkdirSync(join(side, 'empty'));
    fs.writeFileSync(join(side, 'a/file'), 'hello', { mode: 0o640 });
    fs.writeFileSync(join(side, 'first'), 'first');
    fs.linkSync(join(side, 'first'), join(side, 'second'));
    fs.symlinkSync('a/file', join(side, 'link'));
    fs.writeFileSync(Buffer.concat([Buffer.from(join(side, 'a/odd')), Buffer.of(0xff)]), '');
    quieten(side);
  }

  /** Gives everything in a tree the same time. */
  function quieten(side: string): void {
    for (const name of fs.readdirSync(side, { recursive: true, encoding: 'buffer' })) {
      fs.lutimesSync(Buffer.concat([Buffer.from(`${side}/`), name]), TIME_SECONDS, TIME_SECONDS);
    }
    fs.utimesSync(side, TIME_SECONDS, TIME_SECONDS);
  }

  function oddName(): void {
    const name = Buffer.from(join(right, 'a/odd'));
    fs.renameSync(Buffer.concat([name, Buffer.of(0xff)]), Buffer.concat([name, Buffer.of(0xfe)]));
  }

  function changeByte(): void {
    const file = fs.openSync(join(right, 'a/file'), 'r+');
    fs.writeSync(file, 'j', 0);
    fs.closeSync(file);
  }

  function relink(): void {
    fs.rmSync(join(right, 'link'));
    fs.symlinkSync('elsewhere', join(right, 'link'));
  }

  function becomeFolder(): void {
    fs.rmSync(join(right, 'a/file'));
    fs.mkdirSync(join(right, 'a/file'));
  }

  function breakLink(): void {
    fs.rmSync(join(right, 'second'));
    fs.writeFileSync(join(right, 'second'), 'first');
  }
});
