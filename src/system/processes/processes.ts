import { readFileSync } from 'node:fs';
import { attempt } from './process-table.ts';

/** A process, for people. */
export interface ProcessFacts {
  readonly processId: number;
  /** Short name of its program (`mysqld`), at most 15 bytes. */
  readonly name: string;
  /** Arguments joined by spaces, cut at 400 characters; empty for a kernel thread. */
  readonly commandLine: string;
  /** The systemd unit it belongs to (`mysql.service`), or null. */
  readonly unit: string | null;
}

/** A file by its identity on this machine. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

const COMMAND_LINE_LENGTH_MAX = 400;

/** Null where there is no such process. */
export function describeProcess(processId: number): ProcessFacts | null {
  const folder = `/proc/${processId}`;
  const name = attempt(() => readFileSync(`${folder}/comm`, 'utf8').trimEnd());
  if (name === null) return null;
  const commandLine = attempt(() => readFileSync(`${folder}/cmdline`, 'utf8')) ?? '';
  const groups = attempt(() => readFileSync(`${folder}/cgroup`, 'utf8')) ?? '';
  return {
    processId,
    name,
    commandLine: commandLine.replaceAll('\0', ' ').trimEnd().slice(0, COMMAND_LINE_LENGTH_MAX),
    unit: unitOf(groups),
  };
}

/** As {@link describeProcess}, by any of its threads. */
export function describeThread(threadId: number): ProcessFacts | null {
  const status = attempt(() => readFileSync(`/proc/${threadId}/status`, 'latin1'));
  const group = /^Tgid:\s*(\d+)/m.exec(status ?? '')?.[1];
  return group === undefined ? null : describeProcess(Number(group));
}

/** The innermost unit in the text of /proc/PID/cgroup. */
export function unitOf(groups: string): string | null {
  let unit: string | null = null;
  for (const line of groups.split('\n')) {
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    for (const part of path.split('/')) if (/\.(service|scope)$/.test(part)) unit = part;
    if (unit !== null) return unit;
  }
  return null;
}

export function ownProcessId(): number {
  return process.pid;
}

/** Flag of a kernel thread in /proc/PID/stat (PF_KTHREAD). */
const KERNEL_THREAD = 0x00200000;

/** Is it a thread of the kernel, which uses no file? */
export function isKernelThread(processId: number): boolean {
  return isOfKernelThread(attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1')) ?? '');
}

/** @param stat - text of /proc/PID/stat (proc_pid_stat(5)); a name may hold anything. */
export function isOfKernelThread(stat: string): boolean {
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6] ?? 0);
  return (flags & KERNEL_THREAD) !== 0;
}

/** One that ended counts until its parent has asked for its status. */
export function isRunning(processId: number): boolean {
  const stat = attempt(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return stat !== null && !/\) [ZX] /.test(stat);
}
