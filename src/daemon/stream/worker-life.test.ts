import { beforeEach, describe, expect, it } from 'vitest';
import { WorkerLife } from './worker-life.ts';

interface Message {
  readonly kind: string;
}

let told: Message[];
let say: (message: Message) => void;
let end: (error: Error | null) => void;
let late: (() => void)[];
let gone: number;
let life: WorkerLife<Message>;

beforeEach(() => {
  told = [];
  late = [];
  gone = 0;
  const thread = {
    onMessage: (action: (message: Message) => void) => void (say = action),
    onEnd: (action: (error: Error | null) => void) => void (end = action),
    terminate: async () => end(null),
  };
  life = new WorkerLife<Message>(thread, {
    onMessage: (message) => told.push(message),
    onGone: () => (gone += 1),
    after: (_delayMs, action) => {
      late.push(action);
      return () => void late.splice(0);
    },
  });
});

describe('a worker', () => {
  it('that ends without a word has failed', () => {
    end(new Error('out of memory'));
    expect(told).toEqual([{ kind: 'failed', problem: null, text: 'out of memory' }]);
    expect([life.isOver, gone]).toEqual([true, 1]);
  });

  it('that said why has failed once', () => {
    say({ kind: 'failed' });
    end(null);
    expect(told).toEqual([{ kind: 'failed' }]);
    expect([life.isOver, gone]).toEqual([true, 1]);
  });

  it('that was told to stop ends without news, and is not waited for any more', async () => {
    const stopped = life.stop(() => say({ kind: 'stopping' }), 1000);
    end(null);
    await stopped;
    expect(told).toEqual([{ kind: 'stopping' }]);
    expect(late).toEqual([]);
  });

  it('that does not stop is ended by force', async () => {
    const stopped = life.stop(() => undefined, 1000);
    expect(life.isOver).toBe(false);
    late[0]?.();
    await stopped;
    expect([life.isOver, gone]).toEqual([true, 1]);
  });

  it('that has ended is told nothing', async () => {
    end(null);
    await life.stop(() => say({ kind: 'stopping' }), 1000);
    expect(told.map(({ kind }) => kind)).toEqual(['failed']);
  });
});
