import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

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
