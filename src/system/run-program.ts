import { spawn } from 'node:child_process';
import { MIB } from '../kernel/units.ts';
import type { ProgramResult, ProgramRun } from '../kernel/programs.ts';
import { noteStarted } from './started-programs.ts';

/** Of what a program says; more is passed over. */
const OUTPUT_BYTES_MAX = MIB;

/** Runs a program to its end, without a shell and with an empty standard input. */
export function runProgram({ command, parameters, environment, timeoutMs }: ProgramRun): Promise<ProgramResult> {
  return new Promise((done) => {
    const child = spawn(command, [...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    if (child.pid !== undefined) noteStarted(child.pid);
    let [output, errors] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => {
      if (output.length < OUTPUT_BYTES_MAX) output += bytes.toString('utf8');
    });
    child.stderr.on('data', (bytes: Buffer) => {
      if (errors.length < OUTPUT_BYTES_MAX) errors += bytes.toString('utf8');
    });
    let isOver = false;
    const end = (status: number | null, reason: string | null): void => {
      if (isOver) return;
      isOver = true;
      done({ status, output, errors, reason });
    };
    child.once('error', (error: NodeJS.ErrnoException) => end(null, `${command} can't be started (${error.code})`));
    // Not `close`: what it started may go on, and keeps its output open.
    child.once('exit', (status, signal) => {
      const reason = signal === null ? null : `${command} was ended by ${signal} (it may take ${timeoutMs / 1000} s)`;
      setImmediate(() => end(status, reason));
    });
  });
}
