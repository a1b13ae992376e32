import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOG = join(import.meta.dirname, 'memory_hog.py');
const MIB = 1024 * 1024;
const FOLLOWS_EVERY_MS = 50;

/** Folders of the kernel's trees of control groups: of the second version, and the one that bounds memory. */
interface Trees {
  readonly pressure: string;
  readonly memory: string;
  readonly limit: string;
  readonly usage: string;
  /** Where whoever is beyond the limit can be made to wait instead of being ended; null where that is so anyway. */
  readonly killer: string | null;
}

/** Null where this machine (or this user) can have no groups. */
const TREES = treesOf(fs.readFileSync('/proc/self/mounts', 'utf8'));
export const HAS_MEMORY_GROUPS = TREES !== null;

/**
 * A control group whose memory is bounded, with whatever is put into it. What it holds has to end before it. The kernel
 * ends nothing in it: whoever needs more than there is waits for it, and the bound follows what can't be given up.
 */
export class MemoryGroup implements AsyncDisposable {
  readonly name: string;
  readonly #trees: Trees;
  readonly #hogs: ChildProcess[] = [];
  #limit = 0;
  #following: NodeJS.Timeout | null = null;

  constructor() {
    if (TREES === null) throw new Error('There are no control groups here');
    this.name = `understudy-trial-${String(process.pid)}`;
    this.#trees = TREES;
    for (const folder of this.#folders) fs.mkdirSync(folder);
  }

  add(pid: number): void {
    for (const folder of this.#folders) fs.writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  }

  /**
   * Leaves so much more than is in use, or is needed later, and starts processes in the group that each want to keep so
   * much of a file in memory.
   */
  async squeeze(hogs: number, wantMib: number, leaveMib: number): Promise<void> {
    for (let number = 0; number < hogs; number += 1) {
      const file = join(tmpdir(), `${this.name}-${String(number)}`);
      // It begins in the group: what it takes is on the group's account.
      const hog = spawn('sh', ['-c', 'read _ && exec python3 "$@"', 'sh', HOG, file, String(wantMib)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      this.#hogs.push(hog);
      this.add(hog.pid ?? 0);
      // Where somebody has to go, it is not the daemon.
      fs.writeFileSync(`/proc/${String(hog.pid)}/oom_score_adj`, '1000');
      hog.stdin.write('\n');
      await once(hog.stdout, 'data');
    }
    const { memory, killer } = this.#trees;
    if (killer !== null) fs.writeFileSync(join(memory, this.name, killer), '1');
    this.#leave(this.#used, leaveMib);
    this.#following = setInterval(() => {
      this.#leave(this.#used - this.#files, leaveMib);
    }, FOLLOWS_EVERY_MS);
    for (const hog of this.#hogs) hog.stdin?.write('\n');
  }

  async endHogs(): Promise<void> {
    for (const hog of this.#hogs.splice(0)) {
      if (hog.exitCode !== null || hog.signalCode !== null) continue;
      const ended = once(hog, 'exit');
      hog.kill('SIGKILL');
      await ended;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#following !== null) clearInterval(this.#following);
    await this.endHogs();
    for (const folder of this.#folders) fs.rmdirSync(folder);
  }

  #leave(neededBytes: number, moreMib: number): void {
    const bytes = neededBytes + moreMib * MIB;
    if (bytes <= this.#limit) return;
    this.#limit = bytes;
    fs.writeFileSync(join(this.#trees.memory, this.name, this.#trees.limit), String(bytes));
  }

  get #used(): number {
    return Number(fs.readFileSync(join(this.#trees.memory, this.name, this.#trees.usage), 'utf8'));
  }

  /** Pages of files, which can be read again. */
  get #files(): number {
    const told = fs.readFileSync(join(this.#trees.memory, this.name, 'memory.stat'), 'utf8');
    return [...told.matchAll(/^(?:in)?active_file (\d+)$/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  }

  get #folders(): ReadonlySet<string> {
    const { pressure, memory } = this.#trees;
    return new Set([join(pressure, this.name), join(memory, this.name)]);
  }
}

function treesOf(mounts: string): Trees | null {
  if (process.getuid?.() !== 0) return null;
  const pressure = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  if (pressure === undefined || !fs.existsSync('/proc/pressure/memory')) return null;
  if (/\bmemory\b/.test(fs.readFileSync(join(pressure, 'cgroup.controllers'), 'utf8'))) {
    fs.writeFileSync(join(pressure, 'cgroup.subtree_control'), '+memory');
    return { pressure, memory: pressure, limit: 'memory.high', usage: 'memory.current', killer: null };
  }
  const memory = /^\S+ (\S+) cgroup \S*\bmemory\b/m.exec(mounts)?.[1];
  if (memory === undefined) return null;
  const killer = 'memory.oom_control';
  return { pressure, memory, limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', killer };
}
