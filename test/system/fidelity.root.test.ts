/**
 * What it proves: everything that a file system holds besides plain files is on the passive server as on
 * the active one, whether it was there before the first copy, came later, changed later, or was
 * meddled with on the passive server.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { over } from '../support/after-fault.ts';
import { runningPair } from '../support/pair-in-test.ts';
import {
  FLAG,
  makeNode,
  NODE,
  punchHole,
  removeXattr,
  setFlags,
  setFlagsOpen,
  setXattr,
} from '../support/raw-calls.ts';
import type { TrialServer } from '../support/server.ts';
import { changeSpecial, DEFAULT_LIST, plantSpecial } from '../support/special-items.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;
const GIB = 2 ** 30;
/** Some reads of 4 GiB. */
const LONG_WITHIN_MS = 300_000;
const LONG = { timeout: 4 * LONG_WITHIN_MS };

describe('pipes, devices, lists, capabilities and extended attributes', () => {
  it('come with the first copy, and with every change after it', async () => {
    await using pair = await runningPair({ plant: (folder) => plantSpecial(join(folder, 'before')) });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    const { data } = pair.active;

    plantSpecial(join(data, 'after'));
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);

    for (const folder of ['before', 'after']) changeSpecial(join(data, folder));
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });

  it('are put right where they were changed on the passive server, and diff says how they differ', async () => {
    await using pair = await runningPair({ plant: (folder) => plantSpecial(join(folder, 'a')) });
    await pair.synchronized();
    const at = (name: string): string => join(pair.passive.data, 'a', name);
    await pair.passive.kill();
    setXattr(at('listed'), 'user.empty', 'not empty');
    setXattr(at('fifo'), 'trusted.more', 'x');
    removeXattr(at('program'), 'security.capability');
    removeXattr(at('shared'), DEFAULT_LIST);
    fs.unlinkSync(at('null'));
    makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 5 });
    fs.unlinkSync(at('loop'));
    fs.writeFileSync(at('loop'), 'a file');
    await pair.passive.start();
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);

    setXattr(at('large'), 'user.large', 'z');
    setXattr(at('link'), 'trusted.link', 'z');
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });

  it('are what a full check and a fast check compare', async () => {
    await using pair = await runningPair({ plant: (folder) => plantSpecial(join(folder, 'a')) });
    await pair.synchronized();
    for (const kind of [[], ['--fast']]) {
      const ran = await pair.active.run('check', ...kind, '--verify-only');
      expect(ran).toMatchObject({ status: 0 });
    }
    const ran = await pair.active.run('diff', '/data/a/listed');
    expect(ran.status).toBe(0);
  });
});

it('a socket is named as not carried, one by one, and until it is gone', async () => {
  await using pair = await runningPair({ plant: (data) => fs.mkdirSync(join(data, 'sockets')) });
  await pair.synchronized();
  const sockets = ['one', 'two'].map((name) => createServer().listen(join(pair.active.data, 'sockets', name)));
  const told = (...names: readonly string[]): Promise<true> =>
    until(`${String(names.length)} to be named`, WITHIN_MS, async (seen) => {
      const items = (await pair.active.findings('CAP-007')).map(({ item }) => item).sort();
      seen(items.join());
      return items.join() === names.map((name) => `/data/sockets/${name}`).join() ? true : null;
    });
  await told('one', 'two');
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(fs.readdirSync(join(pair.passive.data, 'sockets'))).toEqual([]);
  await new Promise((closed) => sockets[0]?.close(closed));
  await told('two');
  await new Promise((closed) => sockets[1]?.close(closed));
  await told();
});

