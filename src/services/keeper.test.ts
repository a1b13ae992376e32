import { expect, it } from 'vitest';
import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProblemCode } from '../problems/problem.ts';
import { Adopter } from './adopter.ts';
import type { AdoptionFile } from './adoption.ts';
import { type KeptService, ServiceKeeper } from './keeper.ts';
import { ManagerError, type ServiceFacts, type ServiceManager, UNKNOWN_SERVICE } from './service.ts';
import type { UnitControl } from './unit.ts';

const NO_CONTROL = {} as UnitControl;
const NO_FILES = { remove: () => {} } as unknown as ConstructorParameters<typeof Adopter>[0]['files'];

/** A manager that does as it is told at once, and time that goes by when the test says so. */
class Trial implements ServiceManager, Timers, Clock {
  readonly title = 'trial';
  readonly done: string[] = [];
  readonly permitted = new Map<string, boolean>();
  readonly raised = new Map<string, readonly string[]>();
  readonly events: string[] = [];
  readonly facts = new Map<string, ServiceFacts>();
  failure: string | null = null;
  /** Those of which it is told also where the manager fails. */
  readonly toldAll = new Set<string>();
  refusal: string | null = null;
  onFailure: KeptService['rule']['onFailure'] = [{ kind: 'recover' }];
  isPaused = false;
  nowMs = 0;
  readonly #due: { atMs: number; action: () => void }[] = [];
  readonly keeper: ServiceKeeper;

