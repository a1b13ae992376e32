import fs from 'node:fs';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { attributeOperations } from './random-attributes.ts';
import { fillQueue, takeFormerNames } from './former-names.ts';
import { randomContent } from './random-content.ts';
import { isPlainFile, type Operation } from './random-operation.ts';
import { RandomTree } from './random-tree.ts';
import { move, writeWhole } from './tree-writes.ts';

const HELD_OPEN_MAX = 5;
const ITEMS_MORE_MAX = 1500;
const HISTORY_MAX = 5000;
const OWNERS_MAX = 5;
/** From 1906 to 2160. */
const TIMES_SECONDS = { min: -2_000_000_000, max: 6_000_000_000 } as const;
/** What an operation may answer because of what lies there; it then did nothing. */
const REFUSALS = new Set([
  'EEXIST',
  'ENOTEMPTY',
  'EISDIR',
  'ENOTDIR',
  'EINVAL',
  'ENOENT',
  'ENAMETOOLONG',
  'EMLINK',
  'ELOOP',
  'EPERM',
]);

/** Pair settings for a set under such operations: that most of it is deleted is no accident here. */
export const ANY_LOSS = { massLoss: { itemsMin: null } } as const;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: { weight: 20, act: create },
  replaceByRename: { weight: 8, act: replaceByRename },
  overwrite: { weight: 18, act: overwrite },
  append: { weight: 10, act: append },
  truncate: { weight: 5, act: truncate },
  makeFolder: { weight: 5, act: makeFolder },
  renameFile: { weight: 10, act: (tree) => rename(tree, tree.anyFile()) },
  renameFolder: { weight: 3, act: (tree) => rename(tree, tree.anyFolder()) },
  exchange: { weight: 2, act: exchange },
  link: { weight: 4, act: link },
  symlink: { weight: 3, act: symlink },
  unlink: { weight: 9, act: unlink },
  removeTree: { weight: 1, act: removeTree },
  chmod: { weight: 5, act: chmod },
  chown: { weight: 2, act: chown },
  setTime: { weight: 4, act: setTime },
  hold: { weight: 3, act: hold },
  writeHeld: { weight: 6, act: writeHeld },
  letGo: { weight: 3, act: letGo },
  ...attributeOperations,
};

/**
 * A program that does anything to a tree, the same for the same seed and the same tree. Works
 * synchronously; {@link run} paces it.
 */
export class RandomOperations {
  /** What was done, newest last. */
  readonly history: string[] = [];
  readonly #tree: RandomTree;
  readonly #names: readonly string[];
  readonly #itemsMax: number;

  /** Knows what lies in the tree already, and will change that too. */
  constructor(root: string, seed: number) {
    this.#tree = new RandomTree(root, seed);
    this.#itemsMax = this.#tree.itemCount + ITEMS_MORE_MAX;
    const isRoot = process.getuid?.() === 0;
    this.#names = Object.entries(OPERATIONS)
      .filter(([name, { forRoot }]) => isRoot || (name !== 'chown' && forRoot !== true))
      .flatMap(([name, { weight }]) => Array<string>(weight).fill(name));
  }

