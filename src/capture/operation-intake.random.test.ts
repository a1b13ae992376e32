import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unpackExtended } from '../changes/extended.ts';
import { must } from '../kernel/assert.ts';
import { fromText } from '../kernel/byte-string.ts';
import { madeWhole } from './made-whole.ts';
import { ITS_ROOT, type Operation } from './operation.ts';
import { aboutPath, silent } from './operation.testing.ts';
import { NOTHING } from './shadow.ts';
import { Trial } from './trial.testing.ts';

const SEEDS = 30;
const STEPS = 300;
const NAMES = 8;
const DEPTH_MAX = 3;
const ROOT = fromText('/set');

/** mulberry32 */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Does something on the disk, and says what it did as interception would. */
class Worker {
  readonly done: Operation[] = [];
  /** The copy does not begin with what files carry by then. */
  mayCarry = false;
  readonly #trial: Trial;
  readonly #top: string;
  readonly #random: (below: number) => number;

  constructor(trial: Trial, random: (below: number) => number) {
    this.#trial = trial;
    this.#top = trial.root;
    this.#random = random;
  }

  step(): void {
    const acts = [this.#make, this.#whole, this.#write, this.#write, this.#cut, this.#copy, this.#chmod];
    const more = [this.#folder, this.#link, this.#symlink, this.#rename, this.#rename, this.#exchange, this.#remove];
    const all = [...acts, ...more, this.#carry, this.#carry];
    try {
      all[this.#random(all.length)]?.call(this);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  /** A path that something may have. */
  #path(): string {
    let path = this.#top;
    for (let depth = 1 + this.#random(DEPTH_MAX); depth > 0; depth--) {
      path = join(path, `n${this.#random(NAMES)}`);
      if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) break;
    }
    return path;
  }

  #at(path: string): { folder: number; name: ReturnType<typeof fromText> } {
    const folder = dirname(path);
    const name = fromText(path.slice(folder.length + 1));
    return { folder: folder === this.#top ? ITS_ROOT : aboutPath(folder).node, name };
  }

  #made(path: string, content: Uint8Array = NOTHING): void {
    this.done.push({ kind: 'make', ...aboutPath(path), ...this.#at(path), content });
  }

  #make(): void {
    const path = this.#path();
    fs.closeSync(fs.openSync(path, 'wx'));
    this.#made(path);
  }

  /** A file as it is mostly made: written from its beginning, and given its attributes. */
  #whole(): void {
    const path = this.#path();
    const file = fs.openSync(path, 'wx');
    this.#made(path);
    for (let [part, offset] = [this.#random(3), 0]; part >= 0; part--) {
      const content = Buffer.alloc(1 + this.#random(3000), `${this.#random(1_000_000)};`);
      fs.writeSync(file, content, 0, content.length, offset);
      this.done.push({ kind: 'write', ...aboutPath(path), offset, content });
      offset += content.length;
    }
    fs.fchmodSync(file, 0o600 + this.#random(0o100));
    this.done.push({ kind: 'attributes', ...aboutPath(path) });
    fs.closeSync(file);
  }

  #folder(): void {
    const path = this.#path();
    fs.mkdirSync(path);
    this.#made(path);
  }

  #symlink(): void {
    const path = this.#path();
    const target = `to-${this.#random(1000)}`;
    fs.symlinkSync(target, path);
    this.#made(path, Buffer.from(target));
  }

  #write(): void {
    const path = this.#path();
    const file = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
    const offset = this.#random(5000);
    const content = Buffer.alloc(1 + this.#random(3000), `${this.#random(1_000_000)};`);
    fs.writeSync(file, content, 0, content.length, offset);
    fs.closeSync(file);
    this.done.push({ kind: 'write', ...aboutPath(path), offset, content });
  }

  #cut(): void {
    const path = this.#path();
    if (!fs.lstatSync(path).isFile()) return;
    fs.truncateSync(path, this.#random(4000));
    this.done.push({ kind: 'write', ...aboutPath(path), offset: 0, content: NOTHING });
  }

  #copy(): void {
    const [from, to] = [this.#path(), this.#path()];
    if (!fs.lstatSync(from).isFile() || !fs.lstatSync(to).isFile()) return;
    const content = fs.readFileSync(from).subarray(this.#random(100));
    const file = fs.openSync(to, 'r+');
    const offset = this.#random(3000);
    fs.writeSync(file, content, 0, content.length, offset);
    fs.closeSync(file);
    this.done.push({ kind: 'copy', ...aboutPath(to), offset, length: content.length });
  }

  #chmod(): void {
    const path = this.#path();
    if (fs.lstatSync(path).isSymbolicLink()) return;
    fs.chmodSync(path, 0o600 + this.#random(0o100));
    this.done.push({ kind: 'attributes', ...aboutPath(path) });
  }

  #link(): void {
    const [from, to] = [this.#path(), this.#path()];
    fs.linkSync(from, to);
    this.done.push({ kind: 'link', ...aboutPath(to), ...this.#at(to) });
  }

  #rename(): void {
    const [from, to] = [this.#path(), this.#path()];
    const { node } = aboutPath(from);
    const [was, willBe] = [this.#at(from), this.#at(to)];
    if (node === fs.lstatSync(to, { throwIfNoEntry: false })?.ino) return;
    fs.renameSync(from, to);
    const places = { ...was, newFolder: willBe.folder, newName: willBe.name };
    this.done.push({ kind: 'rename', root: ROOT, node, ...places, exchange: false });
  }

  #exchange(): void {
    const [from, to] = [this.#path(), this.#path()];
    const { node } = aboutPath(from);
    const [was, willBe] = [this.#at(from), this.#at(to)];
    if (node === aboutPath(to).node || `${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`)) return;
    const aside = join(dirname(this.#top), 'aside');
    fs.renameSync(from, aside);
    fs.renameSync(to, from);
    fs.renameSync(aside, to);
    const places = { ...was, newFolder: willBe.folder, newName: willBe.name };
    this.done.push({ kind: 'rename', root: ROOT, node, ...places, exchange: true });
  }

  #carry(): void {
    const path = this.#path();
    if (!this.mayCarry || fs.lstatSync(path).isSymbolicLink()) return;
    const file = fs.openSync(path, 'r');
    this.#trial.files.setXattr(file, fromText(`user.${this.#random(3)}`), fromText(String(this.#random(1000))));
    fs.closeSync(file);
    this.done.push({ kind: 'extended', ...aboutPath(path) });
  }

  #remove(): void {
    const path = this.#path();
    const { node } = aboutPath(path);
    const at = this.#at(path);
    if (fs.lstatSync(path).isDirectory()) fs.rmdirSync(path);
    else fs.unlinkSync(path);
    this.done.push({ kind: 'remove', root: ROOT, node, ...at });
  }
}

/** What is made and written right behind that, as one operation. */
function gathered(operations: readonly Operation[], areGathered: boolean): Operation[] {
  const gathered: Operation[] = [];
  for (const operation of operations) {
    const last = gathered.at(-1);
    const whole = areGathered && last?.kind === 'make' ? madeWhole(last, operation) : null;
    if (whole === null) gathered.push(operation);
    else gathered[gathered.length - 1] = whole;
  }
  return gathered;
}

/** Extended attributes of all files and folders: as they were told, and as they are on the disk. */
function carried({ tree, files, copy, base }: Trial): { readonly told: object; readonly there: object } {
  const told: Record<string, string[]> = {};
  const there: Record<string, string[]> = {};
  for (const node of tree.nodes) {
    if (node.parent === null || node.type === 'symlink') continue;
    const path = must(tree.pathOf(node), 'it is in the tree');
    const { extended } = must(copy.nodes.get(node.id), 'it is in the copy').attributes;
    const { xattrs, isUntold } = must(unpackExtended(extended ?? fromText('')), 'what it carries');
    told[path] = isUntold === true ? ['untold'] : [...xattrs].map(String);
    const file = fs.openSync(join(base, path), 'r');
    const names = [...files.listXattrs(file)].sort();
    there[path] = names.map((name) => String([name, files.getXattr(file, name)]));
    fs.closeSync(file);
  }
  return { told, there };
}

describe('operations', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'give the tree that is on the disk, however far it is ahead of them, whatever was looked at meanwhile (seed %i)',
    (seed) => {
      const random = randomOf(seed);
      const trial = new Trial('inotify', {}, silent);
      const worker = new Worker(trial, random);
      const take = (count: number): void => {
        for (const operation of gathered(worker.done.splice(0, count), seed % 2 === 0)) {
          trial.capture.operations.take(operation);
        }
      };
      const looksAllowed = seed % 3 !== 0;
      try {
        for (let step = 0; step < STEPS / 3; step++) worker.step();
        trial.begin();
        worker.mayCarry = true;
        // What was done before the walk comes again.
        for (let step = 0; step < STEPS; step++) {
          worker.step();
          if (random(3) === 0) take(random(8));
          if (worker.done.length === 0) expect(trial.capture.operations.settle()).toBe(true);
          if (random(10) === 0) trial.turn();
          if (!looksAllowed || random(20) !== 0) continue;
          const nodes = [...trial.tree.nodes].filter(({ type }) => type === 'folder');
          const folder = nodes[random(nodes.length)];
          if (folder !== undefined) trial.capture.look(folder, fromText(`n${random(NAMES)}`));
        }
        take(Number.POSITIVE_INFINITY);
        expect(trial.capture.operations.settle()).toBe(true);
        trial.settle();
        expect(trial.lost).toEqual([]);
        expect(trial.copy.lines()).toEqual(trial.lines());
        const { told, there } = carried(trial);
        expect(told).toEqual(there);
      } finally {
        trial.close();
      }
    },
  );
});