  constructor(role: 'active' | 'passive', services: readonly string[], adopted = services) {
    const text = JSON.stringify({
      state: 'adopted',
      services: adopted.map((name) => ({ name, units: [] })),
      changes: [],
    });
    const file: AdoptionFile = { read: () => text, write: () => {}, remove: () => {} };
    for (const name of services) this.facts.set(name, { ...UNKNOWN_SERVICE, state: 'Stopped' });
    this.keeper = new ServiceKeeper({
      role,
      services: () => services.map((name) => keptOf(name, this.onFailure)),
      checkIntervalMs: () => 1_000,
      isPaused: () => this.isPaused,
      managers: { trial: this },
      adopter: new Adopter({ file, files: NO_FILES, control: NO_CONTROL }),
      programs: { run: async () => ({ status: 0, output: '', error: '' }) },
      clock: this,
      timers: this,
      findings: {
        raise: ({ code }, { item, evidence = [] }) => this.raised.set(`${code} ${item}`, evidence),
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
    return ['Somebody did.'];
  }

  close(): void {
    this.done.push('close');
  }
}

function keptOf(name: string, onFailure: KeptService['rule']['onFailure']): KeptService {
  const rule = { name, isManaged: true, isMonitored: true, startTimeoutMs: 5_000, stopTimeoutMs: 5_000, onFailure };
  return { rule, manager: 'trial' };
}

it('starts what is adopted on the active server, permits it first, and touches nothing else', async () => {
  const trial = new Trial('active', ['a', 'b', 'c'], ['a', 'b']);
  trial.keeper.start();
  await trial.pass(2_000);
  expect(trial.done).toEqual(['start a', 'start b']);
  expect([...trial.permitted]).toEqual([
    ['a', true],
    ['b', true],
  ]);
  expect([...trial.raised.keys()]).toEqual(['SVC-001 c']);
  expect(trial.keeper.rows().map(({ name, actual, target }) => `${name} ${actual} ${target}`)).toEqual([
    'a Running Running',
    'b Running Running',
    'c Stopped Running',
  ]);
});

it('stops what runs on the passive server at its next look, says who did it, and shows it for a minute', async () => {
  const trial = new Trial('passive', ['a']);
  trial.keeper.start();
  await trial.pass(10_000);
  expect(trial.done).toEqual([]);
  trial.set('a', 'Running');
  await trial.pass(1_000);
  expect(trial.done).toEqual(['stop a']);
  expect(trial.raised.get('SVC-010 a')).toEqual(['Somebody did.']);
  await trial.pass(55_000);
  expect(trial.raised.has('SVC-010 a')).toBe(true);
  await trial.pass(6_000);
  expect(trial.raised.has('SVC-010 a')).toBe(false);
});

it('tells that a manager cannot be asked, and goes on once it can', async () => {
  const trial = new Trial('active', ['a']);
  trial.failure = 'no bus';
  trial.keeper.start();
  await trial.pass(3_000);
  expect([[...trial.raised.keys()], trial.done]).toEqual([['SVC-003 trial'], []]);
  expect(trial.keeper.rows()[0]?.actual).toBe('Unknown');
  trial.failure = null;
  await trial.pass(2_000);
  expect([[...trial.raised.keys()], trial.done]).toEqual([[], ['start a']]);
});

it('shows a failure until it has been well for long, and does nothing once it is stopped', async () => {
  const trial = new Trial('active', ['a']);
  trial.keeper.start();
  await trial.pass(2_000);
  trial.set('a', 'Failed');
  await trial.pass(2_000);
  expect(trial.done).toEqual(['start a', 'start a']);
  expect([...trial.raised.keys()]).toEqual(['SVC-006 a']);
  await trial.pass(601_000);
  expect([...trial.raised.keys()]).toEqual([]);
  await trial.keeper.stop();
  trial.set('a', 'Failed');
  await trial.pass(10_000);
  expect(trial.done).toEqual(['start a', 'start a', 'close']);
});

it('does nothing while it is paused, and counts nothing that happened then', async () => {
  const trial = new Trial('active', ['a']);
  trial.keeper.start();
  await trial.pass(2_000);
  trial.isPaused = true;
  await trial.pass(1_000);
  trial.set('a', 'Failed');
  await trial.pass(60_000);
  expect(trial.done).toEqual(['start a']);
  trial.isPaused = false;
  await trial.pass(2_000);
  expect(trial.done).toEqual(['start a', 'start a']);
  expect(trial.keeper.rows()[0]?.failures).toBe(0);
});

it('ends what is left on the passive server of a service that its manager takes for stopped', async () => {
  const trial = new Trial('passive', ['a']);
  const left = { processes: [7], evidence: ['7 a.'], meant: null };
  trial.facts.set('a', { ...UNKNOWN_SERVICE, state: 'Failed', remains: left });
  trial.keeper.start();
  await trial.pass(3_000);
  expect(trial.done.slice(0, 2)).toEqual(['stop a', 'kill a']);
  expect(trial.raised.get('SVC-018 a')).toEqual(['7 a.']);
  trial.facts.set('a', { ...UNKNOWN_SERVICE, state: 'Failed' });
  await trial.pass(1_000);
  expect(trial.raised.has('SVC-018 a')).toBe(false);
  const before = trial.done.length;
  trial.facts.set('a', { ...UNKNOWN_SERVICE, state: 'Failed', remains: { ...left, meant: 'KillMode=process' } });
  await trial.pass(5_000);
  expect(trial.raised.has('SVC-018 a')).toBe(true);
  expect(trial.done.length).toBe(before);
});

it('what its manager refused is told until the service is as it is to be, whoever did that', async () => {
  const trial = new Trial('passive', ['a']);
  trial.keeper.start();
  await trial.pass(2_000);
  trial.refusal = 'it was not answered within 10 s';
  trial.set('a', 'Running');
  await trial.pass(1_000);
  expect(trial.raised.has('SVC-008 a')).toBe(true);
  trial.set('a', 'Stopped');
  await trial.pass(1_000);
  expect(trial.raised.has('SVC-008 a')).toBe(false);
});

it('permits the active server’s services also while it is paused, and then starts none', async () => {
  const trial = new Trial('active', ['a']);
  trial.isPaused = true;
  trial.keeper.start();
  await trial.pass(2_000);
  expect([[...trial.permitted], trial.done]).toEqual([[['a', true]], []]);
  const passive = new Trial('passive', ['a']);
  passive.isPaused = true;
  passive.keeper.start();
  await passive.pass(2_000);
  expect(passive.permitted.size).toBe(0);
});

it('leaves alone what it gave up, also where the manager could not be asked meanwhile', async () => {
  const trial = new Trial('active', ['a']);
  trial.onFailure = [{ kind: 'warn' }];
  trial.keeper.start();
  await trial.pass(2_000);
  trial.set('a', 'Failed');
  await trial.pass(2_000);
  expect([...trial.raised.keys()]).toEqual(['SVC-007 a']);
  trial.failure = 'no bus';
  await trial.pass(2_000);
  trial.failure = null;
  await trial.pass(2_000);
  expect([[...trial.raised.keys()], trial.done]).toEqual([['SVC-007 a'], ['start a']]);
});

it('stops what runs on the passive server also where its manager cannot be asked about another one', async () => {
  const trial = new Trial('passive', ['a', 'b']);
  trial.failure = 'a does not answer';
  trial.toldAll.add('b');
  trial.set('b', 'Running');
  trial.keeper.start();
  await trial.pass(2_000);
  expect([trial.done, trial.raised.has('SVC-003 trial')]).toEqual([['stop b'], true]);
});
