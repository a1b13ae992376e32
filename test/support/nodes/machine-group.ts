import fs from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';

const ROOT = '/sys/fs/cgroup';
/** Each is a hierarchy of control groups that systemd works with; one machine has the first, or the other two. */
const HIERARCHIES = fs.existsSync(join(ROOT, 'cgroup.controllers'))
  ? [ROOT]
  : ['systemd', 'unified'].map((name) => join(ROOT, name)).filter((folder) => fs.existsSync(folder));
const GONE_MS = 120_000;

/**
 * A control group of its own for a node. The systemd in it makes its groups below the one that it finds itself in, and
 * two of them in one group would take each other's processes for their own.
 */
export class MachineGroup {
  readonly #folders: readonly string[];

  constructor(name: string) {
    this.#folders = HIERARCHIES.map((hierarchy) => join(hierarchy, name));
    for (const folder of this.#folders) fs.mkdirSync(folder, { recursive: true });
  }

  /** Lines of a shell that puts itself, and what it becomes, into the group. */
  get entering(): string {
    return this.#folders.map((folder) => `echo $$ > '${folder}/cgroup.procs'`).join('\n');
  }

  /** Ends whatever is in it at once. */
  kill(): void {
    for (const folder of this.#folders) for (const id of processesIn(folder)) endProcess(id);
  }

  /** Whatever is in it has been killed, and may take a moment to be gone. */
  async remove(): Promise<void> {
    for (const folder of this.#folders) {
      await until(`the control group ${folder} to be empty`, GONE_MS, (seen) => {
        try {
          removeGroups(folder);
          return true;
        } catch (error) {
          seen(String(error));
          return null;
        }
      });
    }
  }
}

/** The files in it are the kernel's and go with it. */
function removeGroups(folder: string): void {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  fs.rmdirSync(folder);
}

function processesIn(folder: string): number[] {
  const inner = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const own = fs.readFileSync(join(folder, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean).map(Number);
  return [...own, ...inner.flatMap(({ name }) => processesIn(join(folder, name)))];
}

function endProcess(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    // It ended since it was listed.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
