import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed } from 'vitest';
import type { PairFileValues } from '../../../src/settings/pair-schema.ts';
import { allSynchronized } from '../asked-server.ts';
import { proofRuns } from '../proof-runs.ts';
import { until } from '../until.ts';
import { NodeNetwork } from './node-network.ts';
import { COMMAND, NodeServer } from './node-server.ts';

const PAIRED_MS = 120_000;
const SYNCHRONIZED_MS = 120_000;
const INCLUDE = ['/srv/data/**'];
/** Of two machines on one network; one that others use may stand still for longer than those two allow each other. */
export const ON_ONE_NETWORK = proofRuns({ short: 'default' as const, full: 'lan' as const });

export interface NodePairOptions {
  /** Keys of pair.yaml besides its name; what is protected is `/srv/data/**`. */
  readonly pairSettings?: Partial<PairFileValues>;
  /** Furnishes a machine before it boots for the first time. */
  readonly furnish?: (server: NodeServer) => void;
}

/** Two machines with systemd, each with a daemon as a service, one cable between them. */
export class NodePair implements AsyncDisposable {
  readonly active: NodeServer;
  readonly passive: NodeServer;
  readonly network: NodeNetwork;
  readonly #top: string;
  #lastLogs = '';

  constructor() {
    this.#top = fs.mkdtempSync(join(tmpdir(), 'understudy-nodes-'));
    const name = `understudy-${process.pid}`;
    this.network = new NodeNetwork(name);
    const server = (identity: 'primary' | 'secondary', index: 0 | 1): NodeServer => {
      const place = join(this.#top, identity);
      fs.mkdirSync(place);
      return new NodeServer({
        identity,
        name: `${name}-${identity}`,
        place,
        networkNamespace: this.network.names[index],
      });
    };
    this.active = server('primary', 0);
    this.passive = server('secondary', 1);
  }

  get servers(): readonly NodeServer[] {
    return [this.active, this.passive];
  }

  /** Boots both, pairs them as a user would, and waits until both daemons answer. */
  async start(options: NodePairOptions): Promise<void> {
    const [first, second] = this.network.addresses;
    // This machine works past whatever a node mounts over its folder.
    const settings = { capture: 'watch', ...options.pairSettings } as const;
    const protect = { files: { include: INCLUDE }, ...settings.protect };
    this.active.writeSettings(first, second, { ...settings, protect });
    this.passive.writeSettings(second, first, { ...settings, protect });
    for (const server of this.servers) options.furnish?.(server);
    await Promise.all(this.servers.map(({ node }) => node.boot()));
    await Promise.all(this.servers.map((server) => server.answers()));
    await this.#join();
  }

  async #join(): Promise<void> {
    const printed = '/var/token';
    fs.writeFileSync(this.active.node.file(printed), '');
    const invite = this.active.node.run('sh', '-c', `sh '${COMMAND}' invite > ${printed}`);
    const token = await until('a token', PAIRED_MS, () => {
      const text = fs.readFileSync(this.active.node.file(printed), 'utf8');
      return text.endsWith('\n') ? text.trim() : null;
    });
    const joined = await this.passive.run('join', token);
    const invited = await invite;
    for (const [what, ran] of Object.entries({ join: joined, invite: invited }))
      if (ran.status !== 0) throw new Error(`${what} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
  }

  /** Takes the protected services into the pair's hands, once the two servers agree on what that means. */
  async adopted(): Promise<void> {
    await until('the services to be adopted', PAIRED_MS, async (seen) => {
      const { status, stderr } = await this.active.run('services', 'adopt', '--yes');
      seen(stderr);
      return status === 0 ? true : null;
    });
  }

  async synchronized(options: { readonly timeoutMs?: number; readonly after?: number } = {}): Promise<void> {
    await allSynchronized(this.servers, { timeoutMs: SYNCHRONIZED_MS, after: 0, ...options });
  }

  /** What both wrote; of one that does not run what is on its console. */
  async logs(): Promise<string> {
    const parts = await Promise.all(
      this.servers.map(async (server) => {
        const said = await server.log().catch(String);
        return `--- ${server.title} ---\n${server.node.log()}\n${said}`;
      }),
    );
    return parts.join('\n');
  }

  /** As they were when the pair ended, once it has. */
  get lastLogs(): string {
    return this.#lastLogs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lastLogs = await this.logs();
    for (const server of this.servers) await server.remove();
    this.network.remove();
    fs.rmSync(this.#top, { recursive: true, force: true });
  }
}

/** Boots and pairs two machines; what both wrote is shown when the test fails. */
export async function startNodePair(options: NodePairOptions = {}): Promise<NodePair> {
  const pair = new NodePair();
  onTestFailed(() => {
    process.stderr.write(`${pair.lastLogs}\n`);
  });
  try {
    await pair.start(options);
  } catch (error) {
    await pair[Symbol.asyncDispose]();
    throw error;
  }
  return pair;
}
