import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A change seen on the target. */
export interface Arrival {
  readonly change: number;
  /** {@link monotonicMs} when its whole content had been read. */
  readonly at: number;
}

/** CLOCK_MONOTONIC, the same in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function testFile(number: number): string {
  return `file-${number}`;
}

export function isTestFile(name: string): boolean {
  return /^file-\d+$/.test(name);
}

/** What a process of its own sees arrive in a folder. */
export class Arrivals implements AsyncDisposable {
  /** When each change became visible. */
  readonly at = new Map<number, number>();
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (found) => {
      for (const { change, at } of found as readonly Arrival[]) this.at.set(change, at);
    });
  }

  /** Returns once every folder in `folder` is watched. */
  static async watch(folder: string): Promise<Arrivals> {
    const child = fork(join(import.meta.dirname, 'arrivals-process.ts'), [folder]);
    const arrivals = new Arrivals(child);
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('The process that watches the target ended');
      }),
    ]);
    return arrivals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
