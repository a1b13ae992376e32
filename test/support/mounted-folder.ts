import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Attempt } from '../../src/intercept/attempts.ts';
import { MOUNT_TYPE } from '../../src/system/mounts/fuse-mount.ts';
import { isIn, mounts } from '../../src/system/mounts/mounts.ts';
import { FaultOrders } from './faults.ts';
import { SmallDisk } from './small-disk.ts';
import { until } from './until.ts';

const SERVER = new URL('./mount-server.ts', import.meta.url).pathname;
/** Whoever has not answered by then hangs. */
const ANSWER_MS = 120_000;
const DISK_MIB = 512;

/** Is something of ours mounted over the folder? */
export function isMountedOver(folder: string): boolean {
  return mounts().findLast((mount) => mount.path === folder)?.type === MOUNT_TYPE;
}

/** Takes away what an interception left over a folder, whoever uses it. */
export function dropMount(folder: string): void {
  if (process.getuid?.() !== 0) return;
  while (isMountedOver(folder)) {
    spawnSync('umount', ['--lazy', '--force', '--quiet', folder]);
  }
}

/** The same of all folders below one. */
export function dropMountsBelow(folder: string): void {
  for (const { path, type } of mounts()) if (type === MOUNT_TYPE && isIn(path, folder)) dropMount(path);
}

/** Mounted at the moment; none may outlive the tests, for it would hang whoever comes by. */
const mounted = new Set<MountedFolder>();
process.on('exit', () => {
  for (const folder of mounted) folder.kill();
});

/** A folder on ext4 that is mounted over by a process of its own. Needs root. */
export class MountedFolder implements AsyncDisposable {
  /** Where applications work. */
  readonly folder: string;
  readonly recordsFile: string;
  /** For the server's calls of the kernel. They hold only where it was started with `faults`. */
  readonly faults: FaultOrders;
  #hasFaults = false;
  #excluded: readonly string[] = [];
  #unprotected: string | null = null;
  readonly #top: string;
  readonly #disk: SmallDisk;
  /** The same files, past the mount. */
  readonly underneath: string;
  #server: ChildProcess | null = null;
  /** What was said and not asked for yet. */
  readonly #answers: string[] = [];
  #awaits: ((answer: string) => void) | null = null;

