import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fromData } from '../../../src/problems/problem.ts';
import type { RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { RegistryStore } from '../../../src/registry/registry-store.ts';
import type { RegistryTree } from '../../../src/registry/registry-tree.ts';
import { treeOf } from '../../../src/registry/registry.testing.ts';
import { WINE_ENVIRONMENT, WineRegistry } from '../registry/wine-registry.ts';
import { removeTree } from '../remove-tree.ts';
import { buildAgent, windowsNode } from './build.ts';
import { type Answer, fromTree, type Order, toTree, type WireEdit } from './orders.ts';

const STARTED_WITHIN_MS = 240_000;

/**
 * A Windows as far as Wine is one: a prefix of its own, in which a Node for Windows carries out calls of the store
 * there. Everything is gone once it is disposed of.
 */
export class WindowsMachine implements RegistryStore, AsyncDisposable {
  readonly shown = 'of Windows';
  readonly isWrittenInPlace = false;
  /** Of all calls, as they were measured there. */
  workedMs = 0;
  readonly #folder = fs.mkdtempSync(join(tmpdir(), 'understudy-windows-'));
  readonly #wine: WineRegistry;
  readonly #agent: string;
  /** Resolves when the agent has ended. */
  #ended: Promise<unknown> = Promise.resolve();
  #socket: Socket | null = null;
  readonly #waiting: { readonly done: (answer: Answer) => void; readonly failed: (error: Error) => void }[] = [];

  private constructor() {
    this.#wine = new WineRegistry({ base: this.#folder });
    // The version of Windows without which this Node does not run.
    this.#wine.run('wine', 'winecfg', '-v', 'win10');
    this.#agent = buildAgent(join(this.#folder, 'agent'));
  }

  static async start(): Promise<WindowsMachine> {
    const machine = new WindowsMachine();
    await machine.startAgent();
    return machine;
  }

  async startAgent(): Promise<void> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const environment = { ...process.env, ...WINE_ENVIRONMENT, WINEPREFIX: this.#wine.prefix };
    // Node for Windows can't write to a pipe of Wine's.
    const log = fs.openSync(join(this.#folder, 'agent.log'), 'a');
    const agent = spawn('wine', [windowsNode(), `Z:${this.#agent}`, String(port)], {
      env: environment,
      stdio: ['ignore', log, log],
      detached: true,
    });
    this.#ended = once(agent, 'exit');
    fs.closeSync(log);
    try {
      const [socket] = (await once(server, 'connection', {
        signal: AbortSignal.timeout(STARTED_WITHIN_MS),
      })) as [Socket];
      this.#listen(socket);
    } catch (error) {
      throw new Error(`The agent did not start: ${this.#log()}`, { cause: error });
    } finally {
      server.close();
    }
  }

  /** As by `kill -9`: in the midst of whatever it does. What the registry holds by then stays. */
  killAgent(): void {
    this.run('taskkill', '/f', '/im', 'node.exe');
    this.#socket?.destroy();
  }

  async stamp(): Promise<string> {
    return (await this.#ask({ call: 'stamp' })) as string;
  }

  async read(anchors: readonly string[]): Promise<RegistryTree> {
    const edits = (await this.#ask({ call: 'read', anchors })) as WireEdit[];
    return treeOf(edits.map(toTree));
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    await this.#ask({ call: 'write', edits: edits.map(fromTree) });
  }

  /** A program there, to its end. */
  run(program: string, ...parameters: string[]): void {
    this.#wine.run('wine', program, ...parameters);
  }

  /** By its regedit, as an operator would. */
  edit(edits: readonly RegistryEdit[]): void {
    this.#wine.import(edits);
  }

  /** Of what its regedit exports. */
  get exportedLines(): number {
    return this.#wine.export().length;
  }

  /** That the agent has used so far. */
  async cpuMs(): Promise<number> {
    return (await this.#ask({ call: 'cpuMs' })) as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.destroy();
    this.#wine.run('wineserver', '-k');
    this.#wine.ended();
    await this.#ended;
    removeTree(this.#folder);
  }

  async #ask(order: Order): Promise<unknown> {
    const socket = this.#socket;
    // Nobody would ever answer.
    if (socket === null || socket.destroyed) throw new Error(`The agent has ended: ${this.#log()}`);
    const { value, problem, ms } = await new Promise<Answer>((done, failed) => {
      this.#waiting.push({ done, failed });
      socket.write(`${JSON.stringify(order)}\n`);
    });
    this.workedMs += ms;
    if (problem !== null) throw fromData(problem) ?? new Error(problem.code);
    return value;
  }

  /** Answers come in the order of what was asked. */
  #listen(socket: Socket): void {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#waiting.shift()?.done(JSON.parse(line) as Answer));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { failed } of this.#waiting.splice(0)) failed(new Error(`The agent ended: ${this.#log()}`));
    });
  }

  #log(): string {
    return fs.readFileSync(join(this.#folder, 'agent.log'), 'utf8');
  }
}
