import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Identity } from '../../src/api/status.ts';
import type { PairFileValues } from '../../src/settings/pair-schema.ts';
import type { ServerFileValues } from '../../src/settings/server-schema.ts';
import { compareManifests, manifestOf } from './manifest.ts';
import { removeTree } from './remove-tree.ts';
import { allSynchronized, brief } from './asked-server.ts';
import { CommandProcess, type RunCommand } from './command-process.ts';
import { freePort, TrialServer } from './server.ts';
import { until } from './until.ts';

const PAIRING_TIMEOUT_MS = 120_000;
const SYNCHRONIZED_TIMEOUT_MS = 120_000;
const WATCHED = { capture: 'watch' } as const;
export interface PairOptions {
  /**
   * Keys of pair.yaml that differ from what `init` writes, and `capture: watch`. Most tests are of what watching sees, do
   * something to a passive copy that nobody can where it is mounted over, move the folder, or have this process work in it
   * while its daemon stands still: it would wait for itself.
   */
  readonly pairSettings?: Partial<PairFileValues>;
  /** Keys of server.yaml that differ, for both or by identity. */
  readonly serverSettings?: (identity: Identity) => Partial<ServerFileValues>;
  readonly include?: readonly string[];
  /** Instead of a protected folder of its own: what `init --for` knows of an application, and nothing of `capture: watch`. */
  readonly application?: string;
  readonly exclude?: readonly string[];
  /** Fills the protected folder of the server that will be active, before any daemon runs. */
  readonly plant?: (folder: string) => void;
  /** The same on the other server. */
  readonly plantPassive?: (folder: string) => void;
  /** Where a server lives; by default in the pair's temporary folder. */
  readonly homes?: Readonly<Partial<Record<Identity, string>>>;
  readonly user?: number;
  /** The daemons' calls can be made to fail (faults.ts). */
  readonly faults?: boolean;
  /** Each server in a network namespace of its own, with an address there. */
  readonly network?: Readonly<
    Record<Identity, { readonly namespace: string; readonly host: string; readonly port: number }>
  >;
  /** Leaves the two unpaired. */
  readonly unpaired?: boolean;
}

/** Two servers of one pair on this machine; the primary one is active. Everything is gone once it is disposed of. */
export class Pair implements AsyncDisposable {
  readonly top: string;
  readonly active: TrialServer;
  readonly passive: TrialServer;
  #markers = 0;
  #logs = '';

  constructor(top: string, servers: { readonly active: TrialServer; readonly passive: TrialServer }) {
    this.top = top;
    this.active = servers.active;
    this.passive = servers.passive;
  }

  get servers(): readonly TrialServer[] {
    return [this.active, this.passive];
  }

  async start(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()));
  }

  /** Waits until both servers say Synchronized, in a status made after `after` (milliseconds since 1970). */
  async synchronized(options: { readonly timeoutMs?: number; readonly after?: number } = {}): Promise<void> {
    const { timeoutMs = SYNCHRONIZED_TIMEOUT_MS, after = 0 } = options;
    await allSynchronized(this.servers, { timeoutMs, after });
  }

  /**
   * Waits until everything done on the active server so far was seen by it, and both are Synchronized
   * with that knowledge. Notices come in order: what is done before the marker is known before it.
   */
  async settled(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const { timeoutMs = SYNCHRONIZED_TIMEOUT_MS } = options;
    const deadline = performance.now() + timeoutMs;
    const left = (): number => Math.max(0, deadline - performance.now());
    const name = `settled-${(this.#markers += 1)}`;
    fs.writeFileSync(join(this.active.data, name), '');
    const { user } = this.active.place;
    if (user !== undefined) fs.chownSync(join(this.active.data, name), user, user);
    await until('a marker to arrive', timeoutMs, async (seen) => {
      seen(JSON.stringify(brief(await this.active.statusOrNull())));
      return fs.existsSync(join(this.passive.data, name)) ? true : null;
    });
    fs.rmSync(join(this.active.data, name));
    await until('a marker to go', left(), () => (fs.existsSync(join(this.passive.data, name)) ? null : true));
    // Who asks for items gets all that is known by then into the status. The active server so knows the last
    // change, and takes what was applied from the other one's reports, which can only be behind.
    // Each asks the other for a part of it, which is not there for a moment where a heartbeat came late.
    for (const { client, title } of this.servers)
      await until(`the items of ${title}`, left(), () => client.call('files', { limit: 1 }));
    await this.synchronized({ timeoutMs: left() });
  }

  /** How the two protected folders differ, in words. */
  differences(): string[] {
    return compareManifests(manifestOf(this.active.data), manifestOf(this.passive.data));
  }

  logs(): string {
    return this.#logs === '' ? this.#readLogs() : this.#logs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(this.servers.map((server) => server.kill()));
    this.#logs = this.#readLogs();
    removeTree(this.top);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #readLogs(): string {
    return this.servers.map((server) => `--- ${server.place.identity} ---\n${server.log()}`).join('\n');
  }
}

/** A pair whose daemons run. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  return await built(options, (pair) => pair.start());
}

/** A pair that is paired (unless asked otherwise) and whose daemons don't run yet. */
export async function makePair(options: PairOptions = {}): Promise<Pair> {
  return await built(options, () => Promise.resolve());
}

