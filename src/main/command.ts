import type { Pairing } from '../api/pairing.ts';
import { runCommandLine } from '../cli/command-line.ts';
import type { DaemonBeginning } from '../daemon/begin-daemon.ts';
import { Failures } from '../problems/failures.ts';
import { systemClock } from '../system/machine/clock.ts';
import { localHttp } from '../system/network/local-http.ts';
import { isManaged } from '../system/processes/readiness.ts';
import { packageVersion } from '../system/machine/package-facts.ts';
import { processTerminal, textFiles } from '../system/machine/terminal.ts';
import { systemTimers } from '../system/machine/timers.ts';

/** What most commands don't need is loaded by those that do. */
const pairing: Pairing = {
  async *invite(options) {
    const { pairing: loaded } = await import('../daemon/channel/pairing-commands.ts');
    yield* loaded.invite(options);
  },
  async join(request) {
    const { pairing: loaded } = await import('../daemon/channel/pairing-commands.ts');
    return await loaded.join(request);
  },
};

/**
 * Runs one command to its end.
 * @param args - what was typed, without the program's own name.
 * @param beginning - of the daemon, where it has begun already.
 * @returns the exit status.
 */
export async function runCommand(
  args: readonly string[],
  { workingDirectory, beginning }: { readonly workingDirectory: string; readonly beginning: DaemonBeginning | null },
): Promise<number> {
  const terminal = processTerminal();
  return await runCommandLine(args, {
    terminal,
    files: textFiles,
    http: localHttp,
    clock: systemClock,
    timers: systemTimers,
    pairing,
    runDaemon: async ({ configFile }) => {
      const { beginDaemon } = await import('../daemon/begin-daemon.ts');
      const { startDaemon } = await import('../daemon/start-daemon.ts');
      const begun = beginning ?? beginDaemon(configFile);
      const end = await startDaemon(configFile, begun);
      if (typeof end === 'number') return end;
      const { putOffNextTry } = await import('../daemon/next-try.ts');
      const ranMs = process.uptime() * 1000;
      await putOffNextTry({ isManaged: isManaged(), ranMs, stopAsked: begun.stopAsked, timers: systemTimers });
      throw new Failures(end);
    },
    preflight: async ({ configFile }) => {
      const { preflightHere } = await import('../daemon/preflight-here.ts');
      const { findings, identity } = await preflightHere({ configFile, isRunning: false, bytesPerSecond: 0 });
      return { findings: [...findings], servers: [identity] };
    },
    collect: async ({ configFile }) => {
      const { collectHere } = await import('../daemon/status/collect.ts');
      return { servers: [collectHere(configFile, null)] };
    },
    releaseServices: async ({ configFile }) => {
      const { releaseServices } = await import('../daemon/services/release-services.ts');
      return await releaseServices(configFile);
    },
    runDemo: async ({ args }) => {
      const { runDemo } = await import('../demo/demo.ts');
      return await runDemo({ args, terminal });
    },
    version: packageVersion(),
    workingDirectory,
  });
}
