/*
 * What it proves: how a mount over a folder begins, passes everything through, and ends; who keeps it from
 * ending; that nothing hangs and nothing is lost when its server is killed; and that the order of the records is
 * that of the changes where many change the same at once.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { codeOf } from '../support/error-code.ts';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { until } from '../support/until.ts';

const CROWD_WRITER = new URL('../support/crowd_writer.py', import.meta.url).pathname;
const MEETINGS = 300;
const WAIT_MS = 120_000;
const run = promisify(execFile);

it('what is done in the mount is done underneath', async () => {
  await using mounted = await MountedFolder.start({
    before: (folder) => fs.writeFileSync(join(folder, 'there before'), 'old'),
  });
  const { folder, underneath } = mounted;
  const at = (name: string): string => join(folder, name);
  expect(fs.readFileSync(at('there before'), 'utf8')).toBe('old');
  fs.mkdirSync(at('a/b'), { recursive: true });
  fs.writeFileSync(at('a/b/file'), 'content');
  fs.appendFileSync(at('a/b/file'), ', and more');
  fs.renameSync(at('a/b/file'), at('a/renamed'));
  fs.symlinkSync('renamed', at('a/link'));
  fs.linkSync(at('a/renamed'), at('second'));
  fs.rmdirSync(at('a/b'));
  fs.unlinkSync(at('there before'));
  expect(fs.readFileSync(at('a/link'), 'utf8')).toBe('content, and more');
  expect(fs.readdirSync(folder).sort()).toEqual(['a', 'second']);
  expect(fs.readFileSync(join(underneath, 'second'), 'utf8')).toBe('content, and more');
  expect(compareManifests(manifestOf(underneath), manifestOf(folder))).toEqual([]);
  expect((await mounted.records()).length).toBeGreaterThan(1000);
  expect(await mounted.stop()).toBe('stopped');
  expect(compareManifests(manifestOf(underneath), manifestOf(folder))).toEqual([]);
});

it('names who keeps it from ending, and ends when they have gone [CAP-033]', async () => {
  await using mounted = await MountedFolder.start();
  const path = join(mounted.folder, 'held');
  fs.writeFileSync(path, 'content');
  for (const script of ['exec 3<"$0"; rm "$0"; echo; sleep 600', 'cd "$(dirname "$0")"; echo; exec sleep 600']) {
    fs.writeFileSync(path, 'content');
    const holder = spawn('sh', ['-c', script, path], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const answer = await mounted.stop();
    expect(answer).toContain('CAP-033');
    expect(answer).toContain(`(${holder.pid})`);
    fs.writeFileSync(join(mounted.folder, 'still'), 'served');
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
    await gone;
  }
  expect(await mounted.stopOnceUnused(WAIT_MS)).toBe('stopped');
  expect(fs.readFileSync(join(mounted.folder, 'still'), 'utf8')).toBe('served');
});

it('leaves the folder whole when its server is killed, and nobody hangs', async () => {
  await using mounted = await MountedFolder.start();
  const file = fs.openSync(join(mounted.folder, 'file'), 'w');
  fs.writeSync(file, 'what was written');
  process.kill(mounted.serverProcessId, 'SIGKILL');
  await until('the mount to be dead', WAIT_MS, () =>
    codeOf(() => fs.readdirSync(mounted.folder)) === 'ENOTCONN' ? true : null,
  );
  expect(codeOf(() => fs.writeSync(file, 'more'))).toMatch(/ENOTCONN|ECONNABORTED|EIO/);
  codeOf(() => fs.closeSync(file));
  // Who looks through all processes may be in it for a moment.
  execFileSync('umount', ['--lazy', mounted.folder]);
  expect(fs.readFileSync(join(mounted.folder, 'file'), 'utf8')).toBe('what was written');
  expect(await mounted.serve()).toBe('ready');
  expect(fs.readFileSync(join(mounted.folder, 'file'), 'utf8')).toBe('what was written');
});

it('says why a folder cannot be mounted over, and leaves it alone [CAP-030, CAP-031]', async () => {
  await using mounted = await MountedFolder.start({ before: (folder) => fs.mkdirSync(join(folder, 'inner')) });
  expect(await mounted.stop()).toBe('stopped');
  const inner = join(mounted.folder, 'inner');
  for (const [at, code] of [
    [inner, 'CAP-031'],
    [mounted.folder, 'CAP-030'],
  ] as const) {
    execFileSync('mount', ['-t', 'tmpfs', 'none', at]);
    try {
      expect(await mounted.serve()).toContain(code);
      expect(fs.readdirSync(at)).toEqual([]);
    } finally {
      execFileSync('umount', ['--lazy', at]);
    }
  }
  expect(fs.readdirSync(mounted.folder)).toEqual(['inner']);
});

it('the records have the order of the changes, whoever makes them at once', async () => {
  await using mounted = await MountedFolder.start({ threads: 4 });
  await run('python3', [CROWD_WRITER, mounted.folder, String(MEETINGS)]);
  const again = mounted.beside('again');
  fs.mkdirSync(again);
  using replayer = new RecordReplayer(again);
  replayer.replay(await mounted.records());
  expect(compareManifests(manifestOf(mounted.underneath), manifestOf(again))).toEqual([]);
});