async function built(options: PairOptions, then: (pair: Pair) => Promise<void>): Promise<Pair> {
  const top = fs.mkdtempSync(join(tmpdir(), 'understudy-pair-'));
  fs.chmodSync(top, 0o755);
  const place = async (identity: Identity): Promise<TrialServer> =>
    new TrialServer({
      identity,
      home: options.homes?.[identity] ?? join(top, identity),
      log: join(top, `${identity}.log`),
      channelPort: options.network?.[identity].port ?? (await freePort()),
      host: options.network?.[identity].host,
      namespace: options.network?.[identity].namespace,
      user: options.user,
      faults: options.faults,
    });
  const pair = new Pair(top, { active: await place('primary'), passive: await place('secondary') });
  try {
    plant(pair, options);
    await prepare(pair, options);
    await then(pair);
    return pair;
  } catch (error) {
    const logs = pair.logs();
    await pair[Symbol.asyncDispose]();
    throw new Error(`The pair could not be started\n${logs}`, { cause: error });
  }
}

function plant(pair: Pair, options: PairOptions): void {
  for (const server of pair.servers) fs.mkdirSync(server.data, { recursive: true });
  options.plant?.(pair.active.data);
  options.plantPassive?.(pair.passive.data);
  const { user } = options;
  if (user === undefined) return;
  for (const server of pair.servers) {
    // Base, state folder and settings lie in one home, and nothing in them follows a link.
    const home = dirname(server.base);
    const inside = fs.readdirSync(home, { recursive: true, encoding: 'utf8' });
    for (const path of [home, ...inside.map((name) => join(home, name))]) fs.lchownSync(path, user, user);
  }
}

type Runs = (server: TrialServer, args: readonly string[]) => RunCommand;

/** As a user would, by the same commands. Those of a network of its own need a process of their own. */
async function prepare(pair: Pair, options: PairOptions): Promise<void> {
  await using commands = new CommandProcess({ user: options.user });
  const run: Runs = (server, args) => commands.run([...args, '--config', server.serverFile]);
  await Promise.all(pair.servers.map((server) => initialise(server, pair, { options, run })));
  if (options.unpaired === true) return;
  await (options.network === undefined ? joinBoth(pair, run) : joinAcross(pair));
}

async function initialise(
  server: TrialServer,
  pair: Pair,
  context: { readonly options: PairOptions; readonly run: Runs },
): Promise<void> {
  const { options, run } = context;
  const { application, include = application === undefined ? ['/data/**'] : [], exclude = [] } = options;
  const other = server === pair.active ? pair.passive : pair.active;
  const { identity, channelPort } = server.place;
  const args = ['--pair', 'trial', '--identity', identity, '--base', server.base];
  const [host, peerHost] = [server, other].map(({ place }) => place.host ?? '127.0.0.1');
  args.push('--listen', `${host}:${channelPort}`, '--peer', `${peerHost}:${other.place.channelPort}`);
  args.push('--state-directory', server.stateDirectory, '--api-listen', `127.0.0.1:${await freePort()}`);
  if (application !== undefined) args.push('--for', application);
  for (const pattern of include) args.push('--include', pattern);
  for (const pattern of exclude) args.push('--exclude', pattern);
  const { status, stderr } = await run(server, ['init', ...args]).ran;
  if (status !== 0) throw new Error(`init ended with ${status}: ${stderr}`);
  changeSettings(server.pairFile, { ...(application === undefined ? WATCHED : {}), ...options.pairSettings });
  changeSettings(server.serverFile, options.serverSettings?.(identity) ?? {});
}

/** Replaces some keys of a settings file, which a daemon finds as it was or as it is to be; groups are merged. */
export function changeSettings(file: string, changes: object): void {
  if (Object.keys(changes).length === 0) return;
  const { mode, uid, gid } = fs.statSync(file);
  const aside = `${file}.changed`;
  fs.writeFileSync(aside, stringify(merged(parse(fs.readFileSync(file, 'utf8')), changes)));
  fs.chmodSync(aside, mode);
  fs.chownSync(aside, uid, gid);
  fs.renameSync(aside, file);
}

function merged(values: unknown, changes: object): object {
  const result: Record<string, unknown> = { ...(values as object | null) };
  for (const [key, value] of Object.entries(changes)) {
    const group = typeof value === 'object' && value !== null && !Array.isArray(value);
    result[key] = group ? merged(result[key], value) : value;
  }
  return result;
}

/** Pairs the two. */
async function joinBoth(pair: Pair, run: Runs): Promise<void> {
  const invite = run(pair.active, ['invite']);
  const joined = await run(pair.passive, ['join', await invite.firstLine]).ran;
  if (joined.status !== 0) throw new Error(`join ended with ${joined.status}: ${joined.stderr}`);
  const invited = await invite.ran;
  if (invited.status !== 0) throw new Error(`invite ended with ${invited.status}: ${invited.stderr}`);
}

/** The same, each in its network. */
async function joinAcross(pair: Pair): Promise<void> {
  const invite = pair.active.command('invite');
  try {
    const token = await until('a token', PAIRING_TIMEOUT_MS, (seen) => {
      seen(invite.stdout + invite.stderr);
      return invite.stdout.includes('\n') ? invite.stdout.trim() : null;
    });
    const joined = await pair.passive.run('join', token);
    if (joined.status !== 0) throw new Error(`join ended with ${joined.status}: ${joined.stderr}`);
    const invited = await invite.ran;
    if (invited.status !== 0) throw new Error(`invite ended with ${invited.status}: ${invited.stderr}`);
  } finally {
    invite.signal('SIGKILL');
  }
}
