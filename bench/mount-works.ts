import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

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
/** About 1,200 files, which Debian's package perl-modules has put there. */
const SOURCES = '/usr/share/perl';

/** Where applications work: over a mount of ours, in a plain folder, or through bindfs. */
export type Place = 'ours' | 'native' | 'bindfs';
export const PLACES: readonly Place[] = ['ours', 'native', 'bindfs'];

/** The most that ours may take, as a part of the other's time; null where nothing is promised. */
export type Goals = Readonly<Record<Exclude<Place, 'ours'>, number | null>>;
const NO_GOALS: Goals = { native: null, bindfs: null };

/** One thing that applications do, in a folder that is new each time. */
export interface Work {
  readonly name: string;
  readonly goals: Goals;
  /** Not measured. */
  prepare?(folder: string): void;
  act(folder: string): void;
}

export const WORKS: readonly Work[] = [
  {
    name: `${COMMITS} writes of 8 KiB, each with fdatasync`,
    goals: NO_GOALS,
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
    goals: { ...NO_GOALS, native: 1 / 0.9 },
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
    goals: { ...NO_GOALS, bindfs: 0.5 },
    act: (folder) =>
      onFile(join(folder, 'large'), (file) => {
        const data = Buffer.alloc(MIB, 7);
        for (let written = 0; written < WRITTEN_BYTES; written += MIB) fs.writeSync(file, data);
        fs.fdatasyncSync(file);
      }),
  },
  { name: `${SMALL_FILES} small files made`, goals: { ...NO_GOALS, native: 1 / 0.6 }, act: makeSmallFiles },
  {
    name: `${SMALL_FILES} small files found and read`,
    goals: NO_GOALS,
    prepare: makeSmallFiles,
    act: (folder) => {
      for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) fs.readFileSync(join(entry.parentPath, entry.name));
      }
    },
  },
  {
    name: `${SMALL_FILES} small files deleted`,
    goals: NO_GOALS,
    prepare: makeSmallFiles,
    act: (folder) => fs.rmSync(join(folder, 'small'), { recursive: true }),
  },
  {
    name: 'the sources of Perl unpacked',
    goals: { ...NO_GOALS, native: 1 / 0.45 },
    act: (folder) => void execFileSync('sh', ['-c', `tar -C ${SOURCES} -c . | tar -C "$1" -x`, 'sh', folder]),
  },
];

/** What is done around each measurement. */
export interface Conditions {
  /** Added to the name of what is measured. */
  readonly title: string;
  /** Behind what is prepared. */
  settled(): Promise<void>;
  /** Does what is measured, while that is the case which the title says. */
  during(act: () => number): number | Promise<number>;
}

/** In a new folder, which is gone afterwards. @returns milliseconds. */
export async function measureWork(work: Work, folder: string, { settled, during }: Conditions): Promise<number> {
  fs.mkdirSync(folder);
  work.prepare?.(folder);
  await settled();
  const elapsed = await during(() => {
    const start = performance.now();
    work.act(folder);
    return performance.now() - start;
  });
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
