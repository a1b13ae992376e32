import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RECORD } from '../../src/intercept/record.ts';
import { KEEPER_SOCKET } from '../../src/keeper/protocol.ts';
import { endAll, processesWhere } from './ended-processes.ts';
import { FaultOrders } from './faults.ts';
import { dropMount } from './mounted-folder.ts';
import { SmallDisk } from './small-disk.ts';
import { until } from './until.ts';

const SERVER = new URL('./kept-server.ts', import.meta.url).pathname;
const DISK_MIB = 256;
const WAIT_MS = 120_000;
const FUSE_DEVICE = '/dev/fuse';

/** A folder that is intercepted by a process of its own, which has a keeper. Whoever works in it must be another process. */
export class KeptFolder implements AsyncDisposable {
  readonly folder: string;
  /** The same files, past the mount. */
  readonly underneath: string;
  readonly faults: FaultOrders;
  readonly #top: string;
  readonly #disk: SmallDisk;
  readonly #state: string;
  readonly #records: string;
  #server: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #said: string[] = [];

  private constructor() {
    this.#top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'understudy-kept-')));
    this.#disk = new SmallDisk(DISK_MIB, join(this.#top, 'disk'));
    this.folder = join(this.#top, 'disk', 'data');
    this.underneath = join(this.#top, 'beside', 'data');
    this.faults = new FaultOrders(join(this.#top, 'faults'));
    this.faults.end();
    this.#state = join(this.#top, 'state');
    this.#records = join(this.#top, 'records');
    for (const folder of [this.folder, this.#state, join(this.#top, 'beside')]) fs.mkdirSync(folder);
    // Bound before anything is mounted over the folder, so that it shows what lies there.
    execFileSync('mount', ['--bind', '--make-private', join(this.#top, 'disk'), join(this.#top, 'beside')]);
  }

  static async start(): Promise<KeptFolder> {
    const made = new KeptFolder();
    try {
      await made.serve();
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Another process serves it. @returns milliseconds from its start until it did. */
  async serve(): Promise<number> {
    const server = spawn(process.execPath, [SERVER, this.folder, this.#state, this.#records], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...this.faults.environment },
    });
    this.#server = server;
    // One that was killed may not be known to have ended yet.
    server.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => server.once('exit', () => resolve()));
    const lines: string[] = [];
    this.#said = lines;
    createInterface({ input: server.stdout }).on('line', (line) => lines.push(line));
    const said = await this.#next();
    if (!said.startsWith('ready ')) throw new Error(said);
    return Number(said.slice('ready '.length));
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.#server?.kill('SIGKILL');
    await this.ended();
  }

  /** Ends it, and leaves the folder to the next one. */
  async leave(): Promise<void> {
    this.#server?.kill('SIGUSR2');
    await this.ended();
  }

  /** @returns `drained`, or `lost` where records are missing; of the next process where this one ends meanwhile. */
  async state(): Promise<string> {
    for (;;) {
      const state = await Promise.race([this.ended().then(() => null), this.#ask('drain')]);
      if (state !== null) return state;
      await this.serve();
    }
  }

  /** Waits for what only comes while the folder is served: a process that ends meanwhile is followed by another one. */
  async served<Result>(what: Promise<Result>): Promise<Result> {
    const came = what.then((result) => ({ result }));
    for (;;) {
      const first = await Promise.race([came, this.ended().then(() => null)]);
      if (first !== null) return first.result;
      await this.serve();
    }
  }

  ended(): Promise<void> {
    return this.#ended;
  }

  /** Every record so far once, in their order. */
  async records(): Promise<Buffer> {
    const answer = await this.state();
    if (answer !== 'drained') throw new Error(answer);
    const all = fs.readFileSync(this.#records);
    const kept: Buffer[] = [];
    let last = 0n;
    for (let at = 0; at < all.length; at += all.readUInt32LE(at)) {
      const order = all.readBigUInt64LE(at + RECORD.order);
      // The one that a process was about to be done with stands there twice.
      if (order > last) kept.push(all.subarray(at, at + all.readUInt32LE(at)));
      if (order > last) last = order;
    }
    return Buffer.concat(kept);
  }

  async stop(): Promise<string> {
    return await this.#ask('stop');
  }

  /** A folder beside it, on the same file system and not mounted over. */
  beside(name: string): string {
    return join(this.#top, 'disk', name);
  }

  get hasKeeper(): boolean {
    return fs.existsSync(join(this.#state, KEEPER_SOCKET));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    dropMount(this.folder);
    endKeeper(this.#state);
    dropMount(this.folder);
    spawnSync('umount', ['--lazy', '--force', '--quiet', join(this.#top, 'beside')]);
    this.#disk[Symbol.dispose]();
    fs.rmSync(this.#top, { recursive: true, force: true });
  }

  async #ask(order: string): Promise<string> {
    this.#server?.stdin?.write(`${order}\n`);
    return await this.#next();
  }

  async #next(): Promise<string> {
    // Of the one that serves now: who follows it says something else.
    const [server, lines] = [this.#server, this.#said];
    return await until('the server to say something', WAIT_MS, () => {
      const said = lines.shift() ?? null;
      if (said === null && (server?.exitCode ?? server?.signalCode ?? null) !== null) throw new Error('it has ended');
      return said;
    });
  }
}

/** Ends the keeper of a state folder, if there is one, as a crash would. It is gone when this returns. */
export function endKeeper(stateDirectory: string): void {
  endAll('the keeper', () => keepersOf(stateDirectory));
}

/**
 * What a keeper holds by now, as the kernel calls it: connections of intercepted folders, what lies underneath them, memory,
 * and files without a name.
 */
export function heldBy(keeper: number): string[] {
  const open = `/proc/${keeper}/fd`;
  const isHeld = (link: string): boolean => link === FUSE_DEVICE || link === '/' || link.endsWith(' (deleted)');
  try {
    const links = fs.readdirSync(open).map((name) => fs.readlinkSync(join(open, name)));
    return links.filter(isHeld).sort();
  } catch {
    // It, or a descriptor of it, is gone meanwhile.
    return [];
  }
}

/** Processes that keep for a state folder. */
export function keepersOf(stateDirectory: string): number[] {
  return processesWhere(
    'cmdline',
    (words) => words.some((word) => word.endsWith('/main/keeper.ts')) && words.includes(stateDirectory),
  );
}
