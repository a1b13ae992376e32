import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOG = join(import.meta.dirname, 'memory_hog.py');
const MIB = 1024 * 1024;

/** Folders of the kernel's trees of control groups: of the second version, and the one that bounds memory. */
interface Trees {
  readonly pressure: string;
  readonly memory: string;
  readonly limit: string;
  readonly usage: string;
}

/** Null where this machine (or this user) can have no groups. */
const TREES = treesOf(fs.readFileSync('/proc/self/mounts', 'utf8'));
export const HAS_MEMORY_GROUPS = TREES !== null;

/** A control group whose memory is bounded, with whatever is put into it. What it holds has to end before it. */
export class MemoryGroup implements AsyncDisposable {
  readonly name: string;
  readonly #trees: Trees;
  readonly #hogs: ChildProcess[] = [];

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
   * Leaves so much more than is in use, and starts processes in the group that each want to keep so much of a file in
   * memory.
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
    this.#limitTo(leaveMib);
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
    await this.endHogs();
    for (const folder of this.#folders) fs.rmdirSync(folder);
  }

  #limitTo(moreMib: number): void {
    const { memory, limit, usage } = this.#trees;
    const used = Number(fs.readFileSync(join(memory, this.name, usage), 'utf8'));
    fs.writeFileSync(join(memory, this.name, limit), String(used + moreMib * MIB));
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
    return { pressure, memory: pressure, limit: 'memory.max', usage: 'memory.current' };
  }
  const memory = /^\S+ (\S+) cgroup \S*\bmemory\b/m.exec(mounts)?.[1];
  if (memory === undefined) return null;
  return { pressure, memory, limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' };
}
