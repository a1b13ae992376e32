import { beforeEach, describe, expect, it } from 'vitest';
import type { LineEnd } from '../kernel/lines.ts';
import { Keeper } from './keeper.ts';
import { KEEPER_VERSION } from './protocol.ts';

/** A connection as the keeper sees it, driven by the test. */
class FakeLine implements LineEnd {
  readonly answers: unknown[] = [];
  isClosed = false;
  #hear: (line: string) => void = () => {};
  #end: () => void = () => {};
  #id = 0;

  send(line: string): void {
    this.answers.push(JSON.parse(line));
  }
  onLine(action: (line: string) => void): void {
    this.#hear = action;
  }
  onEnd(action: () => void): void {
    this.#end = action;
  }
  close(): void {
    this.isClosed = true;
    this.#end();
  }

  say(message: object): unknown {
    this.#hear(JSON.stringify({ ...message, id: ++this.#id }));
    return this.answers.at(-1);
  }
  sayText(text: string): void {
    this.#hear(text);
  }
}

const hello = (processId: number) => ({ kind: 'hello', version: KEEPER_VERSION, processId, awayMsMax: 60_000 });

describe('the keeper', () => {
  let closed: number[];
  let unused: number;
  let alive: Set<number>;
  let timer: (() => void) | null;
  let keeper: Keeper;
  beforeEach(() => {
    [closed, unused, alive, timer] = [[], 0, new Set([10, 11]), null];
    let next = 100;
    keeper = new Keeper({
      timers: {
        after: (delayMs, action) => {
          expect(delayMs).toBe(60_000);
          timer = action;
          return () => (timer = null);
        },
      },
      processId: 1,
      fetch: (processId, descriptors) => {
        if (!alive.has(processId)) throw new Error('ESRCH');
        return descriptors.map(() => next++);
      },
      close: (descriptor) => closed.push(descriptor),
      detach: ({ id }) => closed.push(-Number(id)),
      isAlive: (processId) => alive.has(processId),
      isTransient: true,
      onUnused: () => (unused += 1),
    });
  });

  const connected = (): FakeLine => {
    const line = new FakeLine();
    keeper.connected(line);
    return line;
  };

  it('gives to the next daemon what the one before had held, and lets go of what is released', () => {
    const first = connected();
    expect(first.say(hello(10))).toEqual({ kind: 'held', id: 1, processId: 1, things: [] });
    first.say({ kind: 'hold', name: 'a', facts: { of: 1 }, descriptors: [5, 6] });
    first.say({ kind: 'hold', name: 'b', facts: null, descriptors: [7] });
    expect(first.say({ kind: 'release', name: 'b' })).toEqual({ kind: 'done', id: 4 });
    expect(closed).toEqual([102]);
    alive.delete(10);
    first.close();
    expect([timer === null, unused]).toEqual([false, 0]);
    const things = [{ name: 'a', facts: { of: 1 }, descriptors: [100, 101] }];
    expect(connected().say(hello(11))).toEqual({ kind: 'held', id: 1, processId: 1, things });
    expect([timer, closed]).toEqual([null, [102]]);
  });

  it('holds a thing anew before it lets go of what had its name', () => {
    const line = connected();
    line.say(hello(10));
    line.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5] });
    line.say({ kind: 'hold', name: 'a', facts: 2, descriptors: [5] });
    expect(closed).toEqual([100]);
    alive.delete(10);
    expect(line.say({ kind: 'hold', name: 'a', facts: 3, descriptors: [5] })).toMatchObject({ kind: 'refused' });
    expect(closed).toEqual([100]);
  });

  it('lets go of everything when nobody comes in time, and is of no use then', () => {
    const line = connected();
    line.say(hello(10));
    line.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5] });
    line.close();
    timer?.();
    expect([closed, unused]).toEqual([[100], 1]);
  });

  const mount = (id: string, outlives: boolean) => ({ mount: { id, path: '/srv', outlives } });

  it('takes away the mounts that nobody comes for, and at once those that nobody could go on with', () => {
    const line = connected();
    line.say(hello(10));
    line.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5], ...mount('7', true) });
    line.say({ kind: 'hold', name: 'b', facts: 1, descriptors: [], ...mount('8', false) });
    alive.delete(10);
    line.close();
    expect([closed, unused]).toEqual([[-8], 0]);
    const { things } = connected().say(hello(11)) as { things: unknown[] };
    expect(things).toEqual([{ name: 'a', facts: 1, descriptors: [100], ...mount('7', true) }]);
    // It is told to stop: whoever is there serves them.
    keeper.close();
    expect(closed).toEqual([-8, 100]);
  });

  it('gives way to another keeper while its daemon is there to hand everything to that one', () => {
    const [line, other] = [connected(), connected()];
    expect(other.say({ kind: 'retire' })).toMatchObject({ kind: 'refused' });
    line.say(hello(10));
    line.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5], ...mount('7', true) });
    expect([other.say({ kind: 'retire' }), unused]).toEqual([{ kind: 'done', id: 2 }, 1]);
    alive.delete(10);
    line.close();
    expect([other.say({ kind: 'retire' }), unused]).toMatchObject([{ kind: 'refused' }, 1]);
  });

  it('takes away what nobody serves when it is told to stop', () => {
    const line = connected();
    line.say(hello(10));
    line.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5], ...mount('7', true) });
    line.close();
    keeper.close();
    expect(closed).toEqual([-7, 100]);
  });

  it('is of no use to a daemon that left nothing', () => {
    const line = connected();
    line.say(hello(10));
    line.close();
    expect(unused).toBe(1);
  });

  it('serves one daemon, which says hello first, in its own version', () => {
    const first = connected();
    expect(first.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5] })).toMatchObject({ kind: 'refused' });
    first.say(hello(10));
    const second = connected();
    expect(second.say(hello(11))).toMatchObject({ kind: 'refused', reason: 'process 10 is served' });
    alive.delete(10);
    expect(second.say({ ...hello(11), version: KEEPER_VERSION + 1 })).toMatchObject({ kind: 'refused' });
    expect(second.say(hello(11))).toMatchObject({ kind: 'held' });
    first.close();
    expect(second.say({ kind: 'hold', name: 'a', facts: 1, descriptors: [5] })).toMatchObject({ kind: 'done' });
  });

  it('breaks with who says what it does not understand', () => {
    for (const text of ['', '{', '[]', '{"kind":"hold","id":1,"name":"a","descriptors":[-1]}', '{"id":1}']) {
      const line = connected();
      line.sayText(text);
      expect([text, line.isClosed, line.answers]).toEqual([text, true, []]);
    }
  });
});
