/**
 * What it proves: whatever names Linux takes arrive as they are: of any bytes, of 255 bytes, that differ
 * in case only, at the end of paths longer than the kernel takes at once; and files that are one on the
 * active server are one on the passive, whichever protected folders their names lie in.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { runningPair } from '../support/pair-in-test.ts';

const WITHIN_MS = 120_000;
const LEVELS = 24;

/** Goes down folder by folder and does something in each. */
function descend(top: string, act: (inside: string, level: number) => void): void {
  const open: number[] = [];
  try {
    let inside = top;
    for (let level = 0; level < LEVELS; level++) {
      act(inside, level);
      open.push(fs.openSync(join(inside, nameOf(level)), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY));
      inside = `/proc/self/fd/${open.at(-1)}`;
    }
    act(inside, LEVELS);
  } finally {
    for (const folder of open) fs.closeSync(folder);
  }
}

function nameOf(level: number): string {
  return `${String(level).padStart(3, '0')}${'d'.repeat(252)}`;
}

function plantDeep(top: string): void {
  descend(top, (inside, level) => {
    if (level < LEVELS) fs.mkdirSync(join(inside, nameOf(level)));
    fs.writeFileSync(join(inside, 'file'), `at level ${level}`);
  });
}

it('paths far beyond 4096 bytes: in the first copy, changed, renamed, meddled with and removed', async () => {
  await using pair = await runningPair({ plant: (data) => plantDeep(data) });
  await pair.synchronized();
  expect(pair.differences()).toEqual([]);
  fs.mkdirSync(join(pair.active.data, 'later'));
  plantDeep(join(pair.active.data, 'later'));
  descend(pair.active.data, (inside, level) => {
    if (level < LEVELS) return;
    fs.appendFileSync(join(inside, 'file'), ' and changed');
    fs.writeFileSync(join(inside, 'large'), Buffer.alloc(600_000, 'large'));
    fs.linkSync(join(inside, 'large'), join(inside, 'linked'));
  });
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);

  descend(pair.passive.data, (inside, level) => {
    if (level < LEVELS) return;
    fs.writeFileSync(join(inside, 'file'), 'meddled');
    fs.writeFileSync(join(inside, 'stranger'), 'x');
  });
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
  for (const kind of [[], ['--fast']]) {
    expect(await pair.active.run('check', ...kind)).toMatchObject({ status: 0 });
  }
  const path = `/data/${Array.from({ length: LEVELS }, (_, level) => nameOf(level)).join('/')}/file`;
  expect(path.length).toBeGreaterThan(6000);
  expect(await pair.active.run('diff', path)).toMatchObject({ status: 0 });

  fs.renameSync(join(pair.active.data, nameOf(0)), join(pair.active.data, 'renamed'));
  fs.rmSync(join(pair.active.data, 'later', nameOf(0), nameOf(1), 'file'));
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
});

it('names of all bytes, of 255 bytes, and that differ in case only', async () => {
  await using pair = await runningPair();
  await pair.synchronized();
  const inside = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${pair.active.data}/`), name]);
  for (let byte = 1; byte < 256; byte++) {
    if (byte === 0x2f || byte === 0x2e) continue;
    fs.writeFileSync(inside(Buffer.of(byte)), `named by the byte ${byte}`);
  }
  fs.writeFileSync(inside(Buffer.alloc(255, 0xfe)), 'long');
  fs.mkdirSync(inside(Buffer.alloc(255, 'F')));
  for (const name of ['Case', 'CASE', 'case', 'cAse']) fs.writeFileSync(join(pair.active.data, name), name);
  fs.renameSync(join(pair.active.data, 'Case'), join(pair.active.data, 'casE'));
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(pair.differences()).toEqual([]);
});

it('files with names in several protected folders, whichever was made first', async () => {
  const include = ['/data/**', '/alpha/**', '/omega/**'];
  const groups = ['alpha', 'data', 'omega'];
  await using pair = await runningPair({
    include,
    plant: (data) => {
      const base = join(data, '..');
      for (const name of groups) fs.mkdirSync(join(base, name), { recursive: true });
      linkAround(base, 'before');
    },
    plantPassive: (data) => {
      for (const name of groups) fs.mkdirSync(join(data, '..', name), { recursive: true });
    },
  });
  await pair.synchronized();
  const differences = (): string[] =>
    groups.flatMap((name) =>
      compareManifests(manifestOf(join(pair.active.base, name)), manifestOf(join(pair.passive.base, name))),
    );
  expect(differences()).toEqual([]);

  linkAround(pair.active.base, 'after');
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(differences()).toEqual([]);

  const at = (path: string): string => join(pair.active.base, path);
  fs.renameSync(at('omega/before-0'), at('alpha/moved'));
  fs.unlinkSync(at('data/before-1'));
  fs.appendFileSync(at('omega/before-1'), 'written through one name');
  fs.unlinkSync(at('alpha/after-2'));
  fs.linkSync(at('omega/after-2'), at('alpha/after-2'));
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(differences()).toEqual([]);

  await pair.passive.kill();
  fs.renameSync(at('alpha/after-0'), at('data/after-moved'));
  fs.unlinkSync(at('omega/after-1'));
  await pair.passive.start();
  await pair.settled({ timeoutMs: WITHIN_MS });
  expect(differences()).toEqual([]);
});

/** One file for each order in which the three folders may get its names. */
function linkAround(base: string, name: string): void {
  const orders = [
    ['alpha', 'data', 'omega'],
    ['omega', 'data', 'alpha'],
    ['data', 'omega', 'alpha'],
  ];
  orders.forEach((order, index) => {
    const [first, ...others] = order.map((folder) => join(base, folder, `${name}-${index}`)) as [string, ...string[]];
    fs.writeFileSync(first, Buffer.alloc(index === 1 ? 400_000 : 10, `${name}-${index}`));
    for (const other of others) fs.linkSync(first, other);
  });
}
