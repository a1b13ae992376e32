import { expect, it } from 'vitest';
import { HandTime } from '../hand-time.testing.ts';
import { Meddling } from './meddling.ts';
import type { FromStream } from '../stream/thread-messages.ts';

class Trial {
  readonly time = new HandTime();
  readonly said: FromStream[] = [];
  readonly meddling = new Meddling({
    toMain: (message) => void this.said.push(message),
    now: () => this.time.monotonicMs(),
    describe: (processId) => ({ text: `vim (process ${String(processId)})`, evidence: ['its command line'] }),
  });

  /** What was said since the last time. */
  news(): FromStream[] {
    return this.said.splice(0);
  }
}

it('whoever changes an item of the passive server is named at once', () => {
  const trial = new Trial();
  trial.meddling.seen('/srv/a', 'written', 12);
  expect(trial.news()).toEqual([
    {
      kind: 'problem',
      problem: { code: 'APL-002', parameters: { path: '/srv/a', writer: 'vim (process 12)' } },
      item: '/srv/a',
      evidence: ['/srv/a was written', 'its command line'],
      action: null,
    },
  ]);
});

it('the finding stays for half a minute after the last write', () => {
  const trial = new Trial();
  trial.meddling.seen('/srv/a', 'written', 12);
  trial.time.advance(20_000);
  trial.meddling.seen('/srv/a', 'written', 12);
  trial.time.advance(29_999);
  trial.news();
  trial.meddling.step(() => true);
  expect(trial.news()).toEqual([]);
  trial.time.advance(1);
  trial.meddling.step(() => true);
  expect(trial.news()).toEqual([{ kind: 'cleared', code: 'APL-002', item: '/srv/a' }]);
  trial.meddling.step(() => true);
  expect(trial.news()).toEqual([]);
});

it('the finding stays while the item is not known to be equal again', () => {
  const trial = new Trial();
  trial.meddling.seen('/srv/a', 'written', 12);
  trial.meddling.seen('/srv/b', 'written', 12);
  trial.news();
  trial.time.advance(60_000);
  trial.meddling.step((path) => path === '/srv/b');
  expect(trial.news()).toEqual([{ kind: 'cleared', code: 'APL-002', item: '/srv/b' }]);
});

it('a program that rewrites everything brings a bounded number of findings', () => {
  const trial = new Trial();
  for (let i = 0; i < 1500; i++) trial.meddling.seen(`/srv/${String(i)}`, 'written', 12);
  expect(trial.news()).toHaveLength(1000);
  trial.meddling.seen('/srv/3', 'written', 13);
  expect(trial.news()).toHaveLength(1);
});
