/**
 * What it proves: Apply never leaves the protected folder, whatever symbolic links lie on the passive server; and no
 * file is seen there under its name before it is whole, however slowly it comes.
 */
import { createCipheriv } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { manifestOf, compareManifests } from '../support/manifest.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { whileStandingStill } from '../support/standing-still.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const WITHIN_MS = 120_000;
const LARGE_BYTES = 4 * MIB;
/** So that two of them come in some seconds. */
const BYTES_PER_SECOND = 2 * MIB;
const LOOK_EVERY_MS = 5;
const FOLDERS = ['stopped', 'running', 'deep/inner'] as const;

it('what a link on the passive server leads to is never touched', async () => {
  await using pair = await runningPair({
    plant: (data) => {
      for (const folder of FOLDERS) {
        fs.mkdirSync(join(data, folder), { recursive: true });
        for (const name of ['changed', 'gone', 'moved']) fs.writeFileSync(join(data, folder, name), 'protected');
      }
      fs.writeFileSync(join(data, 'file'), 'protected');
    },
  });
  await pair.settled();
  const outside = join(pair.top, 'outside');
  fs.mkdirSync(outside);
  for (const name of ['changed', 'gone', 'moved', 'file']) fs.writeFileSync(join(outside, name), 'not ours');
  const before = manifestOf(outside);

  await pair.passive.stop();
  lead(pair, 'stopped', outside);
  lead(pair, 'deep', outside);
  lead(pair, 'file', join(outside, 'file'));
  change(pair, 'stopped');
  change(pair, 'deep/inner');
  fs.writeFileSync(join(pair.active.data, 'file'), 'protected and changed');
  await pair.passive.start();
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);

  // What is led away from it would be put back between the two steps of that.
  await whileStandingStill(pair.passive.daemon?.pid ?? 0, () => lead(pair, 'running', outside));
  change(pair, 'running');
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
  expect(compareManifests(before, manifestOf(outside))).toEqual([]);
});

it('a file that is new, or replaces another, is seen whole or not at all', async () => {
  await using pair = await runningPair({
    pairSettings: { channel: { bytesPerSecondMax: BYTES_PER_SECOND } },
    plant: (data) => fs.writeFileSync(join(data, 'replaced'), noise('old')),
  });
  await pair.synchronized();
  const contents = { old: noise('old'), new: noise('new') };
  // As a whole: what is looked at while it is still being written is copied as it is then.
  await whileStandingStill(pair.active.daemon?.pid ?? 0, () =>
    fs.writeFileSync(join(pair.active.data, 'new'), contents.new),
  );
  const aside = join(pair.active.base, 'aside');
  fs.writeFileSync(aside, contents.new);
  fs.renameSync(aside, join(pair.active.data, 'replaced'));
  let looks = 0;
  await until('both to come', WITHIN_MS, async () => {
    const [made, replaced] = [
      contentOf(join(pair.passive.data, 'new')),
      contentOf(join(pair.passive.data, 'replaced')),
    ];
    expect(made === null || made.equals(contents.new)).toBe(true);
    expect(replaced?.equals(contents.old) === true || replaced?.equals(contents.new) === true).toBe(true);
    const isDone = made !== null && replaced?.equals(contents.new) === true;
    looks += isDone ? 0 : 1;
    if (!isDone) await pause(LOOK_EVERY_MS);
    return isDone ? true : null;
  });
  // It was looked while they were coming.
  expect(looks).toBeGreaterThan(1);
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
});

/** On the passive server a link takes the place of an item. */
function lead(pair: Pair, name: string, to: string): void {
  const at = join(pair.passive.data, name);
  fs.rmSync(at, { recursive: true });
  fs.symlinkSync(to, at);
}

function change({ active }: Pair, folder: string): void {
  const at = (name: string): string => join(active.data, folder, name);
  fs.writeFileSync(at('changed'), 'protected and changed');
  fs.writeFileSync(at('new'), 'protected and new');
  fs.rmSync(at('gone'));
  fs.renameSync(at('moved'), at('moved on'));
  fs.chmodSync(at('changed'), 0o600);
}

/** What does not shrink: on a thin link the rest would come at once. */
function noise(kind: string): Buffer {
  return createCipheriv('aes-256-ctr', Buffer.alloc(32, kind), Buffer.alloc(16)).update(Buffer.alloc(LARGE_BYTES));
}

function contentOf(path: string): Buffer | null {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}
