import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { markdownTable } from './markdown.ts';

/** Which other programs are measured, too. */
const PROGRAMS = ['rsync', 'lsyncd', 'tar', 'syncthing', 'bindfs', 'pgbench'] as const;
export type Program = (typeof PROGRAMS)[number];

/** What a figure depends on besides the program. For each other program its version: null where it is not installed. */
export interface Machine extends Readonly<Record<Program, string | null>> {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly fileSystem: string;
  readonly user: string;
}

/** @param folder - where the measured files lie. */
export function readMachine(folder: string): Machine {
  return {
    processor: (os.cpus()[0]?.model ?? '').trim() || `unknown ${os.arch()}`,
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    fileSystem: fileSystemOf(folder),
    user: process.getuid?.() === 0 ? 'root' : 'an ordinary user',
    rsync: firstVersion('rsync'),
    lsyncd: firstVersion('lsyncd'),
    tar: firstVersion('tar'),
    syncthing: firstVersion('syncthing'),
    bindfs: firstVersion('bindfs'),
    pgbench: firstVersion('pgbench'),
  };
}

/** @param load - load averages over one minute (proc_loadavg(5)) before and after the run. */
export function machineTable(machine: Machine, load: { readonly before: number; readonly after: number }): string {
  return markdownTable(
    ['', ''],
    [
      ['processor', `${machine.processor}, ${machine.cores} cores`],
      ['memory', `${(machine.memoryBytes / 1024 ** 3).toFixed(1)} GiB`],
      ['kernel', machine.kernel],
      ['file system', machine.fileSystem],
      ['Node', machine.node],
      ['run by', machine.user],
      ...PROGRAMS.map((program) => [program, machine[program] ?? 'not installed']),
      ['load over one minute', `${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after`],
    ],
  );
}

function firstVersion(program: string): string | null {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/\d+(\.\d+)+/.exec(stdout)?.[0] ?? null) : null;
}

/** The mount with the longest path above the folder (proc_pid_mountinfo(5)); of equal ones the last covers the others. */
function fileSystemOf(folder: string): string {
  const real = fs.realpathSync(folder);
  let best = { at: '', type: 'unknown', options: '' };
  for (const line of fs.readFileSync('/proc/self/mountinfo', 'latin1').trim().split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    const [, , , , at = '', options = ''] = mount.split(' ');
    const above = at === '/' || real === at || real.startsWith(`${at}/`);
    if (above && at.length >= best.at.length) best = { at, type: source.split(' ')[0] ?? '', options };
  }
  return `${best.type} (${best.options})`;
}
