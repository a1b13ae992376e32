import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const MIB = 1024 * 1024;
/** So much of a disk is filled by writing, for only that tells what still fits. */
const LAST_BYTES = 8 * MIB;

/** Of a thin disk: more than the file system needs for itself. */
const TAKEN_MIB = 24;

/** Mounted at the moment; none may outlive the tests. */
const mounted = new Set<SmallDisk>();
process.on('exit', () => {
  for (const disk of mounted) disk[Symbol.dispose]();
});

/** A mounted file system (ext4 in a file) small enough to be filled. Needs root. */
export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #top: string;
  #image: string;
  readonly #filler: string;

  /**
   * @param at - Where it is mounted; made where it is missing. @param promiser - see {@link thin}.
   * @param blockBytes - Of the file system; by default what mkfs takes, 1024 for all that are small.
   */
  constructor(sizeMib: number, at?: string, promiser: SmallDisk | null = null, blockBytes: number | null = null) {
    this.#top = fs.mkdtempSync(join(promiser?.folder ?? tmpdir(), 'understudy-small-'));
    const layout = promiser === null ? '' : 'packed_meta_blocks=1,';
    this.folder = at ?? join(this.#top, 'disk');
    this.#image = join(this.#top, 'disk.img');
    this.#filler = join(this.folder, 'filler');
    fs.mkdirSync(this.folder, { recursive: true });
    fs.closeSync(fs.openSync(this.#image, 'w'));
    fs.truncateSync(this.#image, sizeMib * MIB);
    // Nothing kept back for root: full means full.
    const how = ['-q', '-m', '0', '-I', '256', ...(blockBytes === null ? [] : ['-b', String(blockBytes)])];
    execFileSync('mkfs.ext4', [...how, '-E', `${layout}lazy_itable_init=0,lazy_journal_init=0`, this.#image]);
    if (promiser !== null) this.#takeFirst(TAKEN_MIB * MIB);
    this.#mount();
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

  /**
   * A disk that takes less than it promised: once `promiser` is full, what is written here is accepted and lost when
   * the kernel writes it out. What a file system needs for itself is taken at once.
   */
  static thin(promiser: SmallDisk, sizeMib: number, at: string): SmallDisk {
    return new SmallDisk(sizeMib, at, promiser);
  }

  /** The space for what the file system needs for itself, at the beginning of the disk, is taken and not only promised. */
  #takeFirst(bytes: number): void {
    const image = fs.openSync(this.#image, 'r+');
    const content = Buffer.alloc(bytes);
    fs.readSync(image, content, 0, bytes, 0);
    fs.writeSync(image, content, 0, bytes, 0);
    fs.fsyncSync(image);
    fs.closeSync(image);
  }

  /** The kernel meets an error in it and makes it read-only for good, whatever is open. */
  fail(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', this.folder], { encoding: 'utf8' }).trim();
    fs.writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
  }

  /** As after {@link fail}: what is still readable is brought to another disk, checked, and mounted in its place. */
  repair(): void {
    const repaired = `${this.#image}.repaired`;
    execFileSync('cp', ['--sparse=always', this.#image, repaired]);
    execFileSync('sh', ['-c', 'e2fsck -fy "$0" > "$0.log" || [ $? -eq 1 ]', repaired]);
    execFileSync('umount', ['--lazy', this.folder]);
    this.#image = repaired;
    this.#mount();
  }

  /** Nobody uses it: the kernel forgets all it remembers of it. */
  remountAfresh(): void {
    execFileSync('umount', [this.folder]);
    this.#mount();
  }

  /** In the usual way: refused while something is open for writing. */
  remount(how: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${how}`, this.folder]);
  }

  #mount(): void {
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', this.#image, this.folder]);
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
