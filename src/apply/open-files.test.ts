import fs from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Stat } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, create, ROOT, Trial } from './trial.testing.ts';

/** Counts what is open, and refuses some calls while it is told to. */
class CountedFiles extends NodeFiles {
  open = 0;
  refused: 'mkdir' | 'stat' | null = null;
  override openAt(folder: number, name: ByteString, flags: number, mode?: number): number {
    const file = super.openAt(folder, name, flags, mode);
    this.open += 1;
    return file;
  }
  override close(file: number): void {
    this.open -= 1;
    super.close(file);
  }
  override openFolderAt(folder: number, name: ByteString): number {
    this.open += 1;
    return super.openFolderAt(folder, name);
  }
  override makeFolderAt(folder: number, name: ByteString, mode: number): void {
    if (this.refused === 'mkdir') throw new FileError({ code: 'EROFS', call: 'mkdir', path: '' });
    super.makeFolderAt(folder, name, mode);
  }
  override stat(file: number, into: Stat): void {
    if (this.refused === 'stat') throw new FileError({ code: 'EIO', call: 'statx', path: '' });
    super.stat(file, into);
  }
}

let files: CountedFiles;
let trial: Trial;
beforeEach(() => {
  files = new CountedFiles();
  trial = new Trial({ files }).rooted();
});
afterEach(() => trial.end());

it.each(['mkdir', 'stat'] as const)(
  'a file that cannot be changed because of a failed %s is not left open',
  (refused) => {
    trial.do(create(10, ROOT, 'a', 'one'));
    trial.checkpoint();
    // A stranger's content is to be kept before it is replaced.
    fs.writeFileSync(trial.path('a'), 'a stranger was here');
    const before = files.open;
    files.refused = refused;
    trial.do({ kind: 'content', node: 10, attributes: attributes(4), content: Buffer.from('two') });
    expect(trial.statusOf(10)).toBe('Out of sync');
    expect(files.open).toBe(before);
  },
);
