import type { Programs } from '../kernel/programs.ts';
import { ManagerError, type ServiceFacts, type ServiceManager, UNKNOWN_SERVICE } from './service.ts';

/** What tells how a service is, before it counts as unknown. */
const STATUS_MS = 10_000;

/** How a service is started, stopped and asked about, each without a shell. */
export interface ServiceCommands {
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly status: readonly string[];
  readonly kill: readonly string[] | null;
  /** How long a start or a stop may take before the command is ended. */
  readonly timeoutMs: number;
  /** What `status` says, by its exit status and what it wrote; null where it could not tell. */
  readonly seen: (status: number, output: string) => Seen | null;
}

/** What is seen of a service by one question. */
export type Seen = Pick<ServiceFacts, 'state'> & Partial<Pick<ServiceFacts, 'start' | 'recovery'>>;

/** 0 runs, as for scripts of init (LSB); everything else does not. */
export function seenByStatus(status: number): Seen {
  return { state: status === 0 ? 'Running' : 'Stopped' };
}

/** Services that are started and stopped by commands: of another manager, or whatever the settings name. */
export class CommandManager implements ServiceManager {
  readonly title: string;
  readonly #programs: Programs;
  readonly #commandsOf: (service: string) => ServiceCommands | null;
  readonly #changed: (service: string) => void;
  readonly #busy = new Map<string, 'Starting' | 'Stopping'>();
  readonly #failures = new Map<string, string>();

  /** @param options.changed - told when a command has ended. */
  constructor(options: {
    readonly title: string;
    readonly programs: Programs;
    readonly commandsOf: (service: string) => ServiceCommands | null;
    readonly changed: (service: string) => void;
  }) {
    this.title = options.title;
    this.#programs = options.programs;
    this.#commandsOf = options.commandsOf;
    this.#changed = options.changed;
  }

  async look(services: readonly string[]): Promise<ReadonlyMap<string, ServiceFacts>> {
    const found = new Map<string, ServiceFacts>();
    const failures: ManagerError[] = [];
    // All at once: one that hangs does so for ten seconds.
    const looked = services.map(async (service) => {
      try {
        found.set(service, await this.#lookAt(service));
      } catch (error) {
        if (!(error instanceof ManagerError)) throw error;
        failures.push(error);
      }
    });
    await Promise.all(looked);
    const [failure] = failures;
    if (failure !== undefined) throw new ManagerError(failure.message, { cause: failure, found });
    return found;
  }

  async #lookAt(service: string): Promise<ServiceFacts> {
    const commands = this.#commandsOf(service);
    if (commands === null) return UNKNOWN_SERVICE;
    const busy = this.#busy.get(service);
    if (busy !== undefined) return { ...UNKNOWN_SERVICE, state: busy };
    const { status, output, error } = await this.#programs.run(commands.status, { timeoutMs: STATUS_MS });
    const seen = status === null ? null : commands.seen(status, output);
    if (seen === null) throw new ManagerError(`${commands.status.join(' ')}: ${`${output}\n${error}`.trim()}`);
    // It has come up all the same: why it ends later is another matter.
    if (seen.state === 'Running') this.#failures.delete(service);
    return { ...UNKNOWN_SERVICE, ...seen, detail: this.#failures.get(service) ?? null };
  }

  async start(service: string): Promise<void> {
    this.#begin(service, 'Starting');
  }

  async stop(service: string): Promise<void> {
    this.#begin(service, 'Stopping');
  }

  async kill(service: string): Promise<void> {
    const commands = this.#commandsOf(service);
    if (commands === null || commands.kill === null) return;
    await this.#programs.run(commands.kill, { timeoutMs: commands.timeoutMs });
  }

  permit(): void {
    // Nobody can be kept from running a command.
  }

  async origin(): Promise<readonly string[]> {
    return [];
  }

  close(): void {
    // A command that runs goes on.
  }

  /** One command at a time for each service; another one is asked for again when this one has ended. */
  #begin(service: string, what: 'Starting' | 'Stopping'): void {
    const commands = this.#commandsOf(service);
    if (commands === null || this.#busy.has(service)) return;
    this.#busy.set(service, what);
    const command = what === 'Starting' ? commands.start : commands.stop;
    // Who starts a service may be its parent, and share its outputs with it.
    const options = { timeoutMs: commands.timeoutMs, leaves: what === 'Starting' };
    void this.#programs.run(command, options).then(({ status, error }) => {
      this.#busy.delete(service);
      if (status === 0) this.#failures.delete(service);
      else this.#failures.set(service, `${command.join(' ')}: ${error.trim() || `status ${String(status)}`}`);
      this.#changed(service);
    });
  }
}
