import fs from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { ActiveDisk } from './active-disk.ts';
import { run } from './command.ts';

const FILES_DELETED_AT_ONCE_MAX = 100;

/** The folder in which a run happens; gone once it is disposed of. */
export class Workspace implements AsyncDisposable {
  readonly top = fs.mkdtempSync(join(os.tmpdir(), 'understudy-bench-'));
  #number = 0;
  #activeDisk: ActiveDisk | null = null;

  constructor() {
    // A daemon that protects a folder in it may be run by another user.
    fs.chmodSync(this.top, 0o755);
  }

  /** The path of something new, which is not made. */
  fresh(name: string): string {
    return this.#freshIn(this.top, name);
  }

  /** As {@link fresh}, for the active server and what it protects: on a file system of its own, as on a machine of its own. */
  freshOnActive(name: string): string {
    this.#activeDisk ??= ActiveDisk.make(this.top);
    return this.#freshIn(this.#activeDisk.folder, name);
  }

  /**
   * Takes a folder out of the way. Many files are not deleted before the end: right after the
   * deletion of a hundred thousand ext4 makes new ones several times slower.
   * @param files - about how many it holds.
   */
  async discard(folder: string, files: number): Promise<void> {
    if (!this.keeps(files)) await fs.promises.rm(folder, { recursive: true });
    else fs.renameSync(folder, this.#freshIn(dirname(folder), 'old'));
  }

  /** Does a discarded folder of so many files still take its room? */
  keeps(files: number): boolean {
    return files > FILES_DELETED_AT_ONCE_MAX;
  }

  /** @throws Error where the disk has less room than that. */
  needsRoom(bytes: number): void {
    const { bavail, bsize } = fs.statfsSync(this.top);
    if (bavail * bsize >= bytes) return;
    throw new Error(
      `This needs ${gib(bytes)} in ${os.tmpdir()}, and ${gib(bavail * bsize)} are free; TMPDIR names another place`,
    );
  }

  #freshIn(folder: string, name: string): string {
    return join(folder, `${name}-${(this.#number += 1)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#activeDisk?.remove();
    await fs.promises.rm(this.top, { recursive: true, force: true });
  }
}

/** Reads every file, so that the next to read them finds them in memory. */
export async function warm(...folders: readonly string[]): Promise<void> {
  await run('sh', ['-c', 'find "$@" -type f -exec cat {} + > /dev/null', 'sh', ...folders]);
}

/** Returns once everything of the file system that holds the folder is on the disk: syncfs(2). */
export async function flush(folder: string): Promise<void> {
  await run('sync', ['--file-system', folder]);
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