  /** Does `count` operations, `perSecond` of them where given, otherwise as fast as it can; less when aborted. */
  async run(options: {
    readonly count: number;
    readonly perSecond?: number;
    readonly signal?: AbortSignal;
  }): Promise<void> {
    const start = performance.now();
    for (let done = 0; done < options.count && options.signal?.aborted !== true; done++) {
      this.step();
      const dueMs = options.perSecond === undefined ? 0 : start + ((done + 1) * 1000) / options.perSecond;
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) await pause(earlyMs);
      else if (done % 16 === 0) await turn();
    }
    this.finish();
  }

  /** @param but - an operation that is not to be done. */
  step(but: string | null = null): void {
    const crowded = this.#tree.itemCount > this.#itemsMax;
    const picked = crowded ? 'unlink' : (this.#tree.random.pick(this.#names) ?? 'create');
    const name = picked === but ? 'create' : picked;
    this.#done(name, (OPERATIONS[name] as Operation).act);
    if (this.history.length > HISTORY_MAX) this.history.splice(0, HISTORY_MAX / 2);
  }

  /** Deletes that many items at once, or whole folders of them. */
  deleteMany(count: number): void {
    for (let done = 0; done < count; done++) {
      const name = done % 4 === 0 ? 'removeTree' : 'unlink';
      this.#done(name, (OPERATIONS[name] as Operation).act);
    }
  }

  /** Folders get other names, and something else the names they had. */
  takeFormerNames(): void {
    this.#done('takeFormerNames', takeFormerNames);
  }

  /** Writes more than a short queue holds. */
  fillQueue(): void {
    this.#done('fillQueue', fillQueue);
  }

  /** Closes what is still open. */
  finish(): void {
    for (const file of this.#tree.held.splice(0)) fs.closeSync(file);
  }

  #done(name: string, act: Operation['act']): void {
    this.history.push(`${name} ${this.#outcome(act)}`);
  }

  #outcome(act: Operation['act']): string {
    try {
      return JSON.stringify(act(this.#tree));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || !REFUSALS.has(code)) throw error;
      return code;
    }
  }
}

function create(tree: RandomTree): readonly string[] {
  const path = tree.anyPath();
  writeWhole(tree, path);
  return [path];
}

function replaceByRename(tree: RandomTree): readonly string[] {
  const path = tree.anyFile() ?? tree.anyPath();
  const temporary = tree.anyPath();
  writeWhole(tree, temporary);
  move(tree, temporary, path);
  return [temporary, path];
}

function overwrite(tree: RandomTree): readonly (string | null)[] {
  return withFile(tree, (file, sizeBytes) => {
    for (let writes = tree.random.integer(1, 4); writes > 0; writes--) {
      const content = randomContent(tree.random, tree.random.integer(1, 16_384));
      fs.writeSync(file, content, 0, content.length, tree.random.integer(0, sizeBytes));
    }
  });
}

function append(tree: RandomTree): readonly (string | null)[] {
  return withFile(tree, (file, sizeBytes) => {
    const content = randomContent(tree.random, tree.random.integer(1, 20_000));
    fs.writeSync(file, content, 0, content.length, sizeBytes);
  });
}

function truncate(tree: RandomTree): readonly (string | null)[] {
  return withFile(tree, (file, sizeBytes) => fs.ftruncateSync(file, tree.random.integer(0, sizeBytes * 2)));
}

function makeFolder(tree: RandomTree): readonly string[] {
  const path = tree.anyPath();
  if (!tree.isShallow(path)) return [];
  fs.mkdirSync(tree.absolute(path));
  tree.addFolder(path);
  return [path];
}

function rename(tree: RandomTree, from: string | null): readonly string[] {
  if (from === null) return [];
  const to = (tree.random.chance(0.4) ? tree.anyFile() : null) ?? tree.anyPath();
  if (!tree.isShallow(to)) return [];
  move(tree, from, to);
  return [from, to];
}

/** Two names change places by way of a third. */
function exchange(tree: RandomTree): readonly string[] {
  const [one, other] = [tree.anyFile(), tree.anyFile()];
  if (one === null || other === null || one === other) return [];
  const between = `${one.slice(0, one.lastIndexOf('/') + 1)}between`;
  move(tree, one, between);
  move(tree, other, one);
  move(tree, between, other);
  return [one, other];
}

function link(tree: RandomTree): readonly string[] {
  const [file, path] = [tree.anyFile(), tree.anyPath()];
  if (file === null) return [];
  fs.linkSync(tree.absolute(file), tree.absolute(path));
  tree.addFile(path);
  return [file, path];
}

function symlink(tree: RandomTree): readonly string[] {
  const path = tree.anyPath();
  fs.symlinkSync(Buffer.from(tree.anyFile() ?? 'nowhere', 'latin1'), tree.absolute(path));
  tree.addFile(path);
  return [path];
}

function unlink(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null) return [];
  tree.forget(path);
  fs.unlinkSync(tree.absolute(path));
  return [path];
}

function removeTree(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFolder();
  if (path === null) return [];
  fs.rmSync(tree.absolute(path), { recursive: true });
  tree.forget(path);
  return [path];
}

function chmod(tree: RandomTree): readonly (string | null)[] {
  const path = tree.random.chance(0.3) ? tree.anyFolder() : tree.anyFile();
  if (path === null || isLink(tree, path)) return [];
  const special = tree.random.chance(0.3) ? tree.random.integer(1, 7) * 0o1000 : 0;
  fs.chmodSync(tree.absolute(path), 0o700 | special | tree.random.integer(0, 0o77));
  return [path];
}

function chown(tree: RandomTree): readonly (string | null)[] {
  const path = tree.random.chance(0.3) ? tree.anyFolder() : tree.anyFile();
  if (path === null) return [];
  fs.lchownSync(tree.absolute(path), tree.random.integer(0, OWNERS_MAX), tree.random.integer(0, OWNERS_MAX));
  return [path];
}

function setTime(tree: RandomTree): readonly (string | null)[] {
  const path = tree.random.chance(0.3) ? tree.anyFolder() : tree.anyFile();
  if (path === null) return [];
  const seconds = tree.random.integer(TIMES_SECONDS.min, TIMES_SECONDS.max) + tree.random.fraction();
  fs.lutimesSync(tree.absolute(path), seconds, seconds);
  return [path];
}

/** Opens a file that stays open: its writes come without a close. */
function hold(tree: RandomTree): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null || tree.held.length >= HELD_OPEN_MAX || !isPlainFile(tree, path)) return [];
  tree.held.push(fs.openSync(tree.absolute(path), 'r+'));
  return [path];
}

function writeHeld(tree: RandomTree): readonly string[] {
  const file = tree.random.pick(tree.held);
  if (file === undefined) return [];
  const content = randomContent(tree.random, tree.random.integer(1, 8192));
  fs.writeSync(file, content, 0, content.length, tree.random.integer(0, fs.fstatSync(file).size));
  return [];
}

function letGo(tree: RandomTree): readonly string[] {
  const file = tree.held.shift();
  if (file !== undefined) fs.closeSync(file);
  return [];
}

/** Opens a file, but never through a symbolic link, which may lead out of the tree. */
function withFile(tree: RandomTree, act: (file: number, sizeBytes: number) => void): readonly (string | null)[] {
  const path = tree.anyFile();
  if (path === null || !isPlainFile(tree, path)) return [];
  const file = fs.openSync(tree.absolute(path), fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
  try {
    act(file, fs.fstatSync(file).size);
  } finally {
    fs.closeSync(file);
  }
  return [path];
}

function isLink(tree: RandomTree, path: string): boolean {
  return fs.lstatSync(tree.absolute(path)).isSymbolicLink();
}
