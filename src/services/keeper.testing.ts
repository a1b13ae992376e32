import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProblemCode } from '../problems/problem.ts';
import { Adopter } from './adopter.ts';
import type { AdoptionFile } from './adoption.ts';
import { type KeptService, ServiceKeeper } from './keeper.ts';
import { ManagerError, type ServiceFacts, type ServiceManager, type ServiceState, UNKNOWN_SERVICE } from './service.ts';
import type { UnitControl } from './unit.ts';

const NO_CONTROL = {} as UnitControl;
const NO_FILES = { remove: () => {} } as unknown as ConstructorParameters<typeof Adopter>[0]['files'];

/** A manager that does as it is told at once, and time that goes by when the test says so. */
export class Trial implements ServiceManager, Timers, Clock {
  readonly title = 'trial';
  readonly done: string[] = [];
  readonly permitted = new Map<string, boolean>();
  readonly raised = new Map<string, readonly string[]>();
  readonly everRaised: string[] = [];
  readonly events: string[] = [];
  readonly facts = new Map<string, ServiceFacts>();
  failure: string | null = null;
  /** Those of which it is told also where the manager fails. */
  readonly toldAll = new Set<string>();
  refusal: string | null = null;
  /** What it takes a command to end; at once where there is nothing. */
  command: Promise<unknown> | null = null;
  /** What it takes until it answers, and what happens while it looks who started one. */
  answer: Promise<unknown> | null = null;
  atOrigin = (): void => {};
  onFailure: KeptService['rule']['onFailure'] = [{ kind: 'recover' }];
  isPaused = false;
  nowMs = 0;
  readonly #due: { atMs: number; action: () => void }[] = [];
  readonly keeper: ServiceKeeper;
  readonly adopter: Adopter;
  readonly managers: Record<string, ServiceManager> = { trial: this };

  constructor(role: 'active' | 'passive', services: readonly string[], adopted = services) {
    const text = JSON.stringify({
      state: 'adopted',
      services: adopted.map((name) => ({ name, units: [] })),
      changes: [],
    });
    const file: AdoptionFile = { read: () => text, write: () => {}, remove: () => {} };
    this.adopter = new Adopter({ file, files: NO_FILES, control: NO_CONTROL });
    for (const name of services) this.facts.set(name, { ...UNKNOWN_SERVICE, state: 'Stopped' });
    this.keeper = new ServiceKeeper({
      role,
      services: () => services.map((name) => keptOf(name, this.onFailure)),
      checkIntervalMs: () => 1_000,
      isPaused: () => this.isPaused,
      managers: this.managers,
      adopter: this.adopter,
      programs: {
        run: async ([command = '']) => {
          this.done.push(command);
          await this.command;
          return { status: 0, output: '', error: '' };
        },
      },
      clock: this,
      timers: this,
      findings: {
        raise: ({ code }, { item, evidence = [] }) => {
          this.raised.set(`${code} ${item}`, evidence);
          this.everRaised.push(`${code} ${item}`);
        },
        clear: (code, item) => this.raised.delete(`${code} ${item}`),
        clearAll: (code: ProblemCode, but) => {
          for (const key of this.raised.keys())
            if (key.startsWith(`${code} `) && !but.includes(key.slice(code.length + 1))) this.raised.delete(key);
        },
      },
      tell: ({ text: said }) => this.events.push(said),
    });
  }

  monotonicMs(): MonotonicMs {
    return this.nowMs as MonotonicMs;
  }

  wallMs(): WallMs {
    return this.nowMs as WallMs;
  }

  after(delayMs: number, action: () => void): Cancel {
    const timer = { atMs: this.nowMs + delayMs, action };
    this.#due.push(timer);
    return () => void this.#due.splice(this.#due.indexOf(timer), this.#due.includes(timer) ? 1 : 0);
  }

  every(): Cancel {
    throw new Error('not part of this test');
  }

  /** Lets time go by, and everything happen that is due by then. */
  async pass(forMs: number): Promise<void> {
    const endMs = this.nowMs + forMs;
    for (;;) {
      await new Promise((done) => setImmediate(done));
      const next = this.#due.sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#due.shift();
      this.nowMs = next.atMs;
      next.action();
    }
    this.nowMs = endMs;
  }

  async look(names: readonly string[]): Promise<ReadonlyMap<string, ServiceFacts>> {
    const told = names.filter((name) => this.failure === null || this.toldAll.has(name));
    const found = new Map(told.map((name) => [name, this.facts.get(name) ?? UNKNOWN_SERVICE]));
    await this.answer;
    if (this.failure !== null) throw new ManagerError(this.failure, { found });
    return found;
  }

  set(name: string, state: ServiceFacts['state']): void {
    this.facts.set(name, { ...(this.facts.get(name) ?? UNKNOWN_SERVICE), state });
  }

  async start(name: string): Promise<void> {
    this.done.push(`start ${name}`);
    this.set(name, 'Running');
  }

  async stop(name: string): Promise<void> {
    if (this.refusal !== null) throw new ManagerError(this.refusal);
    this.done.push(`stop ${name}`);
    this.set(name, 'Stopped');
  }

  async kill(name: string): Promise<void> {
    this.done.push(`kill ${name}`);
  }

  permit(name: string, isPermitted: boolean): void {
    this.permitted.set(name, isPermitted);
  }

  async origin(): Promise<readonly string[]> {
    this.atOrigin();
    return ['Somebody did.'];
  }

  close(): void {
    this.done.push('close');
  }
}

export interface SlowManager extends ServiceManager {
  state: ServiceState;
  readonly done: string[];
  /** What it takes until it answers, and what is done when it is asked. */
  answer: Promise<unknown> | null;
  before: () => void;
}

/** Another manager, of one service. */
export function slowManager(): SlowManager {
  const doNothing = async (): Promise<void> => {};
  return {
    title: 'slow',
    state: 'Stopped',
    answer: null,
    done: [],
    before: () => {},
    async look(names) {
      this.before();
      const { state } = this;
      await this.answer;
      return new Map(names.map((name) => [name, { ...UNKNOWN_SERVICE, state }]));
    },
    async start(name) {
      this.done.push(`start ${name}`);
      this.state = 'Running';
    },
    stop: doNothing,
    kill: doNothing,
    permit: () => {},
    origin: async () => [],
    close: () => {},
  };
}

/** Those whose name begins with `slow` have a manager of their own. */
function keptOf(name: string, onFailure: KeptService['rule']['onFailure']): KeptService {
  const rule = { name, isManaged: true, isMonitored: true, startTimeoutMs: 5_000, stopTimeoutMs: 5_000, onFailure };
  return { rule, manager: name.startsWith('slow') ? 'slow' : 'trial' };
}
