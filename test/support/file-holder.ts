import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'file_holder.py');
/** Where systemd keeps its units: the tree of its own, or the one tree there is. */
const GROUPS = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup'].find((folder) => fs.existsSync(`${folder}/cgroup.procs`));

/** Ways to keep a file from being changed. */
export const WAYS = ['open', 'flock', 'posix', 'ofd', 'mapping', 'execution', 'denial'] as const;
export type Way = (typeof WAYS)[number];

/** A process that holds a file until it is disposed of. */
export class FileHolder implements AsyncDisposable {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #unit: string | null;

  private constructor(child: ChildProcess, unit: string | null) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.#unit = unit;
  }

  /**
   * Returns once the file is held. @param file - for `execution` a program that lives on.
   * @param unit - a unit of systemd that it is made to belong to.
   */
  static async start(way: Way, file: string, unit: string | null = null): Promise<FileHolder> {
    const [program, ...parameters] = way === 'execution' ? [file, '300'] : ['python3', PROGRAM, way, file];
    const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
    const holder = new FileHolder(child, unit);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Nobody holds ${file}: who should have (${way}) ended`);
    });
    await Promise.race([way === 'execution' ? once(child, 'spawn') : once(child.stdout, 'data'), ended]);
    // It is ended at last, and that is no failure.
    ended.catch(() => undefined);
    if (unit === null) return holder;
    fs.mkdirSync(`${GROUPS}/${unit}`, { recursive: true });
    fs.writeFileSync(`${GROUPS}/${unit}/cgroup.procs`, String(child.pid));
    return holder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
    if (this.#unit !== null) fs.rmdirSync(`${GROUPS}/${this.#unit}`);
  }
}
