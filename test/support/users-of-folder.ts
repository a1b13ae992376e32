import fs from 'node:fs';
import { until } from './until.ts';

const ENDED_WITHIN_MS = 60_000;

/** Kills every process that has something open below the folder, or works there: as with its machine. */
export async function endUsersOf(folder: string): Promise<void> {
  await until(`nobody to use ${folder}`, ENDED_WITHIN_MS, (seen) => {
    const users = usersOf(folder);
    seen(users.join());
    for (const user of users) kill(user);
    return users.length === 0 ? true : null;
  });
}

/** It may end by itself meanwhile. */
function kill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function usersOf(folder: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((id) => linksOf(id).some((link) => link === folder || link.startsWith(`${folder}/`)))
    .map(Number);
}

/** Of what a process has open; none where it has ended meanwhile, or nobody may look at it. */
function linksOf(id: string): string[] {
  try {
    const open = fs.readdirSync(`/proc/${id}/fd`).map((name) => `/proc/${id}/fd/${name}`);
    return [`/proc/${id}/cwd`, ...open].map((path) => fs.readlinkSync(path));
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
