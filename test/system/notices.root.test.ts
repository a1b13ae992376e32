import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { fromLatin1, fromText } from '../../src/kernel/byte-string.ts';
import { type FolderKey, NOTICE, type Notice } from '../../src/kernel/notices.ts';
import { OPEN } from '../../src/kernel/open-flags.ts';
import { type FanotifySource, openFanotify } from '../../src/system/notices/fanotify.ts';
import { NodeFiles } from '../../src/system/files/files.ts';
import { openInotify } from '../../src/system/notices/inotify.ts';
import { openNotices } from '../../src/system/notices/notices.ts';

const files = new NodeFiles();

describe('fanotify on a real file system', () => {
  let path: string;
  let source: FanotifySource;
  let top: FolderKey;

  beforeAll(() => {
    path = fs.mkdtempSync(join(tmpdir(), 'understudy-fanotify-'));
    source = openFanotify([fromText(path)]);
  });

  afterAll(() => {
    source.close();
    fs.rmSync(path, { recursive: true, force: true });
  });

  beforeEach(() => {
    fs.rmSync(path, { recursive: true, force: true });
    fs.mkdirSync(path);
    top = keyOf(path);
    source.read(() => {});
  });

  function keyOf(folderPath: string): FolderKey {
    const folder = files.openFolder(fromText(folderPath));
    try {
      return source.watchFolder(folder, fromText(folderPath));
    } finally {
      files.close(folder);
    }
  }

  /** Other processes work on the same file system: only what is about this test's folders. */
  function notices(keys: FolderKey[] = [top]): Notice[] {
    const found: Notice[] = [];
    const complete = source.read((notice) => {
      const ours = keys.includes(notice.folder) || keys.includes(notice.toFolder ?? '');
      if (ours) found.push({ ...notice });
    });
    expect(complete).toBe(true);
    return found;
  }

  it('tells who created and wrote which file, and gives its key', () => {
    fs.writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]), 'x');
    const folder = files.openFolder(fromText(path));
    const file = files.openAt(folder, fromLatin1('\xff'), OPEN.readOnly);
    files.close(folder);
    const seen = notices();
    expect(seen.reduce((what, notice) => what | notice.what, 0)).toBe(
      NOTICE.created | NOTICE.modified | NOTICE.written,
    );
    expect(seen[0]).toMatchObject({ name: '\xff', processId: process.pid, target: source.keyOf(file) });
    files.close(file);
  });

  it('sees changes deep below without watching each folder, under keys asked for later', () => {
    fs.mkdirSync(join(path, 'a', 'b'), { recursive: true });
    fs.writeFileSync(join(path, 'a', 'b', 'f'), '');
    expect(notices([keyOf(join(path, 'a', 'b'))])).toContainEqual(expect.objectContaining({ name: 'f' }));
  });

  it('tells a move once, with both names and the same target', () => {
    fs.mkdirSync(join(path, 'sub'));
    const sub = keyOf(join(path, 'sub'));
    notices();
    fs.renameSync(join(path, 'sub'), join(path, 'moved'));
    expect(notices()).toMatchObject([
      { what: NOTICE.moved, isFolder: true, name: 'sub', toFolder: top, toName: 'moved', target: sub },
    ]);
    expect(keyOf(join(path, 'moved'))).toBe(sub);
  });

  it('reports writes through a hard link elsewhere with the same target', () => {
    fs.mkdirSync(join(path, 'elsewhere'));
    fs.writeFileSync(join(path, 'file'), '');
    fs.linkSync(join(path, 'file'), join(path, 'elsewhere', 'link'));
    const file = fs.openSync(join(path, 'file'), 'r');
    const target = source.keyOf(file);
    fs.closeSync(file);
    notices();
    fs.writeFileSync(join(path, 'elsewhere', 'link'), 'more');
    const seen = notices([keyOf(join(path, 'elsewhere'))]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every((notice) => notice.target === target)).toBe(true);
  });

  it('tells of a changed mode of a folder as something about the folder itself', () => {
    fs.mkdirSync(join(path, 'sub'));
    const sub = keyOf(join(path, 'sub'));
    notices();
    fs.chmodSync(join(path, 'sub'), 0o700);
    expect(notices([top, sub])).toMatchObject([{ what: NOTICE.attributes, folder: sub, name: '', target: sub }]);
  });
});

