import fs from 'node:fs';
import { until } from './until.ts';

const STILL_WITHIN_MS = 120_000;

/**
 * Does something while a process stands still, in the middle of whatever it does. Each of its threads first returns
 * from the call of the kernel that it is in: what that call was to do is done then.
 */
export async function whileStandingStill<Result>(pid: number, action: () => Result | Promise<Result>): Promise<Result> {
  process.kill(pid, 'SIGSTOP');
  try {
    await until('every thread to stand still', STILL_WITHIN_MS, (seen) => {
      const states = statesOf(pid);
      seen(states.join(' '));
      return states.every((state) => state === 'T') ? true : null;
    });
    return await action();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** Of its threads: a letter each, T for one that is stopped (proc_pid_stat(5)). */
function statesOf(pid: number): string[] {
  return fs.readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const status = fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
      return [status.charAt(status.lastIndexOf(')') + 2)];
    } catch {
      // It ended.
      return [];
    }
  });
}
