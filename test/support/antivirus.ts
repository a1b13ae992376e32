import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const START_MS = 120_000;
/** The one signature that is known. */
export const VIRUS = 'UNDERSTUDY-TRIAL-VIRUS\n';

/** ClamAV with on-access scanning of a folder: what holds {@link VIRUS} can't be opened there. Needs root. */
export class Antivirus implements AsyncDisposable {
  readonly #home: string;
  readonly #processes: ChildProcess[] = [];
  #output = '';

  private constructor(home: string) {
    this.#home = home;
  }

  /** Returns once it works. @param infected - a file in the folder that holds the virus. */
  static async start(folder: string, infected: string): Promise<Antivirus> {
    const home = fs.mkdtempSync(join(tmpdir(), 'understudy-clamav-'));
    const antivirus = new Antivirus(home);
    try {
      antivirus.#configure(folder);
      antivirus.#run('clamd', '-c', join(home, 'clamd.conf'));
      await antivirus.#seen('clamd to listen', () => fs.existsSync(join(home, 'socket')));
      antivirus.#run('clamonacc', '--fdpass', '--foreground', '-c', join(home, 'clamd.conf'));
      await antivirus.#seen('the virus to be found', () => isDenied(infected));
      return antivirus;
    } catch (error) {
      await antivirus[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of clamonacc, which decides who may open what. */
  get pid(): number {
    return this.#processes[1]?.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes.reverse()) {
      const exit = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGKILL')) await exit;
    }
    fs.rmSync(this.#home, { recursive: true });
  }

  #configure(folder: string): void {
    const lines = furnishClamd(this.#home, { folder });
    fs.writeFileSync(join(this.#home, 'clamd.conf'), `${lines.join('\n')}\n`);
  }

  #run(program: string, ...parameters: string[]): void {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        this.#output += data.toString();
      });
    this.#processes.push(child);
  }

  async #seen(what: string, look: () => boolean): Promise<void> {
    await until(what, START_MS, (seen) => {
      seen(this.#output);
      return look() ? true : null;
    });
  }
}

/**
 * Furnishes a folder for clamd, which knows {@link VIRUS} then.
 * @param options.folder - what clamonacc watches, and refuses the virus in.
 * @param options.seenAs - how they name the folder for clamd; as this machine does where it is left out.
 * @returns lines for clamd.conf.
 */
export function furnishClamd(home: string, options: { readonly folder: string; readonly seenAs?: string }): string[] {
  const { folder, seenAs = home } = options;
  const signature = Buffer.from(VIRUS.trim()).toString('hex');
  fs.mkdirSync(join(home, 'signatures'), { recursive: true });
  // Its user makes the socket there.
  fs.chmodSync(home, 0o777);
  fs.writeFileSync(join(home, 'signatures/trial.ndb'), `Understudy.Trial:0:*:${signature}\n`);
  return [
    `DatabaseDirectory ${seenAs}/signatures`,
    `LocalSocket ${seenAs}/socket`,
    // Its user need not be able to write to the usual one.
    `TemporaryDirectory ${seenAs}`,
    'Foreground yes',
    'User clamav',
    // It must not wait for its own answer.
    'OnAccessExcludeUname clamav',
    `OnAccessIncludePath ${folder}`,
    'OnAccessPrevention yes',
  ];
}

export function isDenied(file: string): boolean {
  try {
    fs.readFileSync(file);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
