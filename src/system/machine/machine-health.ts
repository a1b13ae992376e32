import { openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { Descriptors, MachineHealth, MemoryPressure } from '../../kernel/machine-health.ts';
import { PendingCalls } from '../native/pending-calls.ts';

/** What the kernel tells in /proc and in the control groups. For one thread. */
export function machineHealth(): MachineHealth {
  const pending = new PendingCalls();
  let limit = Number.NaN;
  const ownPressure = ownGroupsPressure(textOf('/proc/self/cgroup'), textOf('/proc/self/mounts'));
  const pressureFiles = [ownPressure, '/proc/pressure/memory'].filter((file) => file !== null);
  // Opened now: when the table is full, nobody opens anything.
  const openFiles = openedAt('/proc/sys/fs/file-nr');
  return {
    pendingCalls: (now, isSilent) => pending.look(now, isSilent),
    descriptors: () => {
      const found = descriptors(limit);
      limit = found?.limit ?? limit;
      return found;
    },
    machineDescriptors: () => (openFiles === null ? null : openFilesIn(readAgain(openFiles))),
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
  const total = /^some .*\btotal=(\d+)/m.exec(text)?.[1];
  return total === undefined ? null : { waitedMs: Number(total) / 1000, source };
}

/** @param text - of /proc/sys/fs/file-nr: files in use, files that are free (always 0), how many there may be. */
export function openFilesIn(text: string): Descriptors | null {
  const [used = Number.NaN, , limit = Number.NaN] = text.trim().split(/\s+/).map(Number);
  return used >= 0 && limit > 0 ? { used, limit } : null;
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
    return code === 'EMFILE' ? { used: limit, limit } : null;
  }
}

/**
 * Of the control group this process is in, where the machine has groups of the second version.
 * @param groups - of /proc/self/cgroup. @param mounts - of /proc/self/mounts: the tree may lie beside the older ones.
 */
export function ownGroupsPressure(groups: string, mounts: string): string | null {
  const group = /^0::(\/.*)$/m.exec(groups)?.[1];
  const tree = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  return group === undefined || group === '/' || tree === undefined ? null : `${tree}${group}/memory.pressure`;
}

function openedAt(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch {
    return null;
  }
}

/** All of a short file of the kernel's, from its beginning. */
function readAgain(file: number): string {
  const bytes = Buffer.alloc(256);
  try {
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
  } catch {
    return '';
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
