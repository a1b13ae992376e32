import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunningProgram, RunningPrograms } from '../../kernel/running-programs.ts';
import { attempt, otherProcesses } from './process-table.ts';
import { processTraces } from './process-traces.ts';

const HOLDS_MAX = 5;
const FOUND_MAX = 100;
/** Looked at before others may use the thread. */
const PROCESSES_AT_ONCE = 100;
/** Of `/proc/PID/stat`, behind the name. */
const START_FIELD = 19;

export const runningPrograms: RunningPrograms = {
  async find(names, folders) {
    const wanted = new Set(names);
    const found: RunningProgram[] = [];
    let looked = 0;
    for (const processId of wanted.size === 0 ? [] : otherProcesses()) {
      if (found.length >= FOUND_MAX) break;
      looked += 1;
      if (looked % PROCESSES_AT_ONCE === 0) await new Promise<void>((go) => setImmediate(go));
      const name = namesOf(processId).find((one) => wanted.has(one));
      const startedAt = name === undefined ? null : startOf(processId);
      const lineage = startedAt === null ? null : processTraces.lineage(processId);
      if (name === undefined || startedAt === null || lineage === null) continue;
      found.push({ name, processId, startedAt, lineage, holds: holdsOf(processId, folders) });
    }
    return found;
  },
  end({ processId, startedAt }, how) {
    if (startOf(processId) !== startedAt) return;
    try {
      process.kill(processId, how);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // It has ended, or belongs to somebody whom we may not end; then it is found again.
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  },
};

/** Programs that run what is named behind them. To others it is what they read, or look for: `man psql` is no psql. */
const INTERPRETER = new RegExp(
  `^-?(?:${[
    String.raw`(?:[abckz]|ba|da|mk|tc|fi)?sh|busybox|env`,
    String.raw`(?:python|pypy|perl|ruby|php|lua|tclsh|wish)[\d.]*|luajit|node|nodejs|bun|deno|Rscript`,
    String.raw`java|mono|dotnet|wine(?:64)?(?:-preloader)?`,
  ].join('|')})$`,
);

/** What it may be called: its program, and where that is an interpreter, its script. */
function namesOf(processId: number): string[] {
  const words = attempt(() => readFileSync(`/proc/${processId}/cmdline`, 'latin1'))?.split('\0') ?? [];
  const name = attempt(() => readFileSync(`/proc/${processId}/comm`, 'latin1').trimEnd());
  const [program = '', script] = words.slice(0, 2).map((word) => basename(word));
  const isRun = script !== undefined && INTERPRETER.test(program);
  return [...(name === null ? [] : [name]), program, ...(isRun ? [script] : [])];
}

function startOf(processId: number): string | null {
  const stat = attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? null;
}

function holdsOf(processId: number, folders: readonly string[]): string[] {
  const held = new Set<string>();
  const links = (attempt(() => readdirSync(`/proc/${processId}/fd`)) ?? []).map((one) => `fd/${one}`);
  for (const link of ['cwd', ...links]) {
    const path = attempt(() => readlinkSync(`/proc/${processId}/${link}`));
    if (path !== null && folders.some((folder) => path === folder || path.startsWith(`${folder}/`))) held.add(path);
    if (held.size >= HOLDS_MAX) break;
  }
  return [...held];
}
