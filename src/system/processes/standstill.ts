import { readFileSync } from 'node:fs';
import type { Cancel } from '../../kernel/clock.ts';
import type { Standstill } from '../../kernel/programs.ts';
import { attempt } from './process-table.ts';

const LOOK_MS = 500;
/** Behind the name in /proc/PID/stat (proc_pid_stat(5)). */
const [STATE, USER_TICKS, SYSTEM_TICKS] = [0, 11, 12];
const HOW: Readonly<Record<string, Standstill>> = { D: 'unending', T: 'stopped', t: 'stopped' };
/** It wants a processor, and gets none on a busy machine. */
const RUNNABLE = 'R';

/**
 * Watches whether a program stands still. @param told - once, when it has used no processor time for so long, and wanted none.
 * @returns what ends the watch.
 */
export function watchStandstill(
  processId: number | undefined,
  { afterMs, told }: { readonly afterMs: number; readonly told: (how: Standstill) => void },
): Cancel {
  if (processId === undefined) return () => {};
  let [ticks, still] = ['', 0];
  const look = setInterval(() => {
    const seen = seenIn(attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1')) ?? '');
    const isStill = seen !== null && seen.ticks === ticks && seen.state !== RUNNABLE;
    still = isStill ? still + 1 : 0;
    ticks = seen?.ticks ?? '';
    if (seen === null || still * LOOK_MS < afterMs) return;
    clearInterval(look);
    told(HOW[seen.state] ?? 'waiting');
  }, LOOK_MS);
  return () => clearInterval(look);
}

/** Null where it has ended. */
function seenIn(stat: string): { readonly state: string; readonly ticks: string } | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE] ?? '';
  return state === '' || state === 'Z' ? null : { state, ticks: `${fields[USER_TICKS]} ${fields[SYSTEM_TICKS]}` };
}
