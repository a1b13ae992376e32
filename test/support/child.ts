import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** As bin/understudy starts the main thread. */
const MAIN_THREAD = ['--max-semi-space-size=2'];
/** Who uses a folder that is intercepted is waited for, 30 s unless the trial says otherwise. */
const STOP_TIMEOUT_MS = 150_000;

/** Children that still run; none may outlive the tests. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How a child ended: its exit status, or the signal that ended it. */
export type End = number | NodeJS.Signals;

/** A program of ours under the same Node as the tests, with both outputs in one file. */
export class Child {
  readonly ended: Promise<End>;
  readonly pid: number;
  readonly #process: ChildProcess;
  #end: End | null = null;

  /**
   * @param file - Relative to the root of the project.
   * @param options - `preload`: a module that each thread runs before the program; `path`: where it finds programs
   * first; `environment`: what it has besides.
   */
  constructor(
    file: string,
    args: readonly string[],
    options: {
      readonly output: string;
      readonly user?: number | undefined;
      readonly preload?: string | undefined;
      readonly path?: string | undefined;
      /** Of another build; ours where it is left out. */
      readonly root?: string | undefined;
      readonly environment?: NodeJS.ProcessEnv | undefined;
      readonly namespace?: string | undefined;
    },
  ) {
    const output = fs.openSync(options.output, 'a');
    const before = [...MAIN_THREAD, ...(options.preload === undefined ? [] : ['--import', options.preload])];
    try {
      const program = [process.execPath, ...before, join(options.root ?? ROOT, file), ...args];
      const [first, ...words] = within(options.namespace, program);
      this.#process = spawn(first, words, {
        stdio: ['ignore', output, output],
        env: { ...plainEnvironment(), ...pathBefore(options.path), ...options.environment },
        ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
      });
    } finally {
      fs.closeSync(output);
    }
    this.pid = this.#process.pid ?? 0;
    running.add(this.#process);
    this.ended = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', (status, signal) => {
        running.delete(this.#process);
        this.#end = status ?? signal ?? 0;
        resolve(this.#end);
      });
    });
  }

  /** Null while it runs. */
  get end(): End | null {
    return this.#end;
  }

  /** Takes the process away at once, as a crash would. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to leave what it does to another process; as {@link stop}. */
  async leave(): Promise<End> {
    return await this.#asked('SIGUSR2');
  }

  /** Asks it to stop; kills it where it doesn't, and then throws. */
  async stop(): Promise<End> {
    return await this.#asked('SIGTERM');
  }

  async #asked(signal: NodeJS.Signals): Promise<End> {
    this.#process.kill(signal);
    let hanging = '';
    const late = setTimeout(() => {
      hanging = threadsOf(this.pid);
      this.#process.kill('SIGKILL');
    }, STOP_TIMEOUT_MS);
    const end = await this.ended;
    clearTimeout(late);
    if (end === 'SIGKILL')
      throw new Error(`Process ${this.pid} did not stop within ${STOP_TIMEOUT_MS} ms:\n${hanging}`);
    return end;
  }
}

/** What a command printed and how it ended. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command whose output is read while it runs. */
export class Command {
  readonly ran: Promise<Ran>;
  readonly #process: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(
    args: readonly string[],
    options: {
      readonly workingFolder?: string;
      readonly user?: number;
      readonly namespace?: string;
      /** Besides what it has of ours. */
      readonly environment?: NodeJS.ProcessEnv;
    } = {},
  ) {
    const command = [process.execPath, ...MAIN_THREAD, join(ROOT, 'src/main/understudy.ts'), ...args];
    const [program, ...words] = within(options.namespace, command);
    this.#process = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...plainEnvironment(), ...options.environment },
      ...(options.workingFolder === undefined ? {} : { cwd: options.workingFolder }),
      ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
    });
    running.add(this.#process);
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ran = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('close', (status) => {
        running.delete(this.#process);
        resolve({ status: status ?? 128, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** What it has printed so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}

/** A command in a network namespace of ip-netns(8), by the same process. */
function within(namespace: string | undefined, command: readonly string[]): [string, ...string[]] {
  const [program = '', ...words] = command;
  return namespace === undefined ? [program, ...words] : ['ip', 'netns', 'exec', namespace, program, ...words];
}

/** Without what the test runner put there. */
function pathBefore(folder: string | undefined): NodeJS.ProcessEnv {
  return folder === undefined ? {} : { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
}

/** Of a program of ours: nothing of the test runner’s. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'NODE_COMPILE_CACHE', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** What each thread of a process does: its name, its state, the call of the kernel that it is in, and where there. */
function threadsOf(pid: number): string {
  const read = (thread: string, what: string): string => {
    try {
      return fs.readFileSync(`/proc/${pid}/task/${thread}/${what}`, 'latin1').trim().replaceAll('\n', ' < ');
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  };
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  return threads
    .map((thread) => ['comm', 'wchan', 'syscall', 'stack'].map((what) => read(thread, what)).join(' | '))
    .join('\n');
}
