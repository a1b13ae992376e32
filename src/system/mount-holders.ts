import { readdirSync, readFileSync } from 'node:fs';
import { type Mount, mounts } from './mounts.ts';
import { attempt, mapsOf, otherProcesses, whereItLeads } from './process-table.ts';
import { describeProcess, type ProcessFacts } from './processes.ts';

/**
 * Other processes that keep a mount from being ended: something in it is open, mapped, or their working folder.
 * Nothing in the mount is looked at, for who serves it may not answer.
 */
export function mountHolders(path: string): ProcessFacts[] {
  const mount = mounts().findLast((one) => one.path === path);
  if (mount === undefined) return [];
  const device = deviceInMaps(mount);
  return otherProcesses()
    .filter((processId) => holds(processId, mount, device))
    .map(describeProcess)
    .filter((facts) => facts !== null);
}

/** As /proc/PID/maps writes it: in hexadecimal. */
function deviceInMaps({ device }: Mount): string {
  const parts = device.split(':').map((part) => Number(part).toString(16).padStart(2, '0'));
  return parts.join(':');
}

function holds(processId: number, { id, path }: Mount, device: string): boolean {
  const folder = `/proc/${processId}`;
  // Links are read one byte to a character.
  const root = Buffer.from(path).toString('latin1');
  for (const link of ['cwd', 'root']) {
    const at = attempt(() => whereItLeads(`${folder}/${link}`));
    if (at === root || at?.startsWith(`${root}/`) === true) return true;
  }
  for (const descriptor of attempt(() => readdirSync(`${folder}/fdinfo`)) ?? []) {
    const about = attempt(() => readFileSync(`${folder}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    if (/^mnt_id:\s*(\d+)/m.exec(about)?.[1] === id) return true;
  }
  return (mapsOf(processId) ?? '').split('\n').some((line) => line.split(/\s+/)[3] === device);
}
