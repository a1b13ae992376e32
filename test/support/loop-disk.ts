import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1024 * 1024;

/** Kinds of file systems, each with the smallest size that its own program makes. */
const KINDS = {
  xfs: { sizeMib: 320, make: ['mkfs.xfs', '-q'], mount: ['mount'] },
  btrfs: { sizeMib: 160, make: ['mkfs.btrfs', '-q'], mount: ['mount'] },
  // By FUSE, for few kernels of virtual machines have a FAT of their own.
  exfat: { sizeMib: 64, make: ['mkfs.exfat'], mount: ['mount.exfat-fuse', '-o', 'fmask=133,dmask=022'] },
} as const;

export type DiskKind = keyof typeof KINDS;

/** Mounted at the moment; none may outlive the tests. */
const mounted = new Set<LoopDisk>();
process.on('exit', () => {
  for (const disk of mounted) disk[Symbol.dispose]();
});

/** An empty file system of some kind, in a file. Needs root. */
export class LoopDisk implements Disposable {
  readonly folder: string;
  readonly #top: string;
  readonly #device: string;

  /** @param at - where it is mounted; made where it is missing. */
  constructor(kind: DiskKind, at?: string) {
    const { sizeMib, make, mount } = KINDS[kind];
    this.#top = fs.mkdtempSync(join(tmpdir(), `understudy-${kind}-`));
    this.folder = at ?? join(this.#top, 'disk');
    const image = join(this.#top, 'image');
    fs.mkdirSync(this.folder, { recursive: true });
    fs.writeFileSync(image, '');
    fs.truncateSync(image, sizeMib * MIB);
    run(make, image);
    this.#device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
    run(mount, this.#device, this.folder);
    mounted.add(this);
  }

  [Symbol.dispose](): void {
    if (!mounted.delete(this)) return;
    execFileSync('umount', ['--lazy', this.folder]);
    // Gone once nobody uses it.
    execFileSync('losetup', ['--detach', this.#device]);
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}

function run([program = '', ...args]: readonly string[], ...more: readonly string[]): void {
  execFileSync(program, [...args, ...more], { stdio: 'ignore' });
}
