import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Those that still run; none may outlive the benchmark. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that is silent and has no input: with a pipe as that the rsync daemon believes to be called by inetd. */
export function startChild(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' });
  running.add(child);
  child.on('exit', () => running.delete(child));
  child.on('error', (error) => {
    process.stderr.write(`${program} cannot be started: ${error.message}\n`);
  });
  return child;
}

/** Ends those that still run, one after the other; one that does not end in time is killed. */
export async function stopChildren(children: readonly ChildProcess[], timeoutMs: number): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    clearTimeout(late);
  }
}
