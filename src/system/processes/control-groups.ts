import { readdirSync, readFileSync } from 'node:fs';
import { isRunning } from './processes.ts';

/** Where systemd keeps its groups: alone, beside those of version 1, and among these. */
const TOPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/** See `ProcessTraces.inGroup`. */
export function inGroup(group: string): number[] {
  const found = new Set<number>();
  for (const top of TOPS) gather(`${top}${group}`, found);
  return [...found].filter((processId) => isRunning(processId)).sort((one, other) => one - other);
}

/** See `ProcessTraces.endGroup`. */
export function endGroup(group: string, how: 'SIGTERM' | 'SIGKILL'): void {
  for (const processId of inGroup(group)) {
    try {
      process.kill(processId, how);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
}

function gather(folder: string, found: Set<number>): void {
  const text = unlessGone(() => readFileSync(`${folder}/cgroup.procs`, 'latin1')) ?? '';
  // 0 stands for one that is not of our machine.
  for (const line of text.split('\n')) if (Number(line) > 0) found.add(Number(line));
  for (const below of unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    if (below.isDirectory()) gather(`${folder}/${below.name}`, found);
  }
}

/** A group may go at any time, and be in a way of which its processes can't be told (ENODEV, EOPNOTSUPP). */
function unlessGone<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}
