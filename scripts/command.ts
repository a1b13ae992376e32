import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

export interface Outcome {
  /** 128 and more when a signal ended it. */
  readonly status: number;
  /** What it wrote on both streams, in the order it came; empty where it was shown instead. */
  readonly output: string;
}

/**
 * Runs a command from the root of the repository, with the installed tools and the pinned Node first
 * in its path, whatever Node the machine has.
 */
export function run(
  command: readonly string[],
  options: { show: boolean; environment?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const [program = '', ...parameters] = command;
  const path = [dirname(process.execPath), join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: ROOT,
      env: { ...process.env, ...options.environment, PATH: path },
      stdio: options.show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const parts: Buffer[] = [];
    child.stdout?.on('data', (part: Buffer) => parts.push(part));
    child.stderr?.on('data', (part: Buffer) => parts.push(part));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 128, output: Buffer.concat(parts).toString('utf8') }));
  });
}
