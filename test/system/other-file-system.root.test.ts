import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { until } from '../support/until.ts';

/** So few that their number alone would not count. */
const FILES = 10;
const WAIT_MS = 120_000;
const MOMENTS = ['while it runs', 'while it is stopped'];

describe('a protected folder whose file system is another', () => {
  it.each(MOMENTS)('is paused when it is unmounted %s, and goes on when it is back', async (moment) => {
    await using mounted = await MountedPair.start();
    const { pair } = mounted;
    const before = manifestOf(pair.passive.data);
    await mounted.change(moment, () => mounted.detach());
    await isPaused(pair, before);
    for (const server of [pair.passive, pair.active]) {
      await server.stop();
      await server.start();
      await isPaused(pair, before);
    }
    mounted.attach(0);
    await until('the finding to end', WAIT_MS, async () =>
      (await pair.passive.findings('APL-020')).length === 0 ? true : null,
    );
    await pair.synchronized();
    expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
    expect(pair.differences()).toEqual([]);
  });

  it.each(MOMENTS)('is taken over when another is mounted %s and that is confirmed', async (moment) => {
    await using mounted = await MountedPair.start();
    const { pair } = mounted;
    const before = manifestOf(pair.passive.data);
    await mounted.change(moment, () => {
      mounted.detach();
      mounted.attach(1);
      fs.writeFileSync(join(pair.active.data, 'new'), 'of the new file system');
    });
    await isPaused(pair, before);
    const { id } = await pair.active.finding('APL-020');
    expect(await pair.active.run('fix', id)).toMatchObject({ status: 0, stderr: '' });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    expect(fs.readdirSync(pair.passive.data)).toEqual(['new']);
    // It is known by now: the next start asks nothing.
    await pair.active.stop();
    await pair.active.start();
    await pair.synchronized();
    expect(await pair.passive.findings('APL-020')).toEqual([]);
  });
});

/** Mounts an empty file system in memory, whose folder was born at another moment than the other one: else they are the same. */
function mountUnlike(folder: string, other: string): void {
  const bornAt = (path: string): bigint => fs.statSync(path, { bigint: true }).birthtimeNs;
  const before = folder === other ? null : bornAt(other);
  for (;;) {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
    if (bornAt(folder) !== before) return;
    execFileSync('umount', [folder]);
  }
}

/** A pair whose active server has its protected folder on a file system in memory, and another one at hand. */
class MountedPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly #disks: readonly string[];

  private constructor(pair: Pair, disks: readonly string[]) {
    this.pair = pair;
    this.#disks = disks;
  }

  static async start(): Promise<MountedPair> {
    let disks: string[] = [];
    const pair = await runningPair({
      plant: (data) => {
        disks = [`${data}-disk-0`, `${data}-disk-1`];
        for (const disk of disks) {
          fs.mkdirSync(disk);
          mountUnlike(disk, disks[0] ?? '');
        }
        for (let file = 0; file < FILES; file++) fs.writeFileSync(join(disks[0] ?? '', `file-${file}`), `no. ${file}`);
        execFileSync('mount', ['--bind', disks[0] ?? '', data]);
      },
    });
    const mounted = new MountedPair(pair, disks);
    try {
      await pair.synchronized();
      return mounted;
    } catch (error) {
      await mounted[Symbol.asyncDispose]();
      throw error;
    }
  }

  attach(disk: 0 | 1): void {
    execFileSync('mount', ['--bind', this.#disks[disk] ?? '', this.pair.active.data]);
  }

  detach(): void {
    execFileSync('umount', ['--lazy', this.pair.active.data]);
  }

  async change(moment: string, change: () => void): Promise<void> {
    const { active } = this.pair;
    if (moment === 'while it runs') return change();
    await active.stop();
    change();
    await active.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not mounted any more, perhaps.
    spawnSync('umount', ['--lazy', this.pair.active.data]);
    for (const disk of this.#disks) spawnSync('umount', ['--lazy', disk]);
    await this.pair[Symbol.asyncDispose]();
  }
}

async function isPaused(pair: Pair, before: ReturnType<typeof manifestOf>): Promise<void> {
  for (const server of pair.servers) {
    const { cause } = await server.finding('APL-020');
    expect(cause).toContain('another file system');
  }
  await until('the status Out of sync', WAIT_MS, async () =>
    (await pair.active.status()).fileSystem.status === 'Out of sync' ? true : null,
  );
  expect(compareManifests(before, manifestOf(pair.passive.data))).toEqual([]);
}

describe('a file system that holds no files', () => {
  it('is refused by itself, and everything else is protected', async () => {
    await using pair = await runningPair({
      include: ['/data/**', '/kernel/**'],
      plant: (data) => {
        fs.writeFileSync(join(data, 'file'), 'content');
        fs.mkdirSync(join(data, '../kernel'));
        execFileSync('mount', ['-t', 'proc', 'proc', join(data, '../kernel')]);
      },
    });
    try {
      expect(await pair.active.finding('CAP-012')).toMatchObject({ item: '/kernel', severity: 'error' });
      await pair.synchronized();
      expect(pair.differences()).toEqual([]);
      expect(fs.existsSync(join(pair.passive.base, 'kernel'))).toBe(false);
      const shown = await pair.passive.run('settings', 'filters', '--json');
      expect((JSON.parse(shown.stdout) as { filters: object[] }).filters).toMatchObject([
        { pattern: '/data/**', state: 'Effective' },
        { pattern: '/kernel/**', state: 'Not Effective' },
      ]);
    } finally {
      execFileSync('umount', ['--lazy', join(pair.active.base, 'kernel')]);
    }
  });
});
