import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { create, createFolder, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

describe('what waits for its name', () => {
  it('is thrown away after a crash also where no checkpoint tells of a protected folder', () => {
    trial = new Trial();
    const staging = join(trial.base, 'srv/.understudy/shop/staging');
    mkdirSync(join(trial.base, 'srv/.understudy'), { recursive: true, mode: 0o700 });
    mkdirSync(join(staging, 'new-1'), { recursive: true });
    trial.rooted().do(create(11, ROOT, 'f', 'x'));
    expect(trial.statusOf(11)).toBe('Synchronized');
    expect(readdirSync(staging)).toEqual([]);
  });

  it('is not left behind where the folder it was made for can not be found', () => {
    trial = new Trial().rooted();
    trial.do(createFolder(10, ROOT, 'a'), createFolder(11, 10, 'b'));
    trial.checkpoint();
    trial.crash();
    // Its descriptor is kept, that of the folder in it is not.
    trial.do(create(12, 10, 'f', 'x'));
    rmSync(trial.path('a'), { recursive: true });
    trial.do(create(13, 11, 'g', 'x'));
    expect(trial.statusOf(13)).toBe('Out of sync');
    expect(readdirSync(join(trial.base, 'srv/.understudy/shop/staging'))).toEqual([]);
  });
});
