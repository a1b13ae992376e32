import { resolve } from 'node:path';
import { configFileOfRun } from '../cli/plain-run.ts';
import type { DaemonBeginning } from '../daemon/begin-daemon.ts';

/** The command `understudy`. A daemon's first steps are not kept waiting by what other commands need. */
async function main(): Promise<number> {
  const args = process.argv.slice(2);
  // npm runs scripts in the package's folder; paths are meant from where the user typed.
  const workingDirectory = process.env['INIT_CWD'] ?? process.cwd();
  const configFile = configFileOfRun(args);
  const beginning = configFile === null ? null : await begin(resolve(workingDirectory, configFile));
  const { runCommand } = await import('./command.ts');
  return await runCommand(args, { workingDirectory, beginning });
}

async function begin(configFile: string): Promise<DaemonBeginning> {
  const { beginDaemon } = await import('../daemon/begin-daemon.ts');
  const beginning = beginDaemon(configFile);
  // Who starts the daemon hears how it went.
  await beginning.goneOn.catch(() => {});
  return beginning;
}

process.exitCode = await main();
