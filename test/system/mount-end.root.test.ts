/*
 * What it proves: a mount that somebody else ends, in any way, is noticed and told, and nothing that is done past it
 * counts as recorded; what somebody else mounts is never ended with it; a start that fails leaves no mount; and no
 * descriptor stays behind, however it ends.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeOf } from '../support/error-code.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 120_000;
const FOLDERS = 40;
const CONTROL = '/sys/fs/fuse/connections';

/** Kinds of mounts at a path, the lowest first. */
function kindsAt(path: string): string[] {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.split(' ')[4] === path).map((line) => /- (\S+)/.exec(line)?.[1] ?? '');
}

/** Cuts the kernel's connection to whoever serves the mount, as an administrator does. */
function abortConnection(path: string): void {
  const line = fs
    .readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((one) => one.split(' ')[4] === path);
  const [, minor = ''] = line?.split(' ')[2]?.split(':') ?? [];
  if (!fs.existsSync(join(CONTROL, minor))) execFileSync('mount', ['-t', 'fusectl', 'none', CONTROL]);
  fs.writeFileSync(join(CONTROL, minor, 'abort'), '1');
}

/** As an administrator does, who tries again where it is in use at the moment. */
async function unmountUnused(folder: string): Promise<void> {
  await until('the folder to be unmounted', WAIT_MS, () => (spawnSync('umount', [folder]).status === 0 ? true : null));
}

it('an end by somebody else is noticed, and what is done from then on is not taken for recorded [CAP-035]', async () => {
  const ends: readonly (readonly [told: RegExp, end: (folder: string) => unknown])[] = [
    [/^CAP-035 .*unmounted/, (folder) => unmountUnused(folder)],
    [/^CAP-035 .*unmounted/, (folder) => execFileSync('umount', ['--lazy', folder])],
    [/^CAP-035 .*aborted/, abortConnection],
    [/^CAP-035 .*(?:unmounted|aborted)/, (folder) => execFileSync('umount', ['--lazy', '--force', folder])],
  ];
  for (const [told, end] of ends) {
    await using mounted = await MountedFolder.start();
    const path = join(mounted.folder, 'file');
    fs.writeFileSync(path, 'recorded');
    await end(mounted.folder);
    expect(await mounted.next()).toMatch(told);
    expect(kindsAt(mounted.folder)).toEqual([]);
    fs.writeFileSync(path, 'past it');
    await expect(mounted.records()).rejects.toThrow('lost');
    expect(await mounted.stop()).toBe('stopped');
    expect(fs.readFileSync(join(mounted.underneath, 'file'), 'utf8')).toBe('past it');
    expect(await mounted.startAgain()).toBe('ready');
  }
});

it('what is open when somebody unmounts the folder lazily goes on, and keeps it from ending [CAP-035, CAP-033]', async () => {
  await using mounted = await MountedFolder.start();
  const path = join(mounted.folder, 'held');
  const holder = spawn('sh', ['-c', 'exec 3>"$0"; echo; read line; echo "$line" >&3; echo; read line', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const heard = (): Promise<unknown> => new Promise((resolve) => holder.stdout.once('data', resolve));
  await heard();
  execFileSync('umount', ['--lazy', mounted.folder]);
  expect(await mounted.next()).toMatch(/^CAP-035 .*unmounted/);
  expect(await mounted.stop()).toMatch(new RegExp(`^CAP-033 .*\\(${holder.pid}\\)`));
  const written = heard();
  holder.stdin.write('still served\n');
  await written;
  expect(fs.readFileSync(path, 'utf8')).toBe('still served\n');
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.stdin.end();
  await gone;
  expect(await mounted.stopOnceUnused(WAIT_MS)).toBe('stopped');
});

it('ends its own mount and no other', async () => {
  await using mounted = await MountedFolder.start();
  const { folder } = mounted;
  const cover = (): void => {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder]);
  };
  // Who looks through all processes may be in it for a moment.
  const uncover = (): void => {
    execFileSync('umount', ['--lazy', folder]);
  };
  cover();
  expect(await mounted.stop()).toMatch(/^CAP-033 .*mounted over it/);
  expect(kindsAt(folder)).toEqual(['fuse.understudy', 'tmpfs']);
  uncover();
  execFileSync('umount', ['--lazy', folder]);
  cover();
  try {
    expect(await mounted.next()).toMatch(/^CAP-035/);
    expect(await mounted.stop()).toBe('stopped');
    expect(await mounted.abort()).toBe('stopped');
    expect(kindsAt(folder)).toEqual(['tmpfs']);
  } finally {
    uncover();
  }
  expect(await mounted.startAgain()).toBe('ready');
  cover();
  try {
    expect(await mounted.abort()).toBe('stopped');
    expect(kindsAt(folder)).toContain('tmpfs');
  } finally {
    uncover();
  }
});

it('has closed all that it opened, however it ends', async () => {
  await using mounted = await MountedFolder.start();
  expect(await mounted.stop()).toBe('stopped');
  // What is opened once for good is open by now. What the mount had may be closed a moment later, and counts no more then.
  let before = await mounted.descriptors();
  const ends: readonly (() => Promise<string>)[] = [
    () => mounted.stop(),
    () => mounted.abort(),
    async () => {
      abortConnection(mounted.folder);
      expect(await mounted.next()).toMatch(/^CAP-035/);
      return mounted.stop();
    },
  ];
  for (const [number, end] of ends.entries()) {
    expect(await mounted.startAgain()).toBe('ready');
    const open: number[] = [];
    for (let count = 0; count < FOLDERS; count++) {
      const folder = join(mounted.folder, `${number}`, `folder-${count}`);
      fs.mkdirSync(folder, { recursive: true });
      const file = fs.openSync(join(folder, 'file'), 'w');
      if (number === 0) fs.closeSync(file);
      else open.push(file);
    }
    expect(await mounted.descriptors()).toBeGreaterThan(before + FOLDERS / 2);
    expect(await end()).toBe('stopped');
    for (const file of open) codeOf(() => fs.closeSync(file));
    before = await closedTo(mounted, before);
  }
});

/** Waits until its server has no more descriptors open than so many. @returns how many it has. */
function closedTo(mounted: MountedFolder, most: number): Promise<number> {
  return until('all to be closed', WAIT_MS, async (seen) => {
    const now = await mounted.descriptors();
    seen(`${now}, to be ${most}`);
    return now <= most ? now : null;
  });
}

it('leaves no mount behind where its start fails, and the folder as it was [CAP-030]', async () => {
  await using mounted = await MountedFolder.start({
    faults: true,
    before: (folder) => fs.writeFileSync(join(folder, 'file'), 'content'),
  });
  expect(await mounted.stop()).toBe('stopped');
  let before = await mounted.descriptors();
  const isAsItWas = (): void => {
    expect(kindsAt(mounted.folder)).toEqual([]);
    expect(codeOf(() => fs.readFileSync(join(mounted.folder, 'file')))).toBe('none');
  };
  for (const call of ['eventfd', 'unshare', 'epoll_ctl', 'name_to_handle_at', 'fstatfs', 'syscall']) {
    const end = mounted.faults.begin({ call, error: 'EMFILE' });
    expect(await mounted.startAgain()).toMatch(/^CAP-030 .*(?:EMFILE|ext4)/);
    end();
    isAsItWas();
    before = await closedTo(mounted, before);
  }
  expect(await mounted.startAgain()).toBe('ready');
});
