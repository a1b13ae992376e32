import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that was started. */
export interface Child {
  readonly processId: number;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
  /** `status` is null where a signal ended it. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null }>;
}

/**
 * Starts a program without a shell. Its standard input is empty; its standard output and error come
 * line by line.
 * @throws NodeJS.ErrnoException ENOENT, EACCES where it can't be started.
 */
export async function startProgram(options: {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly onLine?: (line: string, from: 'output' | 'error') => void;
}): Promise<Child> {
  const child = spawn(options.command, options.parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  const ended = new Promise<{ status: number | null; signal: string | null }>((done) => {
    child.once('close', (status, signal) => done({ status, signal }));
  });
  const { stdout, stderr, onLine = () => {} } = { ...options, stdout: child.stdout, stderr: child.stderr };
  createInterface({ input: stdout }).on('line', (line) => onLine(line, 'output'));
  createInterface({ input: stderr }).on('line', (line) => onLine(line, 'error'));
  const processId = await new Promise<number>((done, failed) => {
    child.once('error', failed);
    child.once('spawn', () => done(child.pid as number));
  });
  return {
    processId,
    signal: (name) => {
      child.kill(name);
    },
    ended,
  };
}
