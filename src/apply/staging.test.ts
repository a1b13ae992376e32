import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { INLINE_BYTES_MAX } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { FileError, type NameAt, type Stat } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, create, createFolder, entry, FOLDER, ROOT, Trial } from './trial.testing.ts';

const OTHER = fromText('/srv/other');

/** {@link OTHER} is a file system of its own. */
class TwoFileSystems extends NodeFiles {
  override stat(file: number, into: Stat): void {
    super.stat(file, into);
    if (isOther(file)) into.device += 1;
  }

  override renameAt(source: NameAt, target: NameAt): void {
    if (isOther(source.folder) !== isOther(target.folder))
      throw new FileError({ code: 'EXDEV', call: 'renameat', path: source.name });
    super.renameAt(source, target);
  }
}

function isOther(file: number): boolean {
  return `${readlinkSync(`/proc/self/fd/${String(file)}`)}/`.includes(`${OTHER}/`);
}

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

  it('is gathered anew where its file went to another file system meanwhile', () => {
    trial = new Trial({ files: new TwoFileSystems(), folders: [FOLDER, OTHER] }).rooted();
    const large = Buffer.alloc(INLINE_BYTES_MAX + 1, 'large');
    const answer = () => ({ content: large, attributes: attributes(110) });
    trial.do({ kind: 'root', node: 3, folder: OTHER }, create(10, ROOT, 'f', large));
    const names = { name: fromText('f'), newName: fromText('f') };
    trial.do({ kind: 'rename', node: 10, parent: ROOT, newParent: 3, ...names });
    trial.answerAll(answer);
    expect(trial.statusOf(10)).toBe('Out of sync');
    trial.apply.repair({ kind: 'missing', parent: 3, entry: entry(10, 'f', large) });
    trial.answerAll(answer);
    expect(trial.statusOf(10)).toBe('Synchronized');
    expect(readFileSync(join(trial.base, OTHER, 'f')).equals(large)).toBe(true);
    expect(readdirSync(join(trial.base, 'srv/.understudy/shop/staging'))).toEqual([]);
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
