import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { type Random, seededRandom } from '../kernel/random.ts';
import { RANGE_BYTES } from '../changes/change.ts';
import { Trial } from './trial.testing.ts';

const SEEDS = Number(process.env['CAPTURE_SEEDS'] ?? 4);
const FIRST_SEED = Number(process.env['CAPTURE_SEED'] ?? 1);
const OPERATIONS = 300;
const isRoot = process.getuid?.() === 0;

/** An application that does anything, anywhere, for the copy to follow. */
class Application {
  readonly #trial: Trial;
  readonly #random: Random;
  readonly #open: number[] = [];
  /** Does it also work outside what is protected? */
  readonly #border: boolean;

  constructor(trial: Trial, random: Random, border: boolean) {
    this.#border = border;
    this.#trial = trial;
    this.#random = random;
  }

  /** Does one thing; what can't be done is not done. */
  act(): void {
    const acts = ACTS;
    const act = acts[this.#upTo(acts.length)];
    try {
      act?.(this);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    }
  }

  end(): void {
    for (const file of this.#open.splice(0)) closeSync(file);
  }

  #upTo(count: number): number {
    return Math.floor(this.#random() * count);
  }

  path(): string {
    const folders = ['', 'a', 'b', 'a/c', 'a/c/d', 'b/e', ...(this.#border ? ['../outside', 'skip'] : [])];
    const folder = folders[this.#upTo(folders.length)] ?? '';
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', this.#border ? 'x.tmp' : 'h'];
    return this.#trial.path(`${folder}/${names[this.#upTo(names.length)]}`);
  }

  content(): Buffer {
    const most = [10, 10, 1000, 100_000, RANGE_BYTES + 10, 3 * RANGE_BYTES][this.#upTo(6)] ?? 10;
    return Buffer.alloc(1 + this.#upTo(most), String(this.#random()));
  }

  get worksAtBorder(): boolean {
    return this.#border;
  }

  /** Opens, writes, and leaves it open. */
  openAndWrite(): void {
    const file = openSync(this.path(), this.#random() < 0.5 ? 'a' : 'r+');
    this.#open.push(file);
    writeSync(file, this.content());
  }

  writeOpen(): void {
    const file = this.#open[this.#upTo(this.#open.length)];
    if (file !== undefined) writeSync(file, 'more');
  }

  closeOne(): void {
    const file = this.#open.shift();
    if (file !== undefined) closeSync(file);
  }

  number(most: number): number {
    return this.#upTo(most);
  }
}

const ACTS: ((app: Application) => void)[] = [
  (app) => writeFileSync(app.path(), app.content()),
  (app) => writeFileSync(app.path(), app.content()),
  (app) => appendFileSync(app.path(), app.content()),
  (app) => replace(app),
  (app) => replace(app),
  (app) => mkdirSync(app.path()),
  (app) => mkdirSync(app.path()),
  (app) => renameSync(app.path(), app.path()),
  (app) => renameSync(app.path(), app.path()),
  (app) => renameSync(app.path(), app.path()),
  (app) => renameSync(app.path(), app.path()),
  (app) => link(app),
  (app) => unlinkSync(app.path()),
  (app) => rmdirSync(app.path()),
  (app) => rmSync(app.path(), { recursive: true }),
  (app) => chmodSync(app.path(), 0o700 + app.number(64)),
  (app) => utimesSync(app.path(), app.number(1e9), app.number(1e9)),
  (app) => symlinkSync(`to${app.number(10)}`, app.path()),
  (app) => truncateSync(app.path(), app.number(2 * RANGE_BYTES)),
  (app) => app.openAndWrite(),
  (app) => app.writeOpen(),
  (app) => app.closeOne(),
];

function replace(app: Application): void {
  const aside = app.path();
  writeFileSync(aside, app.content());
  renameSync(aside, app.path());
}

/** A file that gets a name outside is lost sight of there, so the border and links are tried apart. */
function link(app: Application): void {
  if (!app.worksAtBorder) linkSync(app.path(), app.path());
}

let trial: Trial;

afterEach(() => trial.close());

describe.each(isRoot ? (['inotify', 'fanotify'] as const) : (['inotify'] as const))('%s', (kind) => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
    'leads to an equal copy, whatever an application does (seed %i)',
    (seed) => {
      const random = seededRandom(seed);
      trial = new Trial(kind, { exclude: ['/set/skip/**', '/set/**/*.tmp'] });
      mkdirSync(`${trial.base}/outside`);
      for (const folder of ['a/c/d', 'b/e', 'skip']) mkdirSync(trial.path(folder), { recursive: true });
      const app = new Application(trial, random, seed % 2 === 0);
      for (let n = 0; n < 40; n += 1) app.act();
      trial.begin();
      for (let n = 0; n < OPERATIONS; n += 1) {
        app.act();
        if (random() < 0.3) trial.turn();
        if (random() < 0.01) trial.settle();
      }
      app.end();
      // Inotify does not tell of files that are changed through a name in a folder it lost sight of.
      trial.pass(10_000);
      expect(trial.copy.lines()).toEqual(trial.lines());
      expect(trial.lost).toEqual([]);
    },
  );
});
