import { readdirSync, readFileSync } from 'node:fs';
import { attempt, mapsOf, otherProcesses, whereItLeads } from './process-table.ts';
import { describeProcess, type ProcessFacts } from './processes.ts';

/**
 * Other processes that keep a mount from being ended: something in it is open, mapped, or their working folder.
 * Nothing in the mount is looked at, for who serves it may not answer.
 */
export function mountHolders(path: string): ProcessFacts[] {
  const mount = lastMountAt(path);
  if (mount === null) return [];
  return otherProcesses()
    .filter((processId) => holds(processId, path, mount))
    .map(describeProcess)
    .filter((facts) => facts !== null);
}

interface MountFacts {
  readonly id: string;
  /** As /proc/PID/maps writes it. */
  readonly device: string;
}

function lastMountAt(path: string): MountFacts | null {
  let found: MountFacts | null = null;
  for (const line of readFileSync('/proc/self/mountinfo', 'latin1').split('\n')) {
    const [id = '', , device = '', , at] = line.split(' ');
    if (at !== escaped(path)) continue;
    const digits = device.split(':').map((part) => Number(part).toString(16).padStart(2, '0'));
    found = { id, device: digits.join(':') };
  }
  return found;
}

/** As mountinfo writes a path. */
function escaped(path: string): string {
  return Buffer.from(path)
    .toString('latin1')
    .replace(/[\t\n \\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function holds(processId: number, path: string, mount: MountFacts): boolean {
  const folder = `/proc/${processId}`;
  for (const link of ['cwd', 'root']) {
    const at = attempt(() => whereItLeads(`${folder}/${link}`));
    if (at === path || at?.startsWith(`${path}/`) === true) return true;
  }
  for (const descriptor of attempt(() => readdirSync(`${folder}/fdinfo`)) ?? []) {
    const about = attempt(() => readFileSync(`${folder}/fdinfo/${descriptor}`, 'latin1')) ?? '';
    if (/^mnt_id:\s*(\d+)/m.exec(about)?.[1] === mount.id) return true;
  }
  return (mapsOf(processId) ?? '').split('\n').some((line) => line.split(/\s+/)[3] === mount.device);
}
