import { readdirSync, readFileSync } from 'node:fs';
import { attempt, otherProcesses, whereItLeads } from '../processes/process-table.ts';
import { describeProcess, type ProcessFacts } from '../processes/processes.ts';

/** The process that listens at a TCP port of this machine; null where none is found. Looks at all processes. */
export function listenerAt(port: number): ProcessFacts | null {
  const wanted = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const inode of inodesListening(attempt(() => readFileSync(table, 'latin1')) ?? '', port)) {
      wanted.add(`socket:[${inode}]`);
    }
  }
  if (wanted.size === 0) return null;
  const found = otherProcesses().find((processId) => {
    const folder = `/proc/${processId}/fd`;
    const descriptors = attempt(() => readdirSync(folder)) ?? [];
    return descriptors.some((descriptor) => wanted.has(whereItLeads(`${folder}/${descriptor}`) ?? ''));
  });
  return found === undefined ? null : describeProcess(found);
}

/** Pure. @param table - text of /proc/net/tcp. */
export function inodesListening(table: string, port: number): string[] {
  const inodes: string[] = [];
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    const inode = fields[9];
    if (
      state === '0A' &&
      inode !== undefined &&
      Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16) === port
    ) {
      inodes.push(inode);
    }
  }
  return inodes;
}