describe('immutable and append-only', () => {
  it('come with the first copy, are lifted while their file or folder changes, and come back', async () => {
    await using pair = await runningPair({
      plant: (data) => {
        for (const name of ['fixed', 'growing', 'freed', 'gone']) fs.writeFileSync(join(data, name), name);
        fs.writeFileSync(join(data, 'large'), Buffer.alloc(700_000, 'large'));
        fs.mkdirSync(join(data, 'folder'));
        fs.writeFileSync(join(data, 'folder/inside'), 'inside');
        fs.linkSync(join(data, 'fixed'), join(data, 'folder/fixed-too'));
        for (const name of ['fixed', 'freed', 'gone', 'large', 'folder']) setFlags(join(data, name), FLAG.immutable);
        setFlags(join(data, 'growing'), FLAG.appendOnly);
      },
    });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    const at = (name: string): string => join(pair.active.data, name);

    // The kernel tells nobody of the flag that the folder gets last: it is there when the names in it are looked at.
    await whileStandingStill(pair.active.daemon?.pid ?? 0, () => {
      rewritten(at('fixed'), 'changed and fixed again', FLAG.immutable);
      rewritten(at('freed'), 'free from now on', 0);
      rewritten(at('large'), Buffer.alloc(900_000, 'other'), FLAG.immutable | FLAG.appendOnly);
      fs.appendFileSync(at('growing'), ' more');
      setFlags(at('gone'), 0);
      fs.unlinkSync(at('gone'));
      setFlags(at('folder'), 0);
      fs.writeFileSync(at('folder/more'), 'more');
      fs.renameSync(at('folder/inside'), at('folder/renamed'));
      setFlags(at('folder'), FLAG.immutable);
    });
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);

    // Whoever meddles with them is undone like anybody else.
    setFlags(join(pair.passive.data, 'fixed'), 0);
    fs.writeFileSync(join(pair.passive.data, 'fixed'), 'meddled');
    setFlags(join(pair.passive.data, 'freed'), FLAG.immutable);
    fs.chmodSync(pair.passive.data, 0o755);
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(await pair.active.run('check')).toMatchObject({ status: 0 });
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });

  it('of which the kernel tells nobody are found by the next check', async () => {
    await using pair = await runningPair({ plant: (data) => fs.writeFileSync(join(data, 'a'), 'a') });
    await pair.synchronized();
    setFlags(join(pair.active.data, 'a'), FLAG.immutable);
    for (const kind of ['--fast', '--full']) {
      expect(await pair.active.run('check', ...(kind === '--fast' ? [kind] : []))).toMatchObject({ status: 0 });
      expect(pair.differences()).toEqual([]);
      setFlags(join(pair.active.data, 'a'), 0);
    }
  });
});

describe("what the passive's file system can't hold", () => {
  it('is named item by item, and the rest of the item is equal [APL-001]', async () => {
    using disk = smallDisk();
    await using pair = await runningPair({
      homes: { secondary: disk.folder },
      plant: (data) => {
        fs.writeFileSync(join(data, 'plain'), 'plain');
        fs.utimesSync(join(data, 'plain'), 1_700_000_000, 1_700_000_000);
        fs.writeFileSync(join(data, 'attribute'), 'attribute');
        setXattr(join(data, 'attribute'), 'user.small', 'fits');
        setXattr(join(data, 'attribute'), 'user.big', 'x'.repeat(3000));
        fs.writeFileSync(join(data, 'time'), 'time');
        fs.writeFileSync(join(data, 'large'), Buffer.alloc(300_000, 'l'));
        for (const name of ['time', 'large']) fs.utimesSync(join(data, name), 6_000_000_000, 6_000_000_000);
        for (const name of ['attribute', '']) fs.utimesSync(join(data, name), 1_700_000_000, 1_700_000_000);
      },
    });
    for (const name of ['attribute', 'time', 'large']) {
      const found = await until(`a finding about ${name}`, WITHIN_MS, async () => {
        const findings = await pair.active.findings('APL-001');
        return findings.find(({ item }) => item === `/data/${name}`) ?? null;
      });
      expect(found.cause).toBeTruthy();
      const data = (server: TrialServer): Buffer => fs.readFileSync(join(server.data, name));
      await until(`the content of ${name}`, WITHIN_MS, () =>
        data(pair.passive).equals(data(pair.active)) ? true : null,
      );
    }
    // Others of the first copy may still be on their way.
    await until('these three alone to be out of sync', WITHIN_MS, async (seen) => {
      const { fileSystem } = await pair.active.status();
      seen(JSON.stringify(fileSystem));
      return fileSystem.status === 'Out of sync' && fileSystem.itemsOutOfSync === 3 ? true : null;
    });

    // What can be held is held, and then nothing is left to tell.
    removeXattr(join(pair.active.data, 'attribute'), 'user.big');
    for (const name of ['time', 'large']) fs.utimesSync(join(pair.active.data, name), 1_000, 1_000);
    await pair.synchronized({ timeoutMs: WITHIN_MS, after: Date.now() + 1000 });
    expect(pair.differences()).toEqual([]);
    await over(pair.active, 'APL-001');
  });
});

