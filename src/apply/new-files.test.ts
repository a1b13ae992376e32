import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, create, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** As a file system that can't make files without a name, or where they can't be filled. */
class OddFiles extends NodeFiles {
  tried = 0;
  full = false;
  readonly #unnamed: boolean;
  constructor(unnamed: boolean) {
    super();
    this.#unnamed = unnamed;
  }
  override openUnnamed(folder: number, mode: number): number {
    this.tried += 1;
    if (this.#unnamed) return super.openUnnamed(folder, mode);
    throw new FileError({ code: 'EOPNOTSUPP', call: 'open', path: '' });
  }
  override setMtime(file: number, mtime: { seconds: number; nanoseconds: number }): void {
    if (this.full) throw new FileError({ code: 'ENOSPC', call: 'utimens', path: '' });
    super.setMtime(file, mtime);
  }
}

describe.each([
  ['can be without a name', true],
  ['must have a name', false],
])('where a new file %s', (_how, unnamed) => {
  let trial: Trial;
  afterEach(() => trial.end());
  const started = (): OddFiles => {
    const files = new OddFiles(unnamed);
    trial = new Trial({ files }).rooted();
    return files;
  };
  const staging = (): string[] => readdirSync(join(trial.base, 'srv/.understudy/shop/staging'));

  it('it appears whole, with its mode and time, and leaves nothing in staging', () => {
    const files = started();
    trial.do(create(11, ROOT, 'f', 'one', attributes(77, 0o4711)), create(12, ROOT, 'g', 'two'));
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('one');
    expect(statSync(trial.path('f'))).toMatchObject({ mode: 0o104711, mtime: new Date(77_123) });
    expect(readFileSync(trial.path('g'), 'utf8')).toBe('two');
    expect(staging()).toEqual([]);
    // Asked once.
    expect(files.tried).toBe(unnamed ? 2 : 1);
  });

  it('it takes the place of what has its name, which is kept', () => {
    started();
    writeFileSync(trial.path('f'), 'a stranger’s');
    trial.do(create(11, ROOT, 'f', 'ours'));
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('ours');
    expect(trial.apply.quarantine.list().map((entry) => entry.path)).toEqual([`${FOLDER}/f`]);
    expect(staging()).toEqual([]);
  });

  it('nothing is left of one that could not be finished', () => {
    const files = started();
    files.full = true;
    trial.do(create(11, ROOT, 'f', 'one'));
    expect(readdirSync(trial.root)).toEqual([]);
    expect(staging()).toEqual([]);
    expect(trial.apply.counts.outOfSync).toBe(1);
    files.full = false;
  });
});
