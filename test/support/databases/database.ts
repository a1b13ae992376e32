import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../until.ts';

const START_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

/**
 * A database whose files lie in one folder. Programs work in it all the time: each enters 1, 2, 3, … under its own
 * number, and moves one unit between two accounts with each entry, so that a lost or a half-done commit shows.
 */
export interface Database extends AsyncDisposable {
  readonly name: string;
  /** Makes the files, and starts the server. */
  create(): Promise<void>;
  /** Begins to work, until {@link stop}. */
  work(): void;
  /** Ends the work and the server. @throws Error where the work met one. */
  stop(): Promise<void>;
  /**
   * Opens a copy of the files, as the database's own recovery makes them, and has all of them examined.
   * @param copy - of the parent folder.
   * @returns how many entries there are. @throws Error that says what is unsound.
   */
  look(copy: string): Promise<number>;
}

/** A running program; what it wrote is kept. */
export interface Running {
  readonly output: () => string;
  /** Its exit status, once it ended; null for a signal. */
  readonly ended: Promise<number | null>;
  /** Asks it, and what it started, to end; kills it when it does not. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const exec = promisify(execFile);

/** @param user - by name; null: root. @returns what it wrote. @throws Error with what it wrote where it fails. */
export async function command(user: string | null, program: string, args: readonly string[]): Promise<string> {
  const options = { ...idsOf(user), cwd: '/', maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await exec(program, [...args], options).catch(
    (error: Error & { stdout: string; stderr: string }) => {
      throw new Error(`${program} ${args.join(' ')}: ${error.stderr}${error.stdout}`, { cause: error });
    },
  );
  return stdout;
}

export function start(user: string | null, program: string, args: readonly string[]): Running {
  const child = spawn(program, [...args], {
    ...idsOf(user),
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return {
    output: () => output,
    ended,
    end: async (signal) => {
      const send = (what: NodeJS.Signals): void => {
        if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), what);
      };
      send(signal);
      const late = setTimeout(() => send('SIGKILL'), END_TIMEOUT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Waits until the server answers. @throws Error with what it wrote where it ends instead. */
export async function answers(what: string, server: Running, ask: () => Promise<unknown>): Promise<void> {
  let end: number | null | undefined;
  void server.ended.then((status) => (end = status));
  await until(`${what} to answer`, START_TIMEOUT_MS, async (seen) => {
    if (end !== undefined) throw new Error(`${what} ended with ${String(end)}:\n${server.output()}`);
    try {
      await ask();
      return true;
    } catch (error) {
      seen(`${String(error)}\n${server.output()}`);
      return null;
    }
  });
}

/** A folder for a server's sockets, open to every user. */
export function socketFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-db-'));
  fs.chmodSync(folder, 0o777);
  return folder;
}

function idsOf(user: string | null): { uid?: number; gid?: number } {
  if (user === null) return {};
  const id = (which: string): number => Number(execFileSync('id', [which, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
