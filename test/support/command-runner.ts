/*
 * `node command-runner.ts`: runs commands of `understudy` beside each other in one process, as if each were a process of
 * its own: one JSON line `{ "id", "args" }` on standard input each, and for it lines `{ "id", "out" | "error" | "status" }`
 * on standard output. It ends with its input.
 */
import { createInterface } from 'node:readline';
import { pairing } from '../../src/daemon/channel/pairing-commands.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { CliDoors } from '../../src/cli/doors.ts';
import { systemClock } from '../../src/system/machine/clock.ts';
import { packageVersion } from '../../src/system/machine/package-facts.ts';
import { textFiles } from '../../src/system/machine/terminal.ts';
import { systemTimers } from '../../src/system/machine/timers.ts';
import { localHttp } from '../../src/system/network/local-http.ts';

interface Order {
  readonly id: number;
  readonly args: readonly string[];
}

function tell(id: number, what: object): void {
  process.stdout.write(`${JSON.stringify({ id, ...what })}\n`);
}

function notHere(): never {
  throw new Error('only in a process of its own');
}

function doorsOf(id: number): CliDoors {
  return {
    terminal: {
      outIsScreen: false,
      errorIsScreen: false,
      canAsk: false,
      colour: false,
      size: () => ({ columns: 80, rows: 24 }),
      out: (out) => tell(id, { out }),
      error: (error) => tell(id, { error }),
      ask: () => Promise.resolve(null),
      onInterrupt: () => () => {},
    },
    files: textFiles,
    http: localHttp,
    clock: systemClock,
    timers: systemTimers,
    pairing,
    runDaemon: notHere,
    preflight: notHere,
    collect: notHere,
    releaseServices: notHere,
    runDemo: notHere,
    version: packageVersion(),
    workingDirectory: process.cwd(),
  };
}

async function carryOut({ id, args }: Order): Promise<void> {
  tell(id, { status: await runCommandLine(args, doorsOf(id)) });
}

createInterface({ input: process.stdin })
  .on('line', (line) => void carryOut(JSON.parse(line) as Order))
  .on('close', () => process.exit());