it('tells by CAP-003 that no more folders can be watched', () => {
  const program = `
    import { NodeFiles } from './src/system/files/files.ts';
    import { openInotify } from './src/system/notices/inotify.ts';
    const files = new NodeFiles();
    const source = openInotify();
    try {
      for (const path of ['/', '/usr']) source.watchFolder(files.openFolder(path), path);
    } catch (error) {
      console.log(error.code, error.parameters.reason);
    }`;
  // A user namespace has a limit of its own, so that this machine's stays as it is.
  const script = 'echo 1 > /proc/sys/user/max_inotify_watches; exec "$0" --input-type=module-typescript -e "$1"';
  const told = execFileSync('unshare', ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, program]);
  expect(told.toString()).toBe('CAP-003 /usr\n');
});

describe('the choice of the source', () => {
  let mounted: string;

  beforeAll(() => {
    mounted = fs.mkdtempSync(join(tmpdir(), 'understudy-overlay-'));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mounted]);
    for (const name of ['lower', 'upper', 'work', 'merged']) fs.mkdirSync(join(mounted, name));
  });

  afterAll(() => {
    // Who looks through all processes may be in it for a moment.
    execFileSync('umount', ['--lazy', mounted]);
    fs.rmdirSync(mounted);
  });

  it('is fanotify on tmpfs', () => {
    const { source, problem } = openNotices([fromText(mounted)], null);
    expect({ kind: source.kind, problem }).toEqual({ kind: 'fanotify', problem: null });
    fs.writeFileSync(join(mounted, 'f'), '');
    const seen: string[] = [];
    source.read((notice) => seen.push(notice.name));
    expect(seen).toContain('f');
    source.close();
  });

  it.each(['fanotify', 'inotify'])('drops nothing while 5,000 files are created: %s', (kind) => {
    const path = fs.mkdtempSync(join(mounted, 'many-'));
    const source = kind === 'fanotify' ? openFanotify([fromText(path)]) : openInotify();
    const folder = files.openFolder(fromText(path));
    const key = source.watchFolder(folder, fromText(path));
    files.close(folder);
    for (let i = 0; i < 5_000; i++) fs.closeSync(fs.openSync(join(path, `f${i}`), 'w'));
    const names = new Set<string>();
    expect(source.read((notice) => notice.folder === key && names.add(notice.name))).toBe(true);
    expect(names.size).toBe(5_000);
    source.close();
  });

  it('sees a further file system from the moment a folder of it is watched', () => {
    const source = openFanotify([fromText(tmpdir())]);
    const folder = files.openFolder(fromText(mounted));
    const key = source.watchFolder(folder, fromText(mounted));
    files.close(folder);
    fs.writeFileSync(join(mounted, 'beneath'), '');
    const seen: string[] = [];
    source.read((notice) => notice.folder === key && seen.push(notice.name));
    expect(seen).toContain('beneath');
    source.close();
  });

  it('is inotify, with the reason, where a file system has no identifiers', () => {
    const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(mounted, name));
    const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, String(merged)]);
    try {
      const { source, problem } = openNotices([fromText(String(merged))], null);
      expect(source.kind).toBe('inotify');
      expect(problem).toMatchObject({ code: 'CAP-005', parameters: { kind: 'inotify' } });
      expect(problem?.parameters['reason']).toContain(`the file system of ${merged}`);
      source.close();
    } finally {
      execFileSync('umount', ['--lazy', String(merged)]);
    }
  });

  it('is not asked when a protected folder does not exist', () => {
    expect(() => openNotices([fromText(join(mounted, 'missing'))], null)).toThrow('ENOENT');
  });
});