describe('sparse files', () => {
  it('stay sparse: beyond 4 GiB, in the first copy, when holes come and go, after meddling', LONG, async () => {
    await using pair = await runningPair({
      plant: (data) => {
        const file = fs.openSync(join(data, 'huge'), 'w');
        fs.ftruncateSync(file, 4 * GIB + 500_000);
        for (const position of [0, 3 * GIB + 5, 4 * GIB + 70_000]) fs.writeSync(file, 'some data', position);
        fs.closeSync(file);
        fs.writeFileSync(join(data, 'zeros'), Buffer.alloc(900_000));
        fs.writeFileSync(join(data, 'small'), Buffer.alloc(100_000, 'small'));
        fs.writeFileSync(join(data, 'hole'), '');
        fs.truncateSync(join(data, 'hole'), 50_000);
      },
    });
    await pair.synchronized({ timeoutMs: LONG_WITHIN_MS });
    expect(pair.differences()).toEqual([]);
    expect(fs.statSync(join(pair.passive.data, 'huge')).blocks).toBeLessThan(1000);
    const at = (name: string): string => join(pair.active.data, name);

    writeAt(at('huge'), 2 * GIB, Buffer.alloc(300_000, 'more'));
    writeAt(at('hole'), 20_000, Buffer.alloc(10_000));
    for (const [name, offset, length] of [
      ['small', 10_000, 50_000],
      ['zeros', 100_000, 600_000],
      ['huge', 0, 8192],
    ] as const) {
      const file = fs.openSync(at(name), 'r+');
      punchHole(file, offset, length);
      fs.closeSync(file);
    }
    await pair.settled({ timeoutMs: LONG_WITHIN_MS });
    expect(pair.differences()).toEqual([]);

    // The same content, but other holes.
    writeAt(join(pair.passive.data, 'small'), 20_480, Buffer.alloc(8192));
    fs.rmSync(join(pair.passive.data, 'zeros'));
    fs.truncateSync(join(pair.passive.data, 'hole'), 0);
    fs.truncateSync(join(pair.passive.data, 'hole'), 50_000);
    await pair.settled({ timeoutMs: LONG_WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });
});

function writeAt(path: string, position: number, content: Buffer): void {
  const file = fs.openSync(path, 'r+');
  fs.writeSync(file, content, 0, content.length, position);
  fs.closeSync(file);
}

/** A file system that holds no times after 2038 and little beyond content. */
function smallDisk(): Disposable & { folder: string } {
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-small-'));
  const [image, folder] = [join(top, 'image'), join(top, 'mounted')];
  fs.writeFileSync(image, '');
  fs.truncateSync(image, 64 * 1024 * 1024);
  execFileSync('mkfs.ext4', ['-q', '-I', '128', '-b', '1024', image], { stdio: 'ignore' });
  fs.mkdirSync(folder);
  execFileSync('mount', ['-o', 'loop', image, folder]);
  return {
    folder,
    [Symbol.dispose]: () => {
      // Who looks through all processes may be in it for a moment.
      execFileSync('umount', ['--lazy', folder]);
      fs.rmSync(top, { recursive: true });
    },
  };
}

/** Lifts the flags, and sets others before the file is closed: the notice of that tells of both. */
function rewritten(path: string, content: string | Buffer, flags: number): void {
  setFlags(path, 0);
  const file = fs.openSync(path, 'w');
  try {
    fs.writeSync(file, Buffer.from(content));
    setFlagsOpen(file, flags);
  } finally {
    fs.closeSync(file);
  }
}
