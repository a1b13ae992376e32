import { describe, expect, it } from 'vitest';
import type { Thread } from '../system/threads.ts';
import { EventThread, type FromEvents, type ToEvents } from './event-thread.ts';

/** A thread that answers when it is told to. */
class SlowThread implements Thread<ToEvents, FromEvents> {
  readonly got: ToEvents[] = [];
  tell: (message: FromEvents) => void = () => undefined;
  end: (error: Error | null) => void = () => undefined;
  post(message: ToEvents): void {
    this.got.push(message);
  }
  onMessage(action: (message: FromEvents) => void): void {
    this.tell = action;
  }
  onEnd(action: (error: Error | null) => void): void {
    this.end = action;
  }
  terminate(): Promise<void> {
    this.end(null);
    return Promise.resolve();
  }
}

describe('a history whose disk hangs', () => {
  const due: (() => void)[] = [];
  const thread = new SlowThread();
  const problems: string[] = [];
  const history = new EventThread({
    file: '/state/events.sqlite',
    startThread: () => thread,
    after: (_delayMs, action) => {
      due.push(action);
      return () => undefined;
    },
    onProblem: ({ code }) => void problems.push(code),
  });
  const event = {
    atMs: 1,
    server: 'primary',
    level: 'information',
    code: null,
    text: 'x',
    item: null,
    details: {},
  } as const;

  it('keeps nobody who asks waiting for long', async () => {
    const asked = history.find({ limit: 1 });
    due.pop()?.();
    await expect(asked).rejects.toMatchObject({ code: 'DIA-003' });
  });

  it('holds what waits within a bound, and says once that more is lost', () => {
    for (let count = 0; count < 10_050; count++) history.append(event);
    expect(thread.got.filter(({ kind }) => kind === 'append').length).toBe(10_000);
    expect(problems).toEqual(['DIA-003']);
    thread.tell({ kind: 'appended' });
    history.append(event);
    expect(thread.got.filter(({ kind }) => kind === 'append').length).toBe(10_001);
  });

  it('does not keep a daemon from stopping', async () => {
    const closed = history.close();
    due.pop()?.();
    await closed;
  });
});
