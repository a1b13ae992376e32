import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

const PROGRAM = new URL('./mapped_reader.py', import.meta.url).pathname;

/** A process that has a file open and mapped, and says what it sees of it. */
export class MappedReader implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #input: Interface;

  /** @param file - with some content. */
  constructor(file: string) {
    this.#child = spawn('python3', [PROGRAM, file]);
    this.#child.stderr.pipe(process.stderr);
    this.#input = createInterface({ input: this.#child.stdout });
    this.#lines = this.#input[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** By reading; through a shared mapping; through a private one; and the size. */
  async look(): Promise<readonly string[]> {
    this.#child.stdin.write('look\n');
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the reader ended');
    return JSON.parse(value) as readonly string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
    this.#input.close();
  }
}
