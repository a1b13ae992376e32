import { expect, it } from 'vitest';
import type { Engine } from './engine.ts';
import { HandTime } from '../hand-time.testing.ts';
import type { ActiveReport } from '../status/side-report.ts';
import { type Inbox, runStreamLoop } from './stream-loop.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

class FakeInbox<Message> implements Inbox<Message> {
  readonly messages: Message[] = [];
  take(): Message | undefined {
    return this.messages.shift();
  }
}

/** An engine that does what the test says, and time that passes only while the loop sleeps. */
class Trial {
  readonly time = new HandTime();
  readonly requests = new FakeInbox<ToStream>();
  readonly link = new FakeInbox<DataMessage>();
  readonly said: FromStream[] = [];
  readonly slept: number[] = [];
  readonly calls: string[] = [];
  itemsTotal = 0;
  onStep: (round: number) => number = () => 1000;
  #round = 0;

  run(): void {
    const { requests, link } = this;
    const engine: Engine = {
      noticeDescriptor: null,
      request: (message) => void this.calls.push(`request ${message.kind}`),
      link: (message) => void this.calls.push(`link ${message.kind}`),
      step: () => this.onStep(++this.#round),
      report: () => ({ role: 'active', itemsTotal: this.itemsTotal }) as ActiveReport,
      stop: () => void this.calls.push('stop'),
    };
    runStreamLoop({
      engine,
      clock: this.time,
      requests,
      link,
      toMain: (message) => void this.said.push(message),
      rest: () => undefined,
      sleep: (ms) => {
        this.slept.push(ms);
        this.time.advance(ms);
      },
    });
  }

  /** Ends the loop. */
  end(): number {
    this.requests.messages.push({ kind: 'stop' });
    return 0;
  }

  get reports(): number {
    return this.said.filter((message) => message.kind === 'report').length;
  }
}

it('a loop that is told to stop makes everything durable, says so, and ends', () => {
  const trial = new Trial();
  trial.requests.messages.push({ kind: 'adopt' }, { kind: 'stop' }, { kind: 'adopt' });
  trial.run();
  expect(trial.calls).toEqual(['request adopt', 'stop']);
  expect(trial.said).toEqual([{ kind: 'stopped' }]);
});

it('what a question is answered from is reported first', () => {
  const trial = new Trial();
  trial.itemsTotal = 7;
  trial.onStep = (round) => {
    if (round > 1) return trial.end();
    trial.itemsTotal = 8;
    trial.requests.messages.push({ kind: 'query' } as ToStream);
    return 0;
  };
  trial.run();
  const told = trial.said.flatMap((message) => (message.kind === 'report' ? [message.report] : []));
  expect(told.at(-1)).toMatchObject({ itemsTotal: 8 });
  expect(trial.calls).toEqual(['request query', 'stop']);
});

it('messages are met before the next step, in their order', () => {
  const trial = new Trial();
  trial.link.messages.push({ kind: 'up', peerServerId: 'p', version: 3, connection: 1 }, { kind: 'down' });
  trial.requests.messages.push({ kind: 'adopt' });
  trial.onStep = () => {
    trial.calls.push('step');
    return trial.end();
  };
  trial.run();
  expect(trial.calls).toEqual(['request adopt', 'link up', 'link down', 'step', 'stop']);
});

it('a flood of messages does not keep the engine from its own work', () => {
  const trial = new Trial();
  for (let i = 0; i < 1000; i++) trial.link.messages.push({ kind: 'down' });
  let met = 0;
  trial.onStep = () => {
    met = trial.calls.length;
    return trial.end();
  };
  trial.run();
  expect(met).toBe(256);
});

it('an engine that has more to do is called again without sleep', () => {
  const trial = new Trial();
  trial.onStep = (round) => (round < 5 ? 0 : trial.end());
  trial.run();
  expect(trial.slept).toEqual([]);
});

it('the loop sleeps for as long as the engine allows, and half a second at most', () => {
  const trial = new Trial();
  trial.onStep = (round) => [120, Number.POSITIVE_INFINITY][round - 1] ?? trial.end();
  trial.run();
  expect(trial.slept).toEqual([120, 500]);
});

it('a change is reported at once, the next one not before 50 ms have passed', () => {
  const trial = new Trial();
  const moments: number[] = [];
  trial.onStep = (round) => {
    trial.itemsTotal = round;
    if (trial.reports > moments.length) moments.push(trial.time.monotonicMs());
    return round < 21 ? 10 : trial.end();
  };
  trial.run();
  expect(moments).toEqual([10, 60, 110, 160]);
});

it('a change that was not yet reported does not wait for the engine to wake', () => {
  const trial = new Trial();
  trial.onStep = (round) => {
    trial.itemsTotal = round === 1 ? 1 : 2;
    return round < 3 ? ([10, 1000][round - 1] ?? 0) : trial.end();
  };
  trial.run();
  expect(trial.slept).toEqual([10, 40]);
  expect(trial.reports).toBe(2);
});

it('where nothing changes the report comes once a second', () => {
  const trial = new Trial();
  trial.onStep = () => (trial.time.monotonicMs() < 10_000 ? 1000 : trial.end());
  trial.run();
  expect(trial.reports).toBeGreaterThanOrEqual(10);
  expect(trial.reports).toBeLessThanOrEqual(12);
});
