import { readdirSync, readFileSync } from 'node:fs';
import type { FuseMount } from './fuse-mount.ts';
import { isIn } from './mounts.ts';
import { attempt, mapsOf, otherProcesses, whereItLeads } from '../processes/process-table.ts';
import { describeProcess, type ProcessFacts } from '../processes/processes.ts';

/**
 * Other processes that keep a mount from being ended: something in it is open, mapped, or their working folder.
 * Nothing in the mount is looked at, for who serves it may not answer.
 * @param isLeft - its path does not lead into it any more: a working folder there is somewhere else.
 */
export function mountHolders(mount: FuseMount, { isLeft }: { readonly isLeft: boolean }): ProcessFacts[] {
  const device = deviceInMaps(mount);
  return otherProcesses()
    .filter((processId) => holds(processId, mount, device) || (!isLeft && worksIn(processId, mount.path)))
    .map(describeProcess)
    .filter((facts) => facts !== null);
}

/** As /proc/PID/maps writes it: in hexadecimal. */
function deviceInMaps({ device }: FuseMount): string {
  const parts = device.split(':').map((part) => Number(part).toString(16).padStart(2, '0'));
  return parts.join(':');
}

/** Works in a folder of it, or has one as its root. */
function worksIn(processId: number, path: string): boolean {
  // Links are read one byte to a character.
  const root = Buffer.from(path).toString('latin1');
  return ['cwd', 'root'].some((link) => {
    const at = attempt(() => whereItLeads(`/proc/${processId}/${link}`));
    return at !== null && isIn(at, root);
  });
}

function holds(processId: number, { id }: FuseMount, device: string): boolean {
  const folder = `/proc/${processId}`;
  for (const descriptor of attempt(() => readdirSync(`${folder}/fdinfo`)) ?? []) {
    const about = attempt(() => readFileSync(`${folder}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    if (/^mnt_id:\s*(\d+)/m.exec(about)?.[1] === id) return true;
  }
  return (mapsOf(processId) ?? '').split('\n').some((line) => line.split(/\s+/)[3] === device);
}
