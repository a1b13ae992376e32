import { expect, it } from 'vitest';
import type { CheckProducer, RunningCheck } from './check-producer.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { OWN_CHECKS_FROM, UNSEEN_CHECKS_FROM } from '../stream/check-numbers.ts';
import { CheckQueue } from './check-queue.ts';

type Started = Parameters<CheckProducer['start']>[0] & { stepsLeft: number };

/** States nothing, in as many steps as the test wants. */
class Trial implements CheckProducer {
  readonly started: Started[] = [];
  readonly worked: number[] = [];
  stepsEach = 1;
  readonly closed: number[] = [];
  duringStep: () => void = () => undefined;
  readonly queue = new CheckQueue(this);
  readonly ends: string[] = [];

  start(request: Parameters<CheckProducer['start']>[0]): RunningCheck {
    const started = { ...request, stepsLeft: this.stepsEach };
    this.started.push(started);
    return {
      step: () => {
        this.worked.push(request.check);
        started.stepsLeft--;
        this.duringStep();
        return started.stepsLeft <= 0;
      },
      close: () => void this.closed.push(request.check),
    };
  }

  ask(id: number | null): void {
    const ended = (finished: boolean): void => void this.ends.push(`${String(id)} ${String(finished)}`);
    this.queue.ask({ id, mode: 'full', repair: true, paths: null, ended });
  }

  /** @returns the number of steps it took. */
  work(): number {
    let steps = 0;
    for (; this.queue.busy; steps++) this.queue.step(5);
    return steps;
  }
}

it('a queue without checks has nothing to do', () => {
  const trial = new Trial();
  expect(trial.queue.busy).toBe(false);
  trial.queue.step(5);
  expect(trial.started).toEqual([]);
});

it('checks are stated one after the other, in the order they were asked for', () => {
  const trial = new Trial();
  trial.stepsEach = 2;
  trial.ask(11);
  trial.ask(12);
  expect(trial.work()).toBe(4);
  expect(trial.worked).toEqual([11, 11, 12, 12]);
  expect(trial.ends).toEqual(['11 true', '12 true']);
});

it('a check is asked of the producer as it was asked for', () => {
  const trial = new Trial();
  trial.queue.ask({ id: 3, mode: 'fast', repair: false, paths: [fromText('/srv/a')] });
  trial.work();
  expect(trial.started[0]).toMatchObject({
    check: 3,
    mode: 'fast',
    repair: false,
    paths: [fromText('/srv/a')],
    nodes: [],
  });
});

it('checks that nobody asked for by name get numbers of their own', () => {
  const trial = new Trial();
  trial.ask(null);
  trial.queue.recheck([5], []);
  trial.ask(7);
  trial.ask(null);
  trial.work();
  expect(trial.started.map((one) => one.check)).toEqual([OWN_CHECKS_FROM, OWN_CHECKS_FROM + 1, 7, OWN_CHECKS_FROM + 2]);
});

it('items to be looked at again go first, each once, repaired, also in the middle of a check', () => {
  const trial = new Trial();
  trial.stepsEach = 3;
  trial.ask(1);
  trial.queue.step(5);
  trial.queue.recheck([4, 5], [fromText('/srv/a')]);
  trial.queue.recheck([5], [fromText('/srv/a')]);
  trial.work();
  expect(trial.worked).toEqual([1, OWN_CHECKS_FROM, OWN_CHECKS_FROM, OWN_CHECKS_FROM, 1, 1]);
  expect(trial.started[1]).toMatchObject({ mode: 'full', repair: true, nodes: [4, 5], paths: [fromText('/srv/a')] });
});

it('folders of which names came or went come after other items, without what is below', () => {
  const trial = new Trial();
  trial.ask(1);
  trial.queue.recheck([], [], [fromText('/srv'), fromText('/srv/b')]);
  trial.queue.recheck([], [fromText('/srv/a')]);
  trial.work();
  expect(trial.started).toMatchObject([
    { mode: 'full', paths: [fromText('/srv/a')] },
    { mode: 'full', repair: true, nodes: [], paths: [fromText('/srv'), fromText('/srv/b')], isShallow: true },
    { check: 1 },
  ]);
});

it('items that come while others are looked at are looked at after them', () => {
  const trial = new Trial();
  trial.stepsEach = 2;
  trial.queue.recheck([1], []);
  trial.queue.step(5);
  trial.queue.recheck([2], []);
  trial.work();
  expect(trial.started.map((one) => one.nodes)).toEqual([[1], [2]]);
});

it('files that can change without notice take turns with a check', () => {
  const trial = new Trial();
  trial.stepsEach = 2;
  trial.ask(1);
  trial.queue.lookAtUnseen([9], (finished) => void trial.ends.push(`unseen ${String(finished)}`));
  trial.work();
  expect(trial.worked).toEqual([UNSEEN_CHECKS_FROM, 1, UNSEEN_CHECKS_FROM, 1]);
  expect(trial.ends).toEqual(['unseen true', '1 true']);
});

it('a new epoch gives up all that was asked for, and says so', () => {
  const trial = new Trial();
  trial.stepsEach = 2;
  trial.ask(1);
  trial.ask(2);
  trial.queue.step(5);
  trial.queue.recheck([4], [fromText('/srv/a')]);
  trial.queue.lookAtUnseen([9], (finished) => void trial.ends.push(`unseen ${String(finished)}`));
  trial.queue.clear();
  expect(trial.queue.busy).toBe(false);
  expect(trial.ends.toSorted()).toEqual(['1 false', '2 false', 'unseen false']);
});

it('a check that is asked for because another was given up is kept', () => {
  const trial = new Trial();
  trial.queue.ask({ id: 1, mode: 'full', repair: true, paths: null, ended: () => trial.ask(2) });
  trial.work();
  expect(trial.ends).toEqual(['2 true']);
});

it('a check that is given up while it states something ends once, unfinished, and lets go of what it holds', () => {
  const trial = new Trial();
  trial.duringStep = () => trial.queue.clear();
  trial.ask(11);
  expect(trial.work()).toBe(1);
  expect(trial.ends).toEqual(['11 false']);
  expect(trial.closed).toEqual([11]);
});
