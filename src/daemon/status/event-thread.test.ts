import { describe, expect, it } from 'vitest';
import type { Thread } from '../../system/processes/threads.ts';
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
  history.onTrouble((trouble) => void problems.push(trouble?.code ?? 'over'));
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

describe('a history that can not be kept', () => {
  function trial() {
    const threads: SlowThread[] = [];
    const due: (() => void)[] = [];
    const told: string[] = [];
    const history = new EventThread({
      file: '/state/events.sqlite',
      startThread: () => {
        threads.push(new SlowThread());
        return threads.at(-1) as SlowThread;
      },
      after: (_delayMs, action) => {
        due.push(action);
        return () => void due.splice(0);
      },
      onProblem: ({ code }) => void told.push(code),
    });
    history.onTrouble((trouble) => void told.push(trouble === null ? 'over' : String(trouble.parameters['reason'])));
    return { history, threads, due, told };
  }
  const problem = (reason: string) => ({
    kind: 'problem' as const,
    problem: { code: 'DIA-003' as const, parameters: { file: '/state/events.sqlite', reason } },
  });

  it('is told until it is kept again, and once', () => {
    const { threads, told } = trial();
    threads[0]?.tell({ kind: 'works' });
    threads[0]?.tell(problem('disk I/O error'));
    threads[0]?.tell({ kind: 'works' });
    threads[0]?.tell({ kind: 'works' });
    expect(told).toEqual(['disk I/O error', 'over']);
  });

  it('is told to whoever listens only later', () => {
    const { history, threads } = trial();
    threads[0]?.tell(problem('disk I/O error'));
    const late: unknown[] = [];
    history.onTrouble((trouble) => void late.push(trouble?.code));
    expect(late).toEqual(['DIA-003']);
  });

  it('because its thread ended is kept by another one', async () => {
    const { history, threads, due, told } = trial();
    const asked = history.find({ limit: 1 });
    threads[0]?.end(new Error('out of memory'));
    await expect(asked).rejects.toMatchObject({ code: 'DIA-003' });
    due.pop()?.();
    threads[1]?.tell({ kind: 'works' });
    expect(told).toEqual(['out of memory', 'over']);
    const closed = history.close();
    expect(threads[1]?.got).toEqual([{ kind: 'close' }]);
    threads[1]?.end(null);
    await closed;
    expect([threads.length, due.length]).toEqual([2, 0]);
  });
});
