import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = join(import.meta.dirname, 'unseen_writer.py');

/** A process that changes a file in a way of which the kernel gives no notice, and keeps it open. */
export class UnseenWriter implements AsyncDisposable {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.pid = child.pid ?? 0;
    if (child.stdout === null) throw new Error('the process has no output');
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Returns once the process has the file open. */
  static async start(way: 'mapping' | 'libaio', file: string): Promise<UnseenWriter> {
    const writer = new UnseenWriter(spawn('python3', [PROGRAM, way, file], { stdio: ['pipe', 'pipe', 'inherit'] }));
    await writer.#answer();
    return writer;
  }

  /** Returns once the file holds it. */
  async write(offset: number, text: string): Promise<void> {
    this.#process.stdin?.write(`${offset} ${text}\n`);
    await this.#answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  /** A line for each thing asked. */
  async #answer(): Promise<void> {
    const { done } = await this.#answers.next();
    if (done === true) throw new Error('the process ended');
  }
}
