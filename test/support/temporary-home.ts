import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from './remove-tree.ts';

/** A folder for one server of a trial, in which disks may be mounted: declare it before them, so that it goes after them. */
export class TemporaryHome implements Disposable {
  readonly folder = fs.mkdtempSync(join(tmpdir(), 'understudy-home-'));

  [Symbol.dispose](): void {
    removeTree(this.folder);
  }
}
