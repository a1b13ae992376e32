import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIB = 1024 * 1024;

/** Kinds of file systems, each with the smallest size that its own program makes. */
const KINDS = {
  xfs: { sizeMib: 320, make: ['mkfs.xfs', '-q'] },
  btrfs: { sizeMib: 160, make: ['mkfs.btrfs', '-q'] },
} as const;

/** Mounted at the moment; none may outlive the tests. */
const mounted = new Set<LoopDisk>();
process.on('exit', () => {
  for (const disk of mounted) disk[Symbol.dispose]();
});

/** An empty file system of some kind, in a file. Needs root. */
export class LoopDisk implements Disposable {
  readonly folder: string;
  readonly #top: string;

  constructor(kind: keyof typeof KINDS) {
    const { sizeMib, make } = KINDS[kind];
    const [program, ...args] = make;
    this.#top = fs.mkdtempSync(join(tmpdir(), `understudy-${kind}-`));
    this.folder = join(this.#top, 'disk');
    const image = join(this.#top, 'image');
    fs.mkdirSync(this.folder);
    fs.writeFileSync(image, '');
    fs.truncateSync(image, sizeMib * MIB);
    execFileSync(program, [...args, image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, this.folder]);
    mounted.add(this);
  }

  [Symbol.dispose](): void {
    if (!mounted.delete(this)) return;
    execFileSync('umount', ['--lazy', this.folder]);
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}
