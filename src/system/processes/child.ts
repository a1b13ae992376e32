import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { noteStart } from './started-programs.ts';

/** A program that was started. */
export interface Child {
  readonly processId: number;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
  /** `status` is null where a signal ended it. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: string | null }>;
}

export interface ProgramStart {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** Its standard input ends when this process ends, whatever ended it; without, it is empty. */
  readonly holdsInput?: boolean;
  /** Its standard output and error are appended to this file, and `onLine` hears nothing. */
  readonly outputFile?: string;
  /** Signals of the terminal, such as Ctrl-C, don't reach it. */
  readonly ownGroup?: boolean;
  /** Of its standard output and error. */
  readonly onLine?: (line: string, from: 'output' | 'error') => void;
}

/**
 * Starts a program without a shell.
 * @throws NodeJS.ErrnoException ENOENT, EACCES where it can't be started, EMFILE where no descriptor is left.
 */
export async function startProgram(options: ProgramStart): Promise<Child> {
  const child = spawned(options);
  // Heard from the beginning: an error that nobody hears ends this process.
  const began = new Promise<number>((done, failed) => {
    child.once('error', failed);
    child.once('spawn', () => done(child.pid as number));
  });
  const ended = new Promise<{ status: number | null; signal: string | null }>((done) => {
    child.once('close', (status, signal) => done({ status, signal }));
  });
  const { onLine = () => {} } = options;
  forEachLine(child.stdout, (line) => onLine(line, 'output'));
  forEachLine(child.stderr, (line) => onLine(line, 'error'));
  const processId = await began;
  return {
    processId,
    signal: (name) => {
      child.kill(name);
    },
    ended,
  };
}

function spawned(options: ProgramStart): ChildProcess {
  const output = options.outputFile === undefined ? null : openSync(options.outputFile, 'a', 0o600);
  try {
    return noteStart(() =>
      spawn(options.command, options.parameters, {
        stdio: [options.holdsInput === true ? 'pipe' : 'ignore', output ?? 'pipe', output ?? 'pipe'],
        env: { ...process.env, ...options.environment },
        detached: options.ownGroup === true,
        ...(options.directory === undefined ? {} : { cwd: options.directory }),
      }),
    );
  } finally {
    if (output !== null) closeSync(output);
  }
}

/** @param stream - missing where no descriptor was left for it. */
function forEachLine(stream: Readable | null | undefined, action: (line: string) => void): void {
  if (stream !== null && stream !== undefined) createInterface({ input: stream }).on('line', action);
}
