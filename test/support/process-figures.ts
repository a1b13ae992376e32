import fs from 'node:fs';
import type { TrialServer } from './server.ts';

const KIB_IN_MIB = 1024;
const TICKS_PER_SECOND = 100;

/** What the kernel says of a daemon's process, all its threads together. */
export interface ProcessFigures {
  /** Resident now, and the most so far: VmRSS and VmHWM of proc_pid_status(5). */
  readonly residentMib: number;
  readonly residentMibMax: number;
  readonly cpuSeconds: number;
  /** Bytes read from files and sockets so far: rchar of proc_pid_io(5). */
  readonly bytesRead: number;
}

export function figuresOf(server: TrialServer): ProcessFigures {
  return figuresOfProcess(server.daemon?.pid ?? -1);
}

export function figuresOfProcess(processId: number): ProcessFigures {
  const proc = `/proc/${processId}`;
  const read = (file: string): string => fs.readFileSync(`${proc}/${file}`, 'latin1');
  const status = read('status');
  const mib = (key: string): number => numberIn(status, new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm')) / KIB_IN_MIB;
  // The program's name, in brackets, may hold anything.
  const [user = 0, system = 0] = read('stat').split(') ').at(-1)?.split(' ').slice(11, 13).map(Number) ?? [];
  return {
    residentMib: mib('VmRSS'),
    residentMibMax: mib('VmHWM'),
    cpuSeconds: (user + system) / TICKS_PER_SECOND,
    bytesRead: numberIn(read('io'), /^rchar: (\d+)$/m),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1]);
}
