import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient, SOCKET_NAME } from '../api/client.ts';
import type { Identity, Status } from '../api/status.ts';
import { isProblem, Problem } from '../problems/problem.ts';
import { type Child, type ProgramStart, startProgram } from '../system/processes/child.ts';
import { localHttp } from '../system/network/local-http.ts';
import { systemTimers } from '../system/machine/timers.ts';
import { trialFiles } from '../system/files/trial-files.ts';

const PROGRAM = fileURLToPath(new URL('../main/understudy.ts', import.meta.url));
const END_WITH_PARENT = new URL('../system/processes/end-with-parent.ts', import.meta.url).href;
/** Beyond what a daemon gives its own parts: of a killed one, programs for a registry would go on. */
const STOP_MS = 20_000;
const LOG_LINES = 25;

/** What is protected, as the settings name it. */
export const PROTECTED_FOLDER = '/srv/shop';

/** One of the two servers: its folders below the demo's own, its daemon, its commands. */
export class DemoServer {
  readonly identity: Identity;
  /** The folder that stands for this server's root. */
  readonly base: string;
  readonly configFile: string;
  readonly pairFile: string;
  readonly stateDirectory: string;
  readonly channelPort: number;
  readonly #logFile: string;
  readonly #client: ApiClient;
  #daemon: Child | null = null;
  #end: string | null = null;

  constructor(top: string, identity: Identity, channelPort: number) {
    this.identity = identity;
    this.channelPort = channelPort;
    this.base = join(top, identity);
    const own = join(top, `${identity}-understudy`);
    this.configFile = join(own, 'server.yaml');
    this.pairFile = join(own, 'pair.yaml');
    this.stateDirectory = join(own, 'state');
    this.#logFile = join(own, 'daemon.log');
    this.#client = new ApiClient(localHttp, join(this.stateDirectory, SOCKET_NAME));
    const folders = [this.base, this.stateDirectory];
    for (const folder of folders) trialFiles.makeFolder(folder);
  }

  /** A path below the protected folder, where it really lies. */
  shop(...names: readonly string[]): string {
    return join(this.base, PROTECTED_FOLDER, ...names);
  }

  /** A command of this server, as a user would type it. */
  async command(
    parameters: readonly string[],
    onLine: (line: string, from: 'output' | 'error') => void,
  ): Promise<Child> {
    return await startProgram({ ...this.#understudy(parameters), onLine });
  }

  async start(): Promise<void> {
    this.#daemon = await startProgram({ ...this.#understudy(['run']), outputFile: this.#logFile });
    void this.#daemon.ended.then(({ status, signal }) => {
      this.#daemon = null;
      this.#end = signal === null ? `with exit status ${String(status)}` : `by ${signal}`;
    });
  }

  /**
   * Null where the daemon does not answer (yet).
   * @throws Problem CLI-014 where it has ended, and whatever it answers with.
   */
  async status(): Promise<Status | null> {
    try {
      return await this.#client.call('status', {});
    } catch (error) {
      if (this.#end !== null) {
        throw new Problem('CLI-014', { reason: `the daemon of the ${this.identity} server ended ${this.#end}` });
      }
      if (isProblem(error, 'CLI-001') || isProblem(error, 'CLI-012')) return null;
      throw error;
    }
  }

  /** Evidence of the findings about an item that this server knows or remembers; null where there is none. */
  async knownOf(code: string, item: string): Promise<string | null> {
    const { findings } = await this.#client.call('findings', {});
    const now = findings.find((finding) => finding.code === code && finding.item === item);
    if (now !== undefined) return now.cause;
    const { events } = await this.#client.call('events', { code });
    return events.find((event) => event.item === item)?.text ?? null;
  }

  /** Asks the daemon to stop, and kills it where it does not. Never fails; may be called again. */
  async stop(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null) return;
    daemon.signal('SIGTERM');
    const cancel = systemTimers.after(STOP_MS, () => daemon.signal('SIGKILL'));
    await daemon.ended;
    cancel();
  }

  /** At once, without waiting for its end. */
  kill(): void {
    this.#daemon?.signal('SIGKILL');
  }

  /** A command under the Node that runs this; it ends when this process does, and not at Ctrl-C. */
  #understudy(parameters: readonly string[]): ProgramStart {
    const typed = ['--import', END_WITH_PARENT, PROGRAM, ...parameters, '--config', this.configFile];
    return { command: process.execPath, parameters: typed, holdsInput: true, ownGroup: true };
  }

  logTail(): string[] {
    return trialFiles.lastLines(this.#logFile, LOG_LINES);
  }
}
