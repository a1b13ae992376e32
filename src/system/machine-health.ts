import { readdirSync, readFileSync } from 'node:fs';
import type { Descriptors, MachineHealth, MemoryPressure } from '../kernel/machine-health.ts';
import { PendingCalls } from './pending-calls.ts';

/** What the kernel tells in /proc and in the control groups. For one thread. */
export function machineHealth(): MachineHealth {
  const pending = new PendingCalls();
  let limit = Number.NaN;
  const pressureFiles = [ownGroupsPressure(), '/proc/pressure/memory'].filter((file) => file !== null);
  return {
    pendingCalls: (now, isSilent) => pending.look(now, isSilent),
    descriptors: () => {
      const found = descriptors(limit);
      limit = found?.limit ?? limit;
      return found;
    },
    memoryPressure: () => {
      for (const file of pressureFiles) {
        const pressure = pressureIn(textOf(file), file);
        if (pressure !== null) return pressure;
      }
      return null;
    },
    sinceBootMs: () => {
      const seconds = Number.parseFloat(textOf('/proc/uptime'));
      return Number.isFinite(seconds) ? seconds * 1000 : null;
    },
    processorMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
  };
}

/** @param text - of a file of pressure stall information (Documentation/accounting/psi.rst of the kernel). */
export function pressureIn(text: string, source: string): MemoryPressure | null {
  const some = /^some avg10=(\d+\.?\d*)/m.exec(text)?.[1];
  return some === undefined ? null : { somePercent: Number(some), source };
}

/** With none left not even the limit can be read. @param before - the limit as of the last time. */
function descriptors(before: number): Descriptors | null {
  const told = /^Max open files\s+(\d+)/m.exec(textOf('/proc/self/limits'))?.[1];
  const limit = told === undefined ? before : Number(told);
  if (!Number.isFinite(limit)) return null;
  try {
    // One of them is the list's own.
    return { used: readdirSync('/proc/self/fd').length - 1, limit };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? { used: limit, limit } : null;
  }
}

/** Of the control group this process is in, where the machine has groups of the second version. */
function ownGroupsPressure(): string | null {
  const group = /^0::(\/.*)$/m.exec(textOf('/proc/self/cgroup'))?.[1];
  return group === undefined || group === '/' ? null : `/sys/fs/cgroup${group}/memory.pressure`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
