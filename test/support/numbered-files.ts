import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from './seeded-random.ts';

const FILES = 300;
/** Well below what travels inside a change: what is longer is pulled, and promised by other rules. */
const CONTENT_BYTES_MAX = 64 * 1024;
const REMOVALS = 0.15;
const PAUSE_MS_MAX = 12;

/**
 * What a file was at one time: the number of the operation that wrote it; `empty` between its making and its first
 * content, which who watches may see; or null where it was removed or not yet made.
 */
type NumberedState = number | 'empty' | null;

/**
 * A program that writes whole files, replaces them by rename and removes them, and knows every state
 * that each of its files ever had. So one can say of a copy whether it is older than it may be.
 */
export class NumberedFiles {
  readonly #folder: string;
  readonly #random: SeededRandom;
  /** Of each file all its states, oldest first. */
  readonly #states = Array.from({ length: FILES }, (): NumberedState[] => [null]);
  #operations = 0;

  /** @param folder - Made; nobody else works in it. */
  constructor(folder: string, random: SeededRandom) {
    this.#folder = folder;
    this.#random = random;
    fs.mkdirSync(folder);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#step();
      await pause(this.#random.integer(0, PAUSE_MS_MAX));
    }
  }

  /** After the folder went back in time with its disk: what lies there is now what was written last. */
  takeUp(): void {
    for (const [file, state] of observe(this.#folder).entries()) (this.#states[file] ?? []).push(state ?? null);
  }

  /** What a copy of the folder holds, file by file; undefined where a file is there and not whole. */
  static observe(folder: string): (NumberedState | undefined)[] {
    return observe(folder);
  }

  /**
   * Which files a copy holds in an older state than it must, or in one that never was, in words.
   * @param promised - What it is known to have held; undefined where nothing is known of the file.
   */
  broken(promised: readonly (NumberedState | undefined)[], found: readonly (NumberedState | undefined)[]): string[] {
    return promised.flatMap((must, file) => {
      const states = this.#states[file] ?? [];
      const is = found[file];
      if (must === undefined || (is !== undefined && states.lastIndexOf(is) >= states.indexOf(must))) return [];
      return [`file ${file}: ${said(is)} instead of ${said(must)} or newer (${states.slice(-6).map(said).join(', ')})`];
    });
  }

  #step(): void {
    const file = this.#random.integer(0, FILES - 1);
    const states = this.#states[file] as NumberedState[];
    const path = join(this.#folder, String(file));
    const isThere = fs.existsSync(path);
    const number = (this.#operations += 1);
    if (isThere && this.#random.chance(REMOVALS)) {
      states.push(null);
      fs.unlinkSync(path);
      return;
    }
    if (!isThere) states.push('empty');
    states.push(number);
    const target = isThere ? `${path}.new` : path;
    fs.writeFileSync(target, contentOf(number));
    if (isThere) fs.renameSync(target, path);
  }
}

function observe(folder: string): (NumberedState | undefined)[] {
  return Array.from({ length: FILES }, (_, file) => {
    let content: Buffer;
    try {
      content = fs.readFileSync(join(folder, String(file)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return null;
    }
    if (content.length === 0) return 'empty';
    const number = content.length >= 8 ? content.readDoubleLE(0) : 0;
    return content.equals(contentOf(number)) ? number : undefined;
  });
}

/** The same for the same number, and of a length that differs from number to number. */
function contentOf(number: number): Buffer {
  const length = 8 + ((number * 7919) % CONTENT_BYTES_MAX);
  const content = Buffer.alloc(length, `${number};`);
  content.writeDoubleLE(number, 0);
  return content;
}

function said(state: NumberedState | undefined): string {
  return state === undefined
    ? 'torn'
    : state === null
      ? 'no file'
      : typeof state === 'number'
        ? `number ${state}`
        : state;
}
