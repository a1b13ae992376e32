/**
 * What it proves: everything that a file system holds besides plain files is on the passive server as on
 * the active one, whether it was there before the first copy, came later, changed later, or was
 * meddled with on the passive server.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runningPair } from '../support/pair-in-test.ts';
import { aclFor, capability, makeNode, NODE, removeXattr, setXattr } from '../support/raw-calls.ts';

const WITHIN_MS = 20_000;
const ACCESS = 'system.posix_acl_access';
const DEFAULT = 'system.posix_acl_default';

/** One of each, in a folder of its own. */
function plant(folder: string): void {
  fs.mkdirSync(folder);
  const at = (name: string): string => join(folder, name);
  makeNode(at('fifo'), NODE.fifo, { major: 0, minor: 0 });
  makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 3 });
  makeNode(at('loop'), NODE.blockDevice, { major: 7, minor: 70_000 });
  fs.linkSync(at('fifo'), at('fifo-again'));
  fs.writeFileSync(at('program'), '#!/bin/sh\n');
  fs.chmodSync(at('program'), 0o6755);
  setXattr(at('program'), 'security.capability', capability());
  fs.writeFileSync(at('listed'), 'for some');
  setXattr(at('listed'), ACCESS, aclFor(1234, 5));
  setXattr(at('listed'), 'user.empty', '');
  setXattr(at('listed'), 'user.odd \xe4', Buffer.of(0, 255, 10));
  setXattr(at('listed'), 'trusted.mine', 'x');
  fs.symlinkSync('nowhere', at('link'));
  setXattr(at('link'), 'trusted.link', 'of a link');
  setXattr(at('fifo'), 'trusted.fifo', 'of a pipe');
  fs.mkdirSync(at('shared'), { mode: 0o1777 });
  setXattr(at('shared'), DEFAULT, aclFor(4321, 7));
  setXattr(at('shared'), 'user.folder', 'of a folder');
  // Has the list of its folder from the beginning.
  fs.writeFileSync(at('shared/inherits'), 'x');
  fs.writeFileSync(at('large'), Buffer.alloc(300 * 1024, 'large'));
  setXattr(at('large'), 'user.large', 'y'.repeat(3000));
  setXattr(at('large'), ACCESS, aclFor(77, 2));
  fs.writeFileSync(at('empty'), '');
  fs.utimesSync(at('empty'), -1_234_567_890, -1_234_567_890);
  fs.utimesSync(at('large'), 5_000_000_000, 5_000_000_000);
}

describe('pipes, devices, lists, capabilities and extended attributes', () => {
  it('come with the first copy, and with every change after it', async () => {
    await using pair = await runningPair({ plant: (folder) => plant(join(folder, 'before')) });
    await pair.synchronized();
    expect(pair.differences()).toEqual([]);
    const { data } = pair.active;

    plant(join(data, 'after'));
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);

    for (const folder of ['before', 'after']) change(join(data, folder));
    await pair.settled({ timeoutMs: WITHIN_MS });
    expect(pair.differences()).toEqual([]);
  });

  it('are put right where they were changed on the passive server, and diff says how they differ', async () => {
    await using pair = await runningPair({ plant: (folder) => plant(join(folder, 'a')) });
    await pair.synchronized();
    const at = (name: string): string => join(pair.passive.data, 'a', name);
    await pair.passive.kill();
    setXattr(at('listed'), 'user.empty', 'not empty');
    setXattr(at('fifo'), 'trusted.more', 'x');
    removeXattr(at('program'), 'security.capability');
    removeXattr(at('shared'), DEFAULT);
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
    await using pair = await runningPair({ plant: (folder) => plant(join(folder, 'a')) });
    await pair.synchronized();
    for (const kind of [[], ['--fast']]) {
      const ran = await pair.active.run('check', ...kind, '--verify-only');
      expect(ran).toMatchObject({ status: 0 });
    }
    const ran = await pair.active.run('diff', '/data/a/listed');
    expect(ran.status).toBe(0);
  });
});

function change(folder: string): void {
  const at = (name: string): string => join(folder, name);
  fs.renameSync(at('fifo-again'), at('fifo'));
  fs.chmodSync(at('fifo'), 0o600);
  fs.unlinkSync(at('null'));
  makeNode(at('null'), NODE.characterDevice, { major: 1, minor: 7 });
  fs.unlinkSync(at('loop'));
  fs.writeFileSync(at('loop'), 'a file by now');
  // Writing takes the capability away, a change of owner too.
  fs.appendFileSync(at('program'), 'more');
  setXattr(at('listed'), 'user.empty', 'no longer');
  removeXattr(at('listed'), 'trusted.mine');
  removeXattr(at('listed'), ACCESS);
  removeXattr(at('shared'), 'user.folder');
  setXattr(at('shared'), ACCESS, aclFor(5, 7));
  setXattr(at('link'), 'trusted.link', 'another');
  setXattr(at('large'), 'user.large', 'short');
  fs.writeFileSync(at('empty'), 'not empty');
  setXattr(at('empty'), 'security.capability', capability(3));
  fs.lchownSync(at('fifo'), 3, 4);
}
