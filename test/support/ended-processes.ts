import fs from 'node:fs';

const WAIT_MS = 120_000;
const GONE_LOOK_MS = 5;
/** Kept by a program for whatever it starts, however far from it in the end. */
const HOME_VARIABLE = 'UNDERSTUDY_TRIAL_HOME';

/** For a daemon, so that {@link programsOf} its server are known. */
export function homeEnvironment(home: string): NodeJS.ProcessEnv {
  return { [HOME_VARIABLE]: home };
}

/** The daemon of a trial's server, and what it or one before it has started. */
export function programsOf(home: string): number[] {
  const mark = `${HOME_VARIABLE}=${home}`;
  return processesWhere('environ', (words) => words.includes(mark));
}

/** Processes of which the words of a file in /proc (proc_pid_environ(5), proc_pid_cmdline(5)) are such. */
export function processesWhere(file: 'cmdline' | 'environ', isSought: (words: readonly string[]) => boolean): number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return isSought(fs.readFileSync(`/proc/${name}/${file}`, 'utf8').split('\0')) ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/**
 * Kills processes, as a crash would, and whatever they start meanwhile. They are gone when this returns, and nothing is open
 * in them any more.
 */
export function endAll(what: string, find: () => number[]): void {
  const word = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + WAIT_MS;
  // By when each had begun. The words by which one was found are gone before what it had open.
  const ending = new Map<number, string | null>();
  // Who looks at their folder meanwhile would wait for them.
  for (;;) {
    const found = find();
    for (const processId of found) {
      ending.set(processId, begunAt(processId));
      end(processId);
    }
    for (const [processId, began] of ending)
      if (began === null || begunAt(processId) !== began) ending.delete(processId);
    if (found.length === 0 && ending.size === 0) return;
    if (performance.now() > deadline) throw new Error(`${what} does not end`);
    Atomics.wait(word, 0, 0, GONE_LOOK_MS);
  }
}

/** When a process began, as the kernel counts; null where none of its threads is there any more (proc_pid_stat(5)). */
function begunAt(processId: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${processId}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, threads, began] = [fields[0], Number(fields[17]), fields[19] ?? ''];
    // One that its parent has not heard the end of keeps its number, and its first thread.
    return state === 'Z' && threads <= 1 ? null : began;
  } catch {
    return null;
  }
}

function end(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
