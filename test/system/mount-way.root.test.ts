/*
 * What it proves: a mounted folder is served in the active server's way or in the passive server's, and goes from one
 * to the other while programs use it. In the passive server's way whatever would change what is protected is refused
 * and named, what is changed underneath is seen at once, and what the kernel remembers from the other way is right.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { codeOf } from '../support/error-code.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MappedReader } from '../support/mapped-reader.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { until } from '../support/until.ts';

const WRITER = new URL('../support/way_writer.py', import.meta.url).pathname;
const SWITCHES = proofRuns({ short: 10, full: 200 });
const BUSY_MS = 30;
/** Of a log: lines of more than one call, so that one that was begun before is not all. */
const SOME_BYTES = 100;
const WAIT_MS = 120_000;
const LONG_MS = proofRuns({ short: 480_000, full: 600_000 });
const SET_ATTRIBUTE = 'import os, sys; os.setxattr(sys.argv[1], "user.one", b"1")';
const run = promisify(execFile);

/** What a test does to a folder, by its name; each changes something. */
const CHANGES: Readonly<Record<string, (at: (name: string) => string) => void>> = {
  'open for writing': (at) => fs.closeSync(fs.openSync(at('file'), 'r+')),
  truncate: (at) => fs.truncateSync(at('file'), 1),
  create: (at) => fs.writeFileSync(at('new'), ''),
  mkdir: (at) => fs.mkdirSync(at('new')),
  symlink: (at) => fs.symlinkSync('file', at('new')),
  link: (at) => fs.linkSync(at('file'), at('new')),
  unlink: (at) => fs.unlinkSync(at('file')),
  rmdir: (at) => fs.rmdirSync(at('folder')),
  rename: (at) => fs.renameSync(at('file'), at('new')),
  chmod: (at) => fs.chmodSync(at('file'), 0o600),
  chown: (at) => fs.chownSync(at('file'), 1, 1),
  utimes: (at) => fs.utimesSync(at('file'), 1, 1),
};

function plant(folder: string): void {
  fs.writeFileSync(join(folder, 'file'), 'content');
  fs.mkdirSync(join(folder, 'folder'));
  fs.mkdirSync(join(folder, 'cache'));
  fs.writeFileSync(join(folder, 'moved'), 'moved');
}

it('refuses every change of what is protected, says who wanted it, and lets through what is excluded', async () => {
  await using mounted = await MountedFolder.start({ before: plant, unprotected: '/cache' });
  const at = (name: string): string => join(mounted.folder, name);
  // By way of what is open from before, too.
  const open = fs.openSync(at('file'), 'r+');
  expect(await mounted.refuse()).toBe('done');
  const before = manifestOf(mounted.underneath);
  const outcomes = Object.entries(CHANGES).map(([name, change]) => [name, codeOf(() => change(at))]);
  expect(outcomes).toEqual(Object.keys(CHANGES).map((name) => [name, 'EROFS']));
  expect(codeOf(() => fs.writeSync(open, 'other'))).toBe('EROFS');
  expect(codeOf(() => fs.ftruncateSync(open, 0))).toBe('EROFS');
  fs.fsyncSync(open);
  expect(fs.readFileSync(at('file'), 'utf8')).toBe('content');
  fs.closeSync(open);
  await expect(run('python3', ['-c', SET_ATTRIBUTE, at('file')])).rejects.toThrow('Read-only file system');
  await expect(run('chattr', ['+i', at('file')])).rejects.toThrow('Read-only file system');
  expect(compareManifests(before, manifestOf(mounted.underneath))).toEqual([]);

  const deeds = new Set<string>();
  await until('all to be named', WAIT_MS, async (seen) => {
    for (const { caller, deed, path } of await mounted.attempts()) deeds.add(`${caller?.name} ${deed} ${path}`);
    seen([...deeds].join('\n'));
    // Each thread of the mount tells its own, when it has nothing else to do.
    const isTold = (what: RegExp): boolean => [...deeds].some((deed) => what.test(deed));
    return isTold(/^chattr/) && isTold(/^python3/) && isTold(/write to \/file$/) ? true : null;
  });
  expect([...deeds]).toContain('python3 change the attributes of /file');

  fs.writeFileSync(at('cache/one'), 'not protected');
  fs.renameSync(at('cache/one'), at('cache/two'));
  fs.chmodSync(at('cache/two'), 0o600);
  expect(fs.readFileSync(join(mounted.underneath, 'cache/two'), 'utf8')).toBe('not protected');
  expect(codeOf(() => fs.renameSync(at('cache/two'), at('two')))).toBe('EROFS');
  expect(codeOf(() => fs.linkSync(at('file'), at('cache/linked')))).toBe('EROFS');
  expect((await mounted.records()).length).toBe(0);

  expect(await mounted.record()).toBe('done');
  for (const [name, change] of Object.entries(CHANGES).slice(0, 3))
    expect([name, codeOf(() => change(at))]).toEqual([name, 'none']);
  expect((await mounted.records()).length).toBeGreaterThan(0);
});

