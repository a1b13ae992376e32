import { expect, it } from 'vitest';
import { Trial } from './keeper.testing.ts';
import { UNKNOWN_SERVICE } from './service.ts';

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

it('begins nothing that it had planned when somebody paused services meanwhile', async () => {
  const trial = new Trial('passive', ['a']);
  trial.keeper.start();
  await trial.pass(1_000);
  trial.atOrigin = () => {
    trial.isPaused = true;
  };
  trial.set('a', 'Running');
  await trial.pass(5_000);
  expect(trial.done).toEqual([]);
  trial.atOrigin = () => {};
  trial.isPaused = false;
  await trial.pass(1_000);
  expect(trial.done).toEqual(['stop a']);
});

it('a command that hangs keeps nobody else waiting, and its service waits for it', async () => {
  const trial = new Trial('active', ['a', 'b']);
  trial.onFailure = [{ kind: 'command', command: ['mend'] }, { kind: 'recover' }];
  trial.keeper.start();
  await trial.pass(2_000);
  let end = (): void => {};
  trial.command = new Promise<void>((done) => {
    end = done;
  });
  trial.set('a', 'Failed');
  await trial.pass(1_000);
  trial.command = null;
  trial.set('b', 'Failed');
  await trial.pass(2_000);
  expect(trial.done).toEqual(['start a', 'start b', 'mend', 'mend']);
  // In its order: the one before it does not run.
  expect(trial.keeper.rows().map(({ name, actual, failures }) => `${name} ${actual} ${failures}`)).toEqual([
    'a Failed 1',
    'b Failed 1',
  ]);
  end();
  await trial.pass(1_000);
  expect(trial.done.slice(4)).toEqual(['start a', 'start b']);
  await trial.keeper.stop();
});

it('blames nobody for what ran on the passive server when it was adopted, and whoever starts it later', async () => {
  const trial = new Trial('passive', ['a', 'b']);
  trial.set('a', 'Running');
  trial.keeper.takeOver(['a', 'b']);
  trial.keeper.start();
  await trial.pass(2_000);
  expect([trial.done, [...trial.raised.keys()]]).toEqual([['stop a'], []]);
  expect(trial.events).toEqual(['The service a was stopped']);
  for (const name of ['a', 'b']) trial.set(name, 'Running');
  await trial.pass(1_000);
  expect([...trial.raised.keys()]).toEqual(['SVC-010 a', 'SVC-010 b']);
});

it('tells nothing by what was asked before services were adopted', async () => {
  const trial = new Trial('active', ['a', 'b'], ['a']);
  const told = { ...UNKNOWN_SERVICE, state: 'Running', start: 'Automatic', recovery: 'Restart (always)' } as const;
  trial.facts.set('b', { ...told, isGuarded: false });
  trial.facts.set('a', { ...UNKNOWN_SERVICE, state: 'Running' });
  let answered = (): void => {};
  trial.answer = new Promise<void>((done) => {
    answered = done;
  });
  trial.keeper.start();
  await trial.pass(100);
  await trial.adopter.adopt({ services: [{ name: 'b', units: [] }], changes: [] });
  answered();
  trial.answer = null;
  trial.facts.set('b', { ...told, start: 'Manual', recovery: 'Take No Action', isGuarded: true });
  await trial.pass(5_000);
  expect(trial.everRaised).toEqual([]);
});
