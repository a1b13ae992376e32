import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { MountedFolder } from '../test/support/mounted-folder.ts';
import { figuresOfProcess } from '../test/support/process-figures.ts';
import type { Bench } from './benchmark.ts';
import { number, paragraphs } from './markdown.ts';
import { type Comparison, comparisonTable, takeTurns } from './paired.ts';

const DISK_MIB = 4096;
const KIB = 1024;
const MIB = 1024 * KIB;
const COMMIT_BYTES = 8 * KIB;
const COMMITS = 500;
const READ_BYTES = 4 * KIB;
const READS = 50_000;
const READ_FILE_BYTES = 64 * MIB;
const WRITTEN_BYTES = 256 * MIB;
const SMALL_FILES = 1000;
const SMALL_BYTES = 2 * KIB;
const SMALL_FILES_A_FOLDER = 50;

type Place = 'ours' | 'native' | 'bindfs';
const PLACES: readonly Place[] = ['ours', 'native', 'bindfs'];

/** One thing that applications do, in a folder that is new each time. */
interface Work {
  readonly name: string;
  /** Not measured. */
  prepare?(folder: string): void;
  act(folder: string): void;
}

const WORKS: readonly Work[] = [
  {
    name: `${COMMITS} writes of 8 KiB, each with fdatasync`,
    act: (folder) =>
      onFile(join(folder, 'log'), (file) => {
        const data = Buffer.alloc(COMMIT_BYTES, 7);
        for (let commit = 0; commit < COMMITS; commit += 1) {
          fs.writeSync(file, data);
          fs.fdatasyncSync(file);
        }
      }),
  },
  {
    name: `${READS} random reads of 4 KiB from memory`,
    prepare: (folder) => {
      fs.writeFileSync(join(folder, 'read'), Buffer.alloc(READ_FILE_BYTES, 7));
      fs.readFileSync(join(folder, 'read'));
    },
    act: (folder) =>
      onFile(join(folder, 'read'), (file) => {
        const into = Buffer.alloc(READ_BYTES);
        const blocks = READ_FILE_BYTES / READ_BYTES;
        for (let read = 0; read < READS; read += 1) {
          fs.readSync(file, into, 0, READ_BYTES, ((read * 7919) % blocks) * READ_BYTES);
        }
      }),
  },
  {
    name: `${WRITTEN_BYTES / MIB} MiB written in pieces of 1 MiB`,
    act: (folder) =>
      onFile(join(folder, 'large'), (file) => {
        const data = Buffer.alloc(MIB, 7);
        for (let written = 0; written < WRITTEN_BYTES; written += MIB) fs.writeSync(file, data);
        fs.fdatasyncSync(file);
      }),
  },
  { name: `${SMALL_FILES} small files made`, act: makeSmallFiles },
  {
    name: `${SMALL_FILES} small files found and read`,
    prepare: makeSmallFiles,
    act: (folder) => {
      for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) fs.readFileSync(join(entry.parentPath, entry.name));
      }
    },
  },
  {
    name: `${SMALL_FILES} small files deleted`,
    prepare: makeSmallFiles,
    act: (folder) => fs.rmSync(join(folder, 'small'), { recursive: true }),
  },
];

/** What working in a folder that is mounted over costs an application, beside the folder itself and bindfs. */
export async function benchMount(bench: Bench): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('Mounting needs root');
  await using mounted = await MountedFolder.start({ diskMib: DISK_MIB });
  using bound = new BoundFolder(mounted.beside('bound'), mounted.beside('bound-view'));
  const native = mounted.beside('native');
  fs.mkdirSync(native);
  const folders: Readonly<Record<Place, string>> = { ours: mounted.folder, native, bindfs: bound.view };
  const comparisons: Comparison[] = [];
  for (const work of WORKS) {
    const times: Readonly<Record<Place, number[]>> = { ours: [], native: [], bindfs: [] };
    await takeTurns(
      bench.scale.rounds,
      PLACES.map((place) => (round) => {
        times[place].push(measure(work, join(folders[place], `round-${round}`)));
        return Promise.resolve();
      }),
    );
    bench.say(
      `mount: ${work.name}: ${PLACES.map((place) => `${place} ${number(times[place].at(-1) ?? 0, 0)} ms`).join(', ')}`,
    );
    const rivals = (['native', 'bindfs'] as const).map((name) => ({ name, timesMs: times[name], goalRatioMax: null }));
    comparisons.push({ name: work.name, oursMs: times.ours, rivals });
  }
  const { residentMib, residentMibMax } = figuresOfProcess(mounted.serverProcessId);
  return paragraphs(
    'A folder on ext4, mounted over by Understudy with two threads and a ring of 64 MiB whose records are written to a file; the folder itself; and bindfs over another one, all on one disk. One program does one thing after the other, through Node. Nothing is sent to another server.',
    comparisonTable(comparisons),
    `The server of the mount, ring included: ${number(residentMib, 0)} MiB resident, ${number(residentMibMax, 0)} MiB at most.`,
  );
}

/** @returns milliseconds. */
function measure(work: Work, folder: string): number {
  fs.mkdirSync(folder);
  work.prepare?.(folder);
  const start = performance.now();
  work.act(folder);
  const elapsed = performance.now() - start;
  fs.rmSync(folder, { recursive: true });
  return elapsed;
}

function makeSmallFiles(folder: string): void {
  const data = Buffer.alloc(SMALL_BYTES, 7);
  for (let file = 0; file < SMALL_FILES; file += 1) {
    const inner = join(folder, 'small', String(Math.floor(file / SMALL_FILES_A_FOLDER)));
    if (file % SMALL_FILES_A_FOLDER === 0) fs.mkdirSync(inner, { recursive: true });
    fs.writeFileSync(join(inner, String(file)), data);
  }
}

function onFile(path: string, act: (file: number) => void): void {
  const file = fs.openSync(path, 'a+');
  try {
    act(file);
  } finally {
    fs.closeSync(file);
  }
}

/** A folder that bindfs shows at another place; gone with the process at the latest. */
class BoundFolder implements Disposable {
  readonly view: string;
  readonly #unmount = (): void => {
    spawnSync('umount', ['--lazy', '--quiet', this.view]);
  };

  constructor(folder: string, view: string) {
    for (const path of [folder, view]) fs.mkdirSync(path);
    this.view = view;
    process.once('exit', this.#unmount);
    execFileSync('bindfs', [folder, view]);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#unmount);
    this.#unmount();
  }
}
