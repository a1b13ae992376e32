import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, uptime } from 'node:os';
import { attempt } from '../processes/process-table.ts';

/** What this machine and this program are, as lines for people. */
export function machineFacts(): string {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1] ?? 'an unknown system';
  return [
    `system: ${system}`,
    `kernel: Linux ${release()} ${process.arch}`,
    `node: ${process.version}`,
    `processors: ${cpus().length}`,
    `memory: ${totalmem()} bytes`,
    `up for: ${Math.round(uptime())} s`,
    '',
  ].join('\n');
}

/** File systems and where they are mounted, as the kernel lists them. */
export function mountTable(): string {
  return read('/proc/self/mountinfo');
}

function read(file: string): string {
  return attempt(() => readFileSync(file, 'utf8')) ?? '';
}
