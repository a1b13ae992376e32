import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { until } from './until.ts';

const COMMAND = join(import.meta.dirname, '../../bin/understudy');
/** More than this of what was shown is not kept. */
const SHOWN_MAX = 1_000_000;
const SEEN_MAX = 4_000;

/** A command on a terminal of its own, at which somebody types. Ended with the test that began it. */
export class TypedCommand implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #shown = '';

  /** @param environment - What it has besides ours. */
  constructor(parameters: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const words = ['sh', COMMAND, ...parameters].map((word) => `'${word}'`).join(' ');
    // script(1) gives it the terminal, passes on what is typed, and ends as it does.
    this.#process = spawn('script', ['--quiet', '--flush', '--return', '--command', words, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm', ...environment },
    });
    this.#process.stdout?.on('data', (data: Buffer) => {
      this.#shown = (this.#shown + data.toString()).slice(-SHOWN_MAX);
    });
    this.#ended = new Promise((resolve) => this.#process.once('exit', (status) => resolve(status)));
  }

  type(keys: string): void {
    this.#shown = '';
    this.#process.stdin?.write(keys);
  }

  /** Waits until it has shown this, colours and the like aside, since something was typed last. */
  async shows(text: RegExp, timeoutMs: number): Promise<void> {
    await until(`${String(text)} to be shown`, timeoutMs, (seen) => {
      const shown = stripVTControlCharacters(this.#shown);
      seen(shown.slice(-SEEN_MAX));
      return text.test(shown) ? true : null;
    });
  }

  /** Its exit status, once it has ended by itself. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}
