import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { plainEnvironment, type Ran } from './child.ts';

const PROGRAM = new URL('./command-runner.ts', import.meta.url).pathname;

interface Told {
  readonly id: number;
  readonly out?: string;
  readonly error?: string;
  readonly status?: number;
}

/** A command that another process runs. */
export interface RunCommand {
  readonly ran: Promise<Ran>;
  /** The first line of its output, without its end; fails where it ends without one. */
  readonly firstLine: Promise<string>;
}

/**
 * One process that runs many commands, by the same code: each as a process of its own takes longer to start than to do
 * its work, and every pair needs four.
 */
export class CommandProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #listeners = new Map<number, (told: Told) => void>();
  readonly #failures: ((error: Error) => void)[] = [];
  #errors = '';
  #count = 0;

  constructor(options: { readonly user: number | undefined }) {
    const { user } = options;
    this.#child = spawn(process.execPath, [PROGRAM], {
      stdio: 'pipe',
      env: plainEnvironment(),
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const fail = (error: Error): void => {
      for (const one of this.#failures) one(error);
    };
    this.#child.on('error', fail);
    this.#child.on('close', () => fail(new Error(`The process that runs commands ended:\n${this.#errors}`)));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdin.on('error', fail);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const told = JSON.parse(line) as Told;
      this.#listeners.get(told.id)?.(told);
    });
  }

  run(args: readonly string[]): RunCommand {
    const id = (this.#count += 1);
    let [stdout, stderr] = ['', ''];
    const line = Promise.withResolvers<string>();
    const ran = Promise.withResolvers<Ran>();
    // Who waits for one of the two need not wait for the other.
    for (const { promise } of [line, ran]) promise.catch(() => {});
    this.#failures.push(line.reject, ran.reject);
    this.#listeners.set(id, ({ out = '', error = '', status }) => {
      stdout += out;
      stderr += error;
      if (stdout.includes('\n')) line.resolve(stdout.slice(0, stdout.indexOf('\n')));
      if (status === undefined) return;
      line.reject(new Error(`${args[0]} ended with ${status}: ${stderr}`));
      ran.resolve({ status, stdout, stderr });
    });
    this.#child.stdin.write(`${JSON.stringify({ id, args })}\n`);
    return { ran: ran.promise, firstLine: line.promise };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
