/*
 * What it proves: a program that does anything to a mounted folder finds there, and underneath, what it would
 * find on the file system itself; and the records in the ring are complete: with nothing but them an empty
 * folder becomes the same.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compareManifests, manifestOf } from '../support/manifest.ts';
import { MountedFolder } from '../support/mounted-folder.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RandomOperations } from '../support/random-operations.ts';
import { RecordReplayer } from '../support/record-replayer.ts';

const SEEDS = Array.from({ length: proofRuns({ short: 2, full: 20 }) }, (_, index) => 7000 + index);
const OPERATIONS = 3000;

const EXERCISER = new URL('../support/file_exerciser.py', import.meta.url).pathname;
const EXERCISES = 1500;
const run = promisify(execFile);

describe('random operations in a mounted folder', () => {
  it.each(SEEDS)('seed %i: the mount, what lies underneath, and what the records say are the same', async (seed) => {
    await using mounted = await MountedFolder.start();
    const operations = new RandomOperations(mounted.folder, seed);
    await operations.run({ count: OPERATIONS });
    const underneath = manifestOf(mounted.underneath);
    expect(compareManifests(underneath, manifestOf(mounted.folder))).toEqual([]);
    const again = mounted.beside('again');
    fs.mkdirSync(again);
    using replayer = new RecordReplayer(again);
    replayer.replay(await mounted.records());
    expect(compareManifests(underneath, manifestOf(again))).toEqual([]);
    expect(await mounted.stop()).toBe('stopped');
  });
});

describe('one file of a mounted folder', () => {
  it.each(SEEDS)('seed %i: written, mapped, cut, punched and copied, it holds what it should', async (seed) => {
    await using mounted = await MountedFolder.start();
    const { stdout } = await run('python3', [EXERCISER, mounted.folder, String(EXERCISES), String(seed)]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('0 differences\n');
    const underneath = manifestOf(mounted.underneath);
    const again = mounted.beside('again');
    fs.mkdirSync(again);
    using replayer = new RecordReplayer(again);
    replayer.replay(await mounted.records());
    expect(compareManifests(underneath, manifestOf(again))).toEqual([]);
  });
});
