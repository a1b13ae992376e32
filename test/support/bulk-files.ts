import fs from 'node:fs';
import { join } from 'node:path';
import { sync } from './sync.ts';

const FOLDER_FILES = 100;
const CONTENT_BYTES_MIN = 8;
const CONTENT_BYTES_MAX = 48 * 1024;

/** Many files that a program writes all at once, again and again, each time in the next generation. */
export class BulkFiles {
  readonly count: number;
  readonly #name: string;
  #generation = 0;

  /** @param name - of the folder, in whatever tree it lies. */
  constructor(name: string, count: number) {
    this.#name = name;
    this.count = count;
  }

  /** Writes the next generation into a tree, in place, and makes it durable there. */
  write(tree: string): void {
    this.#generation += 1;
    for (let file = 0; file < this.count; file++) {
      const path = this.#path(tree, file);
      if (file % FOLDER_FILES === 0) fs.mkdirSync(join(path, '..'), { recursive: true });
      fs.writeFileSync(path, contentOf(file, this.#generation));
    }
    sync(join(tree, this.#name));
  }

  /** Does a tree hold the newest generation of this file? */
  isNew(tree: string, file: number): boolean {
    return this.#generationOf(tree, file) === this.#generation;
  }

  /** How many files of a tree are of the newest generation, and how many of none at all, though they are there. */
  counts(tree: string): { readonly newest: number; readonly torn: number } {
    const found = Array.from({ length: this.count }, (_, file) => this.#generationOf(tree, file));
    return {
      newest: found.filter((generation) => generation === this.#generation).length,
      torn: found.filter((generation) => generation === 'torn').length,
    };
  }

  #generationOf(tree: string, file: number): number | 'missing' | 'torn' {
    let content: Buffer;
    try {
      content = fs.readFileSync(this.#path(tree, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return 'missing';
    }
    const generation = content.length >= CONTENT_BYTES_MIN ? content.readDoubleLE(0) : 0;
    return content.equals(contentOf(file, generation)) ? generation : 'torn';
  }

  #path(tree: string, file: number): string {
    return join(tree, this.#name, `folder-${String(Math.floor(file / FOLDER_FILES))}`, `file-${String(file)}`);
  }
}

function contentOf(file: number, generation: number): Buffer {
  const length = CONTENT_BYTES_MIN + ((file * 7919 + Math.trunc(generation) * 104_729) % CONTENT_BYTES_MAX);
  const content = Buffer.alloc(length, `${String(file)}:${String(generation)};`);
  content.writeDoubleLE(generation, 0);
  return content;
}