it.each(['from the beginning', 'after the other way'])('shows what is underneath, %s', async (when) => {
  const isLater = when === 'after the other way';
  await using mounted = await MountedFolder.start({ before: plant });
  const { folder } = mounted;
  const look = (): unknown => ({
    names: fs.readdirSync(folder).sort(),
    inner: codeOf(() => fs.readdirSync(join(folder, 'folder'))),
    isThere: fs.existsSync(join(folder, 'new')),
    wasThere: fs.existsSync(join(folder, 'moved')),
    mode: fs.statSync(join(folder, 'file')).mode & 0o777,
    content: fs.readFileSync(join(folder, 'file'), 'utf8'),
  });
  const before = { names: ['cache', 'file', 'folder', 'moved'], inner: 'none', isThere: false, wasThere: true };
  const after = { names: ['cache', 'file', 'here', 'new'], inner: 'ENOENT', isThere: true, wasThere: false };
  if (!isLater) expect(await mounted.refuse()).toBe('done');
  await using reader = new MappedReader(join(folder, 'file'));
  expect(look()).toEqual({ ...before, mode: 0o644, content: 'content' });
  expect(await reader.look()).toEqual(['content', 'content', 'content', '7']);
  const open = fs.openSync(join(folder, 'file'), 'r');
  if (isLater) expect(await mounted.refuse()).toBe('done');
  expect(await mounted.change()).toBe('done');
  expect(await reader.look()).toEqual(['CONTENT', 'CONTENT', 'CONTENT', '7']);
  expect(fs.fstatSync(open).mode & 0o777).toBe(0o640);
  expect(look()).toEqual({ ...after, mode: 0o640, content: 'CONTENT' });
  expect(await mounted.record()).toBe('done');
  expect(look()).toEqual({ ...after, mode: 0o640, content: 'CONTENT' });
  fs.closeSync(open);
});

it('is in the other way only when all that was begun in the one before has ended', async () => {
  await using mounted = await MountedFolder.start({ before: plant, faults: true });
  const end = mounted.faults.begin({ call: 'mkdirat', delayMs: -1 });
  const made = fs.promises.mkdir(join(mounted.folder, 'folder/slow'));
  await until('the request to hang', WAIT_MS, () => (mounted.faults.waiting().length > 0 ? true : null));
  let isOver = false;
  const refused = mounted.refuse().finally(() => (isOver = true));
  await until('others to be refused', WAIT_MS, () =>
    codeOf(() => fs.writeFileSync(join(mounted.folder, 'new'), '')) === 'EROFS' ? true : null,
  );
  await pause(BUSY_MS);
  expect(isOver).toBe(false);
  end();
  expect(await refused).toBe('done');
  expect(fs.existsSync(join(mounted.underneath, 'folder/slow'))).toBe(true);
  await made;
  await expect(fs.promises.mkdir(join(mounted.folder, 'folder/other'))).rejects.toThrow('EROFS');
  expect((await mounted.records()).length).toBeGreaterThan(0);
});

it(
  'goes from one way to the other under a busy writer: what was refused was not done, what was done is recorded',
  async () => {
    await using mounted = await MountedFolder.start();
    const log = mounted.beside('log');
    const writer = spawn('python3', [WRITER, mounted.folder, log], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    for (let turn = 0; turn < SWITCHES; turn++) {
      await goesOn(log);
      expect(await mounted.refuse()).toBe('done');
      const still = fs.readdirSync(mounted.underneath).length;
      await goesOn(log);
      expect(fs.readdirSync(mounted.underneath).length).toBe(still);
      expect(await mounted.record()).toBe('done');
    }
    await goesOn(log);
    writer.stdin.end('\n');
    await once(writer, 'exit');

    const { ledger, files, refused } = expected(fs.readFileSync(log, 'ascii'));
    expect(refused).toBeGreaterThanOrEqual(SWITCHES);
    expect(fs.readFileSync(join(mounted.underneath, 'ledger'), 'ascii')).toBe(ledger);
    const found = fs.readdirSync(mounted.underneath).filter((name) => name !== 'ledger');
    const contents = found.map((name) => `${name} ${fs.readFileSync(join(mounted.underneath, name), 'ascii')}`);
    expect(contents.sort()).toEqual(files.sort());

    const again = mounted.beside('again');
    fs.mkdirSync(again);
    using replayer = new RecordReplayer(again);
    replayer.replay(await mounted.records());
    expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
  },
  LONG_MS,
);

/** Until the writer has done, or been refused, some more: on a busy machine it may stand still for long. */
async function goesOn(log: string): Promise<void> {
  const { size } = fs.statSync(log);
  await until('the writer to go on', WAIT_MS, () => (fs.statSync(log).size > size + SOME_BYTES ? true : null));
}

/** What the writer's log says must be there. */
function expected(log: string): { ledger: string; files: string[]; refused: number } {
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  const done = new Set(
    lines.filter(([, , outcome]) => outcome === 'done').map(([what, number]) => `${what} ${number}`),
  );
  const numbers = [...new Set(lines.map(([, number]) => number ?? ''))];
  const files = numbers
    .filter((number) => done.has(`create ${number}`))
    .map((number) => {
      const name = `file-${number}${done.has(`rename ${number}`) ? '-renamed' : ''}`;
      return `${name} ${done.has(`write ${number}`) ? 'content' : ''}`;
    });
  const ledger = numbers.filter((number) => done.has(`append ${number}`)).map((number) => `${number}\n`);
  return { ledger: ledger.join(''), files, refused: lines.length - done.size };
}
