import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const OUTER_BYTES = 8192 * MIB;
const MEMORY_FOLDER = '/dev/shm';

/** Mounted and set up, newest last; none may outlive the tests. */
const undo = new Map<string, () => void>();
process.on('exit', () => {
  for (const [what, action] of [...undo].reverse()) attempt(what, action);
});

/**
 * Disks whose power can be cut. A disk is an image on an outer xfs with reflink; a cut is an atomic
 * clone (FICLONE) of the image: what a program wrote and did not sync is in the page cache of the
 * mounted disk, so the clone lacks it, as a real disk would.
 *
 * What this finds: data that was acknowledged and never synced. What it can't find: a forgotten sync
 * of a folder (a later fsync commits the whole log of ext4, xfs and btrfs), and the loss of a drive's
 * own cache, which the clone keeps. Needs root.
 */
export class PowerCutRig implements Disposable {
  readonly #top: string;
  readonly #outer: string;
  readonly #disks: CuttableDisk[] = [];

  constructor() {
    const memory = fs.existsSync(MEMORY_FOLDER) && freeBytes(MEMORY_FOLDER) > OUTER_BYTES ? MEMORY_FOLDER : tmpdir();
    this.#top = fs.mkdtempSync(join(memory, 'understudy-power-'));
    this.#outer = join(this.#top, 'outer');
    fs.mkdirSync(this.#outer);
    const image = join(this.#top, 'outer.img');
    fs.closeSync(fs.openSync(image, 'w'));
    fs.truncateSync(image, OUTER_BYTES);
    sh('mkfs.xfs', '-q', '-m', 'reflink=1', image);
    mount(loop(image), this.#outer);
  }

  /** A mounted disk of its own with ext4. */
  disk(options: { readonly sizeMib?: number; readonly mountOptions?: string } = {}): CuttableDisk {
    const place = join(this.#top, `disk-${this.#disks.length}`);
    const disk = new CuttableDisk({ outer: this.#outer, place, ...options });
    this.#disks.push(disk);
    return disk;
  }

  [Symbol.dispose](): void {
    for (const disk of this.#disks) disk.remove();
    // A namespace that somebody made meanwhile may still have our mounts, for as long as it lives.
    undo.get(this.#outer)?.();
    undo.delete(this.#outer);
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}

/** One disk. What works on it must be ended before {@link restore} and {@link remove}. */
export class CuttableDisk {
  /** Where it is mounted; stays the same after a cut. */
  readonly folder: string;
  readonly #outer: string;
  readonly #mountOptions: string;
  readonly #name: string;
  #image: string;
  #cuts = 0;

  constructor(options: { outer: string; place: string; sizeMib?: number; mountOptions?: string }) {
    const { outer, place, sizeMib = 1024, mountOptions = '' } = options;
    this.folder = place;
    this.#outer = outer;
    this.#mountOptions = mountOptions;
    this.#name = place.slice(place.lastIndexOf('/') + 1);
    this.#image = join(outer, `${this.#name}.img`);
    fs.mkdirSync(place);
    fs.closeSync(fs.openSync(this.#image, 'w'));
    fs.truncateSync(this.#image, sizeMib * MIB);
    sh('mkfs.ext4', '-q', '-b', '4096', '-E', 'lazy_itable_init=0,lazy_journal_init=0', this.#image);
    this.#mount(place);
  }

  /** The power is gone at this moment. What runs on the disk doesn't know yet; end it, then {@link restore}. */
  cut(): DiskAfterCut {
    const image = join(this.#outer, `${this.#name}-cut-${(this.#cuts += 1)}.img`);
    fs.copyFileSync(this.#image, image, fs.constants.COPYFILE_FICLONE_FORCE);
    return { image };
  }

  /** The disk holds from now on what was on it at the cut. The file system must be sound. */
  restore(after: DiskAfterCut): void {
    unmount(this.folder);
    fs.rmSync(this.#image);
    this.#image = after.image;
    // Mounting replays the journal; only then does fsck say something about the file system.
    this.#mount(this.folder);
    unmount(this.folder);
    sh('fsck.ext4', '-fn', this.#image);
    this.#mount(this.folder);
  }

  remove(): void {
    unmount(this.folder);
    fs.rmSync(this.#image, { force: true });
  }

  #mount(place: string): void {
    // Direct, so that a clone need not flush first; xfs asks for whole blocks in a file that shares some.
    mount(loop(this.#image, '--direct-io=on', '--sector-size=4096'), place, this.#mountOptions);
  }
}

/** An image as the power cut left it. */
export interface DiskAfterCut {
  readonly image: string;
}

/** The device of an image; gone when it is unmounted. */
function loop(image: string, ...options: string[]): string {
  return sh('losetup', '--find', '--show', ...options, image).trim();
}

function mount(device: string, folder: string, options = ''): void {
  try {
    sh('mount', ...(options === '' ? [] : ['-o', options]), device, folder);
  } finally {
    // Detached while mounted it goes with the mount.
    sh('losetup', '--detach', device);
  }
  undo.set(folder, () => sh('umount', '--lazy', folder));
}

function unmount(folder: string): void {
  if (!undo.has(folder)) return;
  sh('umount', folder);
  undo.delete(folder);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    process.stderr.write(`Left behind: ${what} (${String(error)})\n`);
  }
}

function sh(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
