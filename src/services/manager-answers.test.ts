import { expect, it } from 'vitest';
import { slowManager, Trial } from './keeper.testing.ts';

it('a manager that does not answer keeps no service of another one waiting', async () => {
  const trial = new Trial('passive', ['slow', 'a']);
  const manager = slowManager();
  manager.answer = new Promise(() => {});
  trial.managers['slow'] = manager;
  trial.keeper.start();
  await trial.pass(2_000);
  trial.set('a', 'Running');
  await trial.pass(1_600);
  expect(trial.done).toEqual(['stop a']);
  await trial.keeper.stop();
});

it('does nothing about a service on the ground of what its manager said long ago', async () => {
  const trial = new Trial('active', ['slow']);
  let answered = (): void => {};
  const manager = slowManager();
  trial.managers['slow'] = manager;
  trial.keeper.start();
  await trial.pass(2_000);
  expect(manager.done).toEqual(['start slow']);
  manager.state = 'Failed';
  manager.answer = new Promise<void>((done) => {
    answered = done;
  });
  await trial.pass(20_000);
  expect(trial.keeper.rows()[0]).toMatchObject({ actual: 'Running', failures: 0 });
  manager.answer = null;
  answered();
  await trial.pass(1_000);
  expect(manager.done).toEqual(['start slow', 'start slow']);
});

it('deals with the services of a manager that is slow each time', async () => {
  const trial = new Trial('active', ['slow']);
  const manager = slowManager();
  trial.managers['slow'] = manager;
  manager.before = () => {
    manager.answer = new Promise<void>((done) => void trial.after(700, done));
  };
  trial.keeper.start();
  await trial.pass(3_000);
  expect(manager.done).toEqual(['start slow']);
  manager.state = 'Failed';
  await trial.pass(3_000);
  expect(manager.done).toEqual(['start slow', 'start slow']);
});

it('hears of an illness that was told while its manager did not answer', async () => {
  const trial = new Trial('active', ['slow']);
  const manager = slowManager();
  trial.managers['slow'] = manager;
  trial.keeper.start();
  await trial.pass(2_000);
  let answered = (): void => {};
  manager.answer = new Promise<void>((done) => {
    answered = done;
  });
  await trial.pass(1_000);
  trial.keeper.fail('slow', 'no answer to the probe');
  await trial.pass(3_000);
  expect(trial.keeper.rows()[0]?.failures).toBe(0);
  manager.answer = null;
  answered();
  await trial.pass(1_000);
  expect(trial.keeper.rows()[0]?.failures).toBe(1);
});
