import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Identity } from '../../src/api/status.ts';
import { AskedServer } from './asked-server.ts';
import { Child, Command, type End, type Ran } from './child.ts';
import { endAll, homeEnvironment, programsOf } from './ended-processes.ts';
import { FaultOrders } from './faults.ts';
import { dropMount, dropMountsBelow, isMountedOver } from './mounted-folder.ts';
import { until } from './until.ts';

const ANSWER_TIMEOUT_MS = 120_000;

/** Where one server of a trial keeps everything; may be a mount of its own. */
export interface ServerPlace {
  readonly identity: Identity;
  readonly home: string;
  /** For output, outside of `home`, so that it outlives what is done to it. */
  readonly log: string;
  readonly channelPort: number;
  /** Where it listens; the loopback address by default. */
  readonly host?: string | undefined;
  /** The network namespace that it lives in; ours where undefined. */
  readonly namespace?: string | undefined;
  /** The daemon's user; ours where undefined. */
  readonly user?: number | undefined;
  /** The daemon's calls can be made to fail. */
  readonly faults?: boolean | undefined;
}

export interface LaunchOptions {
  readonly preload?: string;
  readonly path?: string;
  /** Of another build. */
  readonly root?: string;
}

/** One server of a pair on this machine: its folders, its daemon, its commands. */
export class TrialServer extends AskedServer {
  readonly place: ServerPlace;
  /** Of no use where the place has none. */
  readonly faults: FaultOrders;
  #home: string;
  #daemon: Child | null = null;

  constructor(place: ServerPlace) {
    super();
    this.place = place;
    this.#home = place.home;
    this.faults = new FaultOrders(`${place.log}.faults`);
    for (const folder of [this.base, this.stateDirectory, join(this.#home, 'config')]) {
      fs.mkdirSync(folder, { recursive: true });
    }
  }

  get title(): string {
    return this.place.identity;
  }

  get base(): string {
    return join(this.#home, 'base');
  }

  /** The protected folder. */
  get data(): string {
    return join(this.base, 'data');
  }

  /**
   * The protected folder as it lies on the disk, past what the daemon mounted over it: also while the daemon stands
   * still. Where it was killed, what it left is taken away.
   */
  get underneath(): string {
    const { data } = this;
    if (this.#daemon === null) dropMount(data);
    if (this.#daemon === null || !isMountedOver(data)) return data;
    return underneathOf(this.#daemon.pid);
  }

  get stateDirectory(): string {
    return join(this.#home, 'state');
  }

  get serverFile(): string {
    return join(this.#home, 'config/server.yaml');
  }

  get pairFile(): string {
    return join(this.#home, 'config/pair.yaml');
  }

  get daemon(): Child | null {
    return this.#daemon;
  }

  /** Starts the daemon and waits until it answers. */
  async start(options: LaunchOptions = {}): Promise<void> {
    const daemon = this.launch(options);
    await until(`the ${this.place.identity} daemon to answer`, ANSWER_TIMEOUT_MS, async (seen) => {
      if (daemon.end !== null) throw new Error(`The daemon ended with ${daemon.end}:\n${this.log()}`);
      try {
        return await this.status();
      } catch (error) {
        seen(String(error));
        return null;
      }
    });
  }

  /** Starts the daemon and does not wait for anything. */
  launch(more: LaunchOptions = {}): Child {
    const faults = this.place.faults === true ? this.faults.environment : {};
    const environment = { ...homeEnvironment(this.#home), ...faults };
    const { log: output, user, namespace } = this.place;
    const options = { output, user, namespace, environment, ...more };
    this.#daemon = new Child('src/main/understudy.ts', ['run', '--config', this.serverFile], options);
    return this.#daemon;
  }

  async stop(): Promise<End> {
    const end = (await this.#daemon?.stop()) ?? 0;
    this.#daemon = null;
    return end;
  }

  /** All of it ends at once, what it has started and its mounts as well, as with its machine. */
  async kill(): Promise<void> {
    await this.crash();
    endAll(`what ${this.place.identity} has started`, () => programsOf(this.#home));
    dropMountsBelow(this.#home);
  }

  /** The daemon alone is killed: where it intercepts folders, who works there waits for the next one. */
  async crash(): Promise<void> {
    // A turn in which its end is heard of.
    await new Promise((resolve) => setImmediate(resolve));
    const end = this.#daemon?.end ?? null;
    // For whoever looks why a test failed: nothing else would tell.
    if (end !== null) fs.appendFileSync(this.place.log, `The daemon had ended before, with ${end}.\n`);
    await this.#daemon?.kill();
    this.#daemon = null;
  }

  /** The daemon ends, and leaves intercepted folders to the next one. */
  async leave(): Promise<End> {
    const end = (await this.#daemon?.leave()) ?? 0;
    this.#daemon = null;
    return end;
  }

  command(...args: string[]): Command {
    const { user, namespace } = this.place;
    const options = { ...(user === undefined ? {} : { user }), ...(namespace === undefined ? {} : { namespace }) };
    return new Command([...args, '--config', this.serverFile], options);
  }

  run(...args: string[]): Promise<Ran> {
    return this.command(...args).ran;
  }

  /** Everything the daemon has written. */
  log(): string {
    return fs.existsSync(this.place.log) ? fs.readFileSync(this.place.log, 'utf8') : '';
  }

  /** From now on everything lies elsewhere; what is there must be a copy of this home, made while no daemon ran. */
  moveTo(home: string): void {
    this.#home = home;
  }
}

/** A folder that a process has open in a mount of its own: as which it sees it is its root. */
function underneathOf(pid: number): string {
  const own = fs.statSync('/');
  const folder = `/proc/${pid}/fd`;
  const found = fs.readdirSync(folder).find((descriptor) => {
    const link = `${folder}/${descriptor}`;
    try {
      if (fs.readlinkSync(link) !== '/') return false;
      const { dev, ino } = fs.statSync(link);
      return dev !== own.dev || ino !== own.ino;
    } catch (error) {
      // Closed since they were listed.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
  if (found === undefined) throw new Error(`Process ${pid} has nothing open underneath a mount`);
  return `${folder}/${found}`;
}

const portsGiven = new Set<number>();

/** A TCP port of this machine that nobody uses at the moment; another one each time, for none is used before the next is asked for. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (isGiven(port)) continue;
    portsGiven.add(port);
    return port;
  }
}

/** Was the port given to a server, which may not listen on it yet, or not at the moment? */
export function isGiven(port: number): boolean {
  return portsGiven.has(port);
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return address.port;
}
