import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1024 * 1024;
/** So much of a disk is filled by writing, for only that tells what still fits. */
const LAST_BYTES = 8 * MIB;

/** Mounted at the moment; none may outlive the tests. */
const mounted = new Set<SmallDisk>();
process.on('exit', () => {
  for (const disk of mounted) disk[Symbol.dispose]();
});

/** A mounted file system (ext4 in a file) small enough to be filled. Needs root. */
export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #top: string;
  readonly #image: string;
  readonly #filler: string;

  /** @param at - Where it is mounted; made where it is missing. */
  constructor(sizeMib: number, at?: string) {
    this.#top = fs.mkdtempSync(join(tmpdir(), 'understudy-small-'));
    this.folder = at ?? join(this.#top, 'disk');
    this.#image = join(this.#top, 'disk.img');
    this.#filler = join(this.folder, 'filler');
    fs.mkdirSync(this.folder, { recursive: true });
    fs.closeSync(fs.openSync(this.#image, 'w'));
    fs.truncateSync(this.#image, sizeMib * MIB);
    // Nothing kept back for root: full means full.
    execFileSync('mkfs.ext4', ['-q', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', this.#image]);
    execFileSync('mount', ['-o', 'loop', this.#image, this.folder]);
    mounted.add(this);
  }

  get freeBytes(): number {
    const { bavail, bsize } = fs.statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Somebody else takes the space, all but so much. */
  fill(leaveBytes = 0): void {
    const quick = this.freeBytes - leaveBytes - LAST_BYTES;
    if (quick > 0) execFileSync('fallocate', ['--length', String(quick), this.#filler]);
    const file = fs.openSync(this.#filler, 'a');
    try {
      for (let chunk = 4 * MIB; chunk >= 1; ) {
        const left = this.freeBytes - leaveBytes;
        if (left <= 0 && leaveBytes > 0) return;
        if (leaveBytes > 0) chunk = Math.min(chunk, left);
        if (!append(file, chunk)) chunk = Math.floor(chunk / 2);
      }
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  }

  /** What {@link fill} took is free again. */
  empty(): void {
    fs.rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    if (!mounted.delete(this)) return;
    execFileSync('umount', ['--lazy', this.folder]);
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}

function append(file: number, bytes: number): boolean {
  try {
    return fs.writeSync(file, Buffer.alloc(bytes, 1)) === bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
