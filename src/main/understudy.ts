import { runCommandLine } from '../cli/command-line.ts';
import { Failures } from '../problems/failures.ts';
import { pairing } from '../daemon/pairing-commands.ts';
import { runDaemon } from '../daemon/run-daemon.ts';
import { runDemo } from '../demo/demo.ts';
import { systemClock } from '../system/clock.ts';
import { localHttp } from '../system/local-http.ts';
import { packageVersion } from '../system/package-facts.ts';
import { processTerminal, textFiles } from '../system/terminal.ts';
import { systemTimers } from '../system/timers.ts';

/** The command `understudy`. */
async function main(): Promise<number> {
  const terminal = processTerminal();
  return await runCommandLine(process.argv.slice(2), {
    terminal,
    files: textFiles,
    http: localHttp,
    clock: systemClock,
    timers: systemTimers,
    pairing,
    runDaemon: async ({ configFile }) => {
      const end = await runDaemon(configFile);
      if (typeof end !== 'number') throw new Failures(end);
      return end;
    },
    runDemo: ({ args }) => runDemo({ args, terminal }),
    version: packageVersion(),
    // npm runs scripts in the package's folder; paths are meant from where the user typed.
    workingDirectory: process.env['INIT_CWD'] ?? process.cwd(),
  });
}

process.exitCode = await main();
