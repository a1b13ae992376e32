import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { figuresOf as processFiguresOf } from '../process-figures.ts';
import type { TrialServer } from '../server.ts';

const MIB = 1024 * 1024;
const BLOCK_BYTES = 512;
const LOOKS = 20;
const LOOK_EVERY_MS = 250;

/** What one server takes at rest. */
export interface Figures {
  readonly residentMib: number;
  /** But for folders. */
  readonly descriptors: number;
  /** Kept open, each kind up to a bound: 256 of Apply, 128 of capture, those of a check. */
  readonly folders: number;
  readonly threads: number;
  readonly queuesMib: number;
  /** Without events. */
  readonly stateMib: number;
  /** Their number has a bound (100,000), which a short soak doesn't reach. */
  readonly eventsMib: number;
}

/** The least of some seconds, so that what is only on its way doesn't count. */
export async function figuresAtRest(server: TrialServer, queues: string): Promise<Figures> {
  let least = figuresOf(server, queues);
  for (let look = 1; look < LOOKS; look++) {
    await pause(LOOK_EVERY_MS);
    const now = figuresOf(server, queues);
    const keys = Object.keys(least) as (keyof Figures)[];
    least = Object.fromEntries(keys.map((key) => [key, Math.min(least[key], now[key])])) as unknown as Figures;
  }
  return least;
}

function figuresOf(server: TrialServer, queues: string): Figures {
  const pid = server.daemon?.pid ?? 0;
  const status = fs.readFileSync(`/proc/${String(pid)}/status`, 'latin1');
  const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const state = fs
    .readdirSync(server.stateDirectory)
    .map((name) => ({ name, path: join(server.stateDirectory, name) }));
  const size = (of: (name: string) => boolean): number =>
    state.filter(({ name }) => of(name)).reduce((sum, { path }) => sum + bytesOf(path), 0) / MIB;
  const open = fs.readdirSync(`/proc/${String(pid)}/fd`).map((name) => isFolder(`/proc/${String(pid)}/fd/${name}`));
  return {
    residentMib: processFiguresOf(server).residentMib,
    descriptors: open.filter((folder) => !folder).length,
    folders: open.filter((folder) => folder).length,
    threads: number('Threads'),
    queuesMib: bytesOf(queues) / MIB,
    stateMib: size((name) => !name.startsWith('events.')),
    eventsMib: size((name) => name.startsWith('events.')),
  };
}

function isFolder(descriptor: string): boolean {
  return fs.statSync(descriptor, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** On the disk, with all in it. */
function bytesOf(path: string): number {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  const inside = stat.isDirectory() ? namesIn(path).map((name) => bytesOf(join(path, name))) : [];
  return inside.reduce((sum, bytes) => sum + bytes, stat.blocks * BLOCK_BYTES);
}

/** None of a folder that has gone since it was seen. */
function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export function shown(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? String(value) : (value as number).toFixed(1)}`)
    .join(', ');
}
