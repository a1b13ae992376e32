import fs from 'node:fs';
import { randomName } from './random-content.ts';
import { SeededRandom } from './seeded-random.ts';

const FOLDER_DEPTH_MAX = 6;
const FILE_NAME_TRIES = 3;

/** A real tree and what a program that changes it at random believes to be there. Paths are relative, one byte in each character. */
export class RandomTree {
  readonly random: SeededRandom;
  /** Open files that are being written. */
  readonly held: number[] = [];
  readonly #root: Buffer;
  #folders: string[] = [];
  #files: string[] = [];

  constructor(root: string, seed: number) {
    this.random = new SeededRandom(seed);
    this.#root = Buffer.from(`${root}/`);
    this.learn('');
  }

  get itemCount(): number {
    return this.#folders.length + this.#files.length;
  }

  absolute(path: string): Buffer {
    return Buffer.concat([this.#root, Buffer.from(path, 'latin1')]);
  }

  /** Whatever is no folder. Null where there is none. */
  anyFile(): string | null {
    return this.random.pick(this.#files) ?? null;
  }

  /** Not the root. Null where there is none. */
  anyFolder(): string | null {
    for (let tries = 0; tries < FILE_NAME_TRIES; tries++) {
      const folder = this.random.pick(this.#folders) ?? '';
      if (folder !== '') return folder;
    }
    return null;
  }

  /** A path that may or may not hold something. */
  anyPath(): string {
    const folder = this.random.pick(this.#folders) ?? '';
    return folder === '' ? randomName(this.random) : `${folder}/${randomName(this.random)}`;
  }

  /** Could a folder stand there without the tree growing too deep? */
  isShallow(path: string): boolean {
    return path.split('/').length <= FOLDER_DEPTH_MAX;
  }

  addFile(path: string): void {
    if (!this.#files.includes(path)) this.#files.push(path);
  }

  addFolder(path: string): void {
    if (!this.#folders.includes(path)) this.#folders.push(path);
  }

  /** Forgets a path and all below it. */
  forget(path: string): void {
    const stays = (one: string): boolean => one !== path && !one.startsWith(`${path}/`);
    const isFolder = this.#folders.includes(path);
    this.#files = this.#files.filter(isFolder ? stays : (one) => one !== path);
    if (isFolder) this.#folders = this.#folders.filter(stays);
  }

  /** Reads in what lies there. */
  learn(path: string): void {
    this.addFolder(path);
    const folder = this.absolute(path);
    for (const entry of fs.readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('latin1');
      const child = path === '' ? name : `${path}/${name}`;
      if (name === '.understudy') continue;
      if (entry.isDirectory()) this.learn(child);
      else if (!entry.isSocket()) this.#files.push(child);
    }
  }
}
