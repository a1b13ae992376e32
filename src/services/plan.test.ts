import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_MEMORY, plan, type ServicesMemory } from './plan.ts';
import type { FailureAction, ServiceRule, ServiceState, TargetState } from './service.ts';

function ruleOf(name: string, onFailure: readonly FailureAction[] = [{ kind: 'recover' }]): ServiceRule {
  return { name, isManaged: true, isMonitored: true, startTimeoutMs: 5_000, stopTimeoutMs: 5_000, onFailure };
}

const STEP_MS = 250;

/** A machine with services that do as they are told, each in one step, and on which others meddle. */
class Machine {
  readonly states = new Map<string, ServiceState>();
  readonly history: string[] = [];
  readonly neverComesUp = new Set<string>();
  readonly #rules: readonly ServiceRule[];
  #memory: ServicesMemory = NO_MEMORY;
  #nowMs = 0;

  constructor(rules: readonly ServiceRule[], state: ServiceState) {
    this.#rules = rules;
    for (const { name } of rules) this.states.set(name, state);
  }

  step(target: TargetState): void {
    this.#nowMs += STEP_MS;
    const seen = this.#rules.map((rule) => ({
      rule,
      state: this.states.get(rule.name) ?? 'Missing',
      run: null,
      illness: null,
      isBusy: false,
    }));
    const { memory, actions } = plan(this.#memory, seen, target, this.#nowMs);
    this.#memory = memory;
    for (const [name, state] of this.states) {
      if (state === 'Starting') this.states.set(name, this.neverComesUp.has(name) ? 'Failed' : 'Running');
      if (state === 'Stopping') this.states.set(name, 'Stopped');
    }
    for (const { name, action } of actions) {
      this.history.push(`${action.kind} ${name}`);
      if (action.kind === 'start') this.states.set(name, 'Starting');
      else if (action.kind === 'stop') this.states.set(name, 'Stopping');
      else this.states.set(name, 'Stopped');
    }
  }

  steps(target: TargetState, count: number): void {
    for (let step = 0; step < count; step += 1) this.step(target);
  }
}

it('starts in order, each once the one before it runs, and stops in the reverse', () => {
  const machine = new Machine(
    ['a', 'b', 'c'].map((name) => ruleOf(name)),
    'Stopped',
  );
  machine.step('Running');
  expect(machine.history).toEqual(['start a']);
  machine.steps('Running', 10);
  expect(machine.history).toEqual(['start a', 'start b', 'start c']);
  machine.history.length = 0;
  machine.step('Stopped');
  expect(machine.history).toEqual(['stop c']);
  machine.steps('Stopped', 10);
  expect(machine.history).toEqual(['stop c', 'stop b', 'stop a']);
});

it('restarts all where a failure asks for it', () => {
  const rules = [ruleOf('a'), ruleOf('b', [{ kind: 'restart' }])];
  const machine = new Machine(rules, 'Running');
  machine.steps('Running', 2);
  machine.states.set('b', 'Failed');
  machine.steps('Running', 12);
  expect(machine.history).toEqual(['stop a', 'start a', 'start b']);
  expect([...machine.states.values()]).toEqual(['Running', 'Running']);
});

it('restarts all at most once a minute, so that one that never works does not take the others down again and again', () => {
  const machine = new Machine([ruleOf('a'), ruleOf('b', [{ kind: 'restart' }])], 'Running');
  machine.steps('Running', 2);
  machine.neverComesUp.add('b');
  machine.states.set('b', 'Failed');
  machine.steps('Running', 50_000 / STEP_MS);
  expect(machine.history.filter((one) => one === 'stop a')).toHaveLength(1);
  expect(machine.states.get('a')).toBe('Running');
  expect(machine.history.filter((one) => one === 'start b').length).toBeGreaterThan(20);
  machine.steps('Running', 30_000 / STEP_MS);
  expect(machine.history.filter((one) => one === 'stop a')).toHaveLength(2);
});

it('waits for one that fails again and again no longer than it may take to start', () => {
  const machine = new Machine([ruleOf('a'), ruleOf('b')], 'Stopped');
  machine.neverComesUp.add('a');
  machine.steps('Running', 4_500 / STEP_MS);
  expect(machine.history).not.toContain('start b');
  machine.steps('Running', 1_500 / STEP_MS);
  expect(machine.states.get('b')).toBe('Running');
});

it('does not wait for the order where something runs that nobody here started', () => {
  const machine = new Machine(
    ['a', 'b'].map((name) => ruleOf(name)),
    'Running',
  );
  machine.step('Stopped');
  expect(machine.history.sort()).toEqual(['stop a', 'stop b']);
});

it('makes the state right within 2 s, whatever is done to the services', () => {
  const deed = fc.record({ service: fc.nat(2), state: fc.constantFrom<ServiceState>('Running', 'Stopped', 'Failed') });
  fc.assert(
    fc.property(
      fc.constantFrom<TargetState>('Running', 'Stopped'),
      fc.array(deed, { maxLength: 30 }),
      (target, deeds) => {
        const names = ['a', 'b', 'c'];
        const machine = new Machine(
          names.map((name) => ruleOf(name)),
          'Stopped',
        );
        machine.steps(target, 20);
        for (const { service, state } of deeds) {
          machine.states.set(names[service] as string, state);
          machine.steps(target, 2_000 / STEP_MS);
          // Where too many starts came within ten seconds the next one waits.
          if (machine.history.length >= 30) machine.steps(target, 10_000 / STEP_MS);
          const right = (one: ServiceState): boolean =>
            target === 'Running' ? one === 'Running' : one === 'Stopped' || one === 'Failed';
          expect([...machine.states.values()].every(right)).toBe(true);
        }
      },
    ),
  );
});
