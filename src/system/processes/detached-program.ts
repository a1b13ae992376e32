import { spawn } from 'node:child_process';
import { noteStart } from './started-programs.ts';

/**
 * Starts a program of ours, under the same Node, that goes on when this process ends, however that comes about. It has no
 * input, and what it says is lost.
 */
export function startDetached(module: URL, parameters: readonly string[], nodeFlags: readonly string[] = []): void {
  const program = noteStart(() =>
    spawn(process.execPath, [...nodeFlags, module.pathname, ...parameters], {
      stdio: 'ignore',
      detached: true,
      cwd: '/',
    }),
  );
  // Whoever needs it finds that it does not answer.
  program.on('error', () => {});
  program.unref();
}