  private constructor(diskMib: number) {
    this.#top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'understudy-mount-')));
    fs.chmodSync(this.#top, 0o755);
    this.#disk = new SmallDisk(diskMib, join(this.#top, 'disk'));
    this.folder = join(this.#top, 'disk', 'data');
    this.underneath = join(this.#top, 'beside', 'data');
    this.recordsFile = join(this.#top, 'records');
    this.faults = new FaultOrders(join(this.#top, 'faults'));
    this.faults.end();
    fs.mkdirSync(this.folder);
    // Bound before anything is mounted over the folder, so that it shows what lies there.
    fs.mkdirSync(join(this.#top, 'beside'));
    execFileSync('mount', ['--bind', '--make-private', join(this.#top, 'disk'), join(this.#top, 'beside')]);
    mounted.add(this);
  }

  /** @param before - fills the folder, before it is mounted over. */
  static async start(
    options: {
      readonly threads?: number;
      readonly diskMib?: number;
      readonly faults?: boolean;
      /** Folders below it that are not recorded. */
      readonly excluded?: readonly string[];
      /** Path of a folder in it that is not protected. */
      readonly unprotected?: string;
      readonly before?: (folder: string) => void;
    } = {},
  ): Promise<MountedFolder> {
    const made = new MountedFolder(options.diskMib ?? DISK_MIB);
    try {
      made.#hasFaults = options.faults === true;
      made.#excluded = options.excluded ?? [];
      made.#unprotected = options.unprotected ?? null;
      options.before?.(made.folder);
      const answer = await made.serve(options.threads);
      if (answer !== 'ready') throw new Error(answer);
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  get serverProcessId(): number {
    return this.#server?.pid ?? -1;
  }

  /** A folder beside it, on the same file system and not mounted over. */
  beside(name: string): string {
    return join(this.#top, 'disk', name);
  }

  /** @returns what the server says: `ready`, or a problem. */
  serve(threads = 2): Promise<string> {
    const server = spawn(
      process.execPath,
      [SERVER, this.folder, this.recordsFile, String(threads), ...this.#excluded],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {
          ...process.env,
          ...(this.#hasFaults ? this.faults.environment : {}),
          ...(this.#unprotected === null ? {} : { UNPROTECTED: this.#unprotected }),
        },
      },
    );
    this.#server = server;
    // One that was killed may not be known to have ended yet; that it has is told by itself.
    server.stdin.on('error', () => {});
    this.#answers.length = 0;
    const hear = (line: string): void => {
      // What one says that was killed, or refused before, is no news.
      if (this.#server === server) this.#hear(line);
    };
    createInterface({ input: server.stdout }).on('line', hear);
    server.once('exit', (status, signal) => hear(`ended ${status ?? signal}`));
    return this.#answer();
  }

  /** The passive server's way from now on: it refuses what the active server's records. @returns what the server says. */
  refuse(): Promise<string> {
    return this.#ask('refuse');
  }

  /** The active server's way from now on. @returns what the server says. */
  record(): Promise<string> {
    return this.#ask('record');
  }

  /** Has the server change the files underneath, as the passive server does (mount-server.ts). */
  change(): Promise<string> {
    return this.#ask('change');
  }

  /** Who was refused, since it was asked last. */
  async attempts(): Promise<readonly Attempt[]> {
    return JSON.parse(await this.#ask('attempts')) as readonly Attempt[];
  }

  /** All records so far. */
  async records(): Promise<Buffer> {
    const answer = await this.#ask('drain');
    if (answer !== 'drained') throw new Error(answer);
    return fs.readFileSync(this.recordsFile);
  }

  /** @returns `stopped`, or the problem. */
  stop(): Promise<string> {
    return this.#ask('stop');
  }

  /** Stops it as soon as nobody uses it. @returns `stopped` */
  stopOnceUnused(timeoutMs: number): Promise<string> {
    return until('the mount to end', timeoutMs, async (seen) => {
      const answer = await this.stop();
      seen(answer);
      return answer === 'stopped' ? answer : null;
    });
  }

  /** As {@link stop}, whoever uses it. */
  abort(): Promise<string> {
    return this.#ask('abort');
  }

  /** Mounts once more, in the same process. @returns `ready`, or the problem. */
  startAgain(): Promise<string> {
    return this.#ask('start');
  }

  /** How many descriptors its process has open. */
  async descriptors(): Promise<number> {
    return Number(await this.#ask('descriptors'));
  }

  /** What it says next by itself. */
  next(): Promise<string> {
    return this.#answer();
  }

  /** At once, whatever happens: in the mount everything fails from now on. */
  kill(): void {
    this.#server?.kill('SIGKILL');
    for (const path of [this.folder, join(this.#top, 'beside')]) {
      spawnSync('umount', ['--lazy', '--force', '--quiet', path]);
    }
    if (!mounted.delete(this)) return;
    this.#disk[Symbol.dispose]();
    fs.rmSync(this.#top, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = this.#server;
    if (fs.existsSync(this.#top)) this.faults.end();
    if (server !== null && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      const killer = setTimeout(() => server.kill('SIGKILL'), ANSWER_MS);
      server.stdin?.end();
      await ended;
      clearTimeout(killer);
    }
    this.kill();
  }

  #ask(order: string): Promise<string> {
    this.#server?.stdin?.write(`${order}\n`);
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const said = this.#answers.shift();
    if (said !== undefined) return said;
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(() => late.reject(new Error('the mount does not answer')), ANSWER_MS);
    this.#awaits = late.resolve;
    try {
      return await late.promise;
    } finally {
      clearTimeout(timer);
      this.#awaits = null;
    }
  }

  #hear(line: string): void {
    const awaits = this.#awaits;
    // Two lines may come at once: the second is not for who has heard the first and has not gone on yet.
    this.#awaits = null;
    if (awaits === null) this.#answers.push(line);
    else awaits(line);
  }
}
