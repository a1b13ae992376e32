import { readFileSync } from 'node:fs';
import { startProgram } from '../processes/child.ts';

/** An account service of the network may be slow, or gone. */
const WAIT_MS = 10_000;
/** Numbers asked for in one call. */
const ASKED_MAX = 500;

const FILES = { user: '/etc/passwd', group: '/etc/group' } as const;
const DATABASES = { user: 'passwd', group: 'group' } as const;

/**
 * Names of users or groups by their numbers, from wherever this machine has its accounts (getent(1)).
 * @returns only those that have a name.
 */
export async function accountNames(kind: 'user' | 'group', ids: readonly number[]): Promise<Map<number, string>> {
  const asked = ids.slice(0, ASKED_MAX);
  const lines: string[] = [];
  try {
    const program = await startProgram({
      command: 'getent',
      parameters: [DATABASES[kind], ...asked.map(String)],
      onLine: (line, from) => void (from === 'output' && lines.push(line)),
    });
    const late = setTimeout(() => program.signal('SIGKILL'), WAIT_MS);
    await program.ended;
    clearTimeout(late);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    lines.push(...linesOf(FILES[kind]));
  }
  return namesIn(lines, new Set(asked));
}

/** @param lines - of passwd(5) or group(5). Of several names of a number the first counts. */
export function namesIn(lines: readonly string[], ids: ReadonlySet<number>): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of lines) {
    const [name, , id] = line.split(':');
    const number = Number(id);
    if (name !== undefined && name !== '' && id !== undefined && ids.has(number) && !names.has(number))
      names.set(number, name);
  }
  return names;
}

/** None where the machine has no such file. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return [];
  }
}
