import fs from 'node:fs';
import type { SeededRandom } from '../support/seeded-random.ts';

const HELD_MAX = 4;

/**
 * Keeps files of a tree open for writing. In this process: a lease tells of open files, whoever has
 * them, and closing one is no notice that the guard listens to.
 */
export class FileHolders {
  readonly #held: { readonly path: string; readonly file: number }[] = [];

  /** One more file, or one less. @returns what, in words. */
  act(root: string, random: SeededRandom): string {
    const files = fs
      .readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((path) => `${root}/${path}`)
      .filter((path) => fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
      .sort();
    const path = random.pick(files);
    if (path === undefined || this.#held.length >= HELD_MAX || random.chance(0.3)) return this.#letGoOne();
    try {
      this.#held.push({ path, file: fs.openSync(path, 'r+') });
      return `hold ${JSON.stringify(path)}`;
    } catch (error) {
      // An immutable file can't be held so.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
      return `hold refused ${JSON.stringify(path)}`;
    }
  }

  letGo(): void {
    while (this.#held.length > 0) this.#letGoOne();
  }

  #letGoOne(): string {
    const one = this.#held.shift();
    if (one === undefined) return 'hold nothing';
    fs.closeSync(one.file);
    return `let go ${JSON.stringify(one.path)}`;
  }
}
