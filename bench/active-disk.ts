import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

const SIZE_BYTES = 16 * 1024 ** 3;

/**
 * A file system for the active server alone (ext4 in a file, mounted). Two servers never share one:
 * where they do, each is told of all that the other writes, and pays for it.
 */
export class ActiveDisk {
  readonly folder: string;
  readonly #isMounted: boolean;

  private constructor(folder: string, isMounted: boolean) {
    this.folder = folder;
    this.#isMounted = isMounted;
  }

  /** A plain folder for who may not mount. @param top - holds image and mount point. */
  static make(top: string): ActiveDisk {
    const folder = join(top, 'active-disk');
    fs.mkdirSync(folder);
    if (process.getuid?.() !== 0) return new ActiveDisk(folder, false);
    const image = join(top, 'active-disk.img');
    fs.closeSync(fs.openSync(image, 'w'));
    fs.truncateSync(image, SIZE_BYTES);
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0', image]);
    execFileSync('mount', ['-o', 'loop', image, folder]);
    return new ActiveDisk(folder, true);
  }

  remove(): void {
    if (this.#isMounted) execFileSync('umount', [this.folder]);
  }
}
