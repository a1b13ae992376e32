import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Keeper } from '../../keeper/keeper.ts';
import type { LineEnd } from '../../kernel/lines.ts';
import type { ProblemData } from '../../problems/problem.ts';
import { HandTime } from '../hand-time.testing.ts';
import { Keeping } from './keeping.ts';

/** Both ends of a connection; what is said on one is heard on the other a turn later. */
class End implements LineEnd {
  other: End | null = null;
  #hear: (line: string) => void = () => {};
  readonly #ends: (() => void)[] = [];
  #isOver = false;

  static pair(): readonly [End, End] {
    const [one, other] = [new End(), new End()];
    [one.other, other.other] = [other, one];
    return [one, other];
  }
  send(line: string): void {
    queueMicrotask(() => this.other?.hear(line));
  }
  hear(line: string): void {
    if (!this.#isOver) this.#hear(line);
  }
  onLine(action: (line: string) => void): void {
    this.#hear = action;
  }
  onEnd(action: () => void): void {
    this.#ends.push(action);
  }
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const end of this.#ends) end();
    this.other?.close();
  }
}

const THING = { name: 'a', facts: { of: 1 }, descriptors: [5] };
const LONG_MS = 60_000;

describe('what a daemon has kept', () => {
  let time: HandTime;
  let told: ProblemData[];
  let lines: End[];
  let keeper: Keeper | null;
  let started: number;
  let startsKeeper: boolean;
  /** Descriptors that were fetched, by whom from whom. */
  let fetched: string[];
  beforeEach(() => {
    time = new HandTime();
    [told, lines, keeper, started, startsKeeper, fetched] = [[], [], null, 0, true, []];
  });

  const newKeeper = (): Keeper =>
    new Keeper({
      timers: time,
      processId: 1,
      fetch: (processId, descriptors) => {
        fetched.push(`keeper from ${processId}: ${descriptors.join()}`);
        return descriptors.map((descriptor) => descriptor + 100);
      },
      close: () => {},
      detach: () => {},
      isTransient: true,
      isAlive: () => false,
      onUnused: () => {},
    });
  const daemon = (processId: number): Keeping =>
    new Keeping({
      clock: time,
      timers: time,
      processId,
      awayMsMax: LONG_MS,
      connect: () => {
        if (keeper === null) return Promise.resolve(null);
        const [here, there] = End.pair();
        lines.push(there);
        keeper.connected(there);
        return Promise.resolve(here);
      },
      start: () => {
        started += 1;
        if (startsKeeper) keeper = newKeeper();
      },
      fetch: (from, descriptors) => {
        fetched.push(`${processId} from ${from}: ${descriptors.join()}`);
        return descriptors.map((descriptor) => descriptor + 1000);
      },
      tell: (problem) => told.push(problem),
    });
  /** Lets everything happen that does not wait for the clock, and what does. */
  const passed = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 20) {
      for (let turns = 0; turns < 5; turns++) await turn();
      time.advance(20);
    }
    await turn();
  };

  it('is found by the one that follows, and not what was released', async () => {
    const first = daemon(10);
    const held = Promise.all([first.hold(THING), first.hold({ ...THING, name: 'b' })]);
    await passed(100);
    await held;
    await first.release('b');
    expect(started).toBe(1);
    lines[0]?.close();
    expect(await daemon(11).found()).toEqual([{ name: 'a', facts: { of: 1 }, descriptors: [1105] }]);
    expect(fetched).toEqual(['keeper from 10: 5', 'keeper from 10: 5', '11 from 1: 105']);
    expect(told).toEqual([]);
  });

  it('is given to another keeper when the one that held it ends', async () => {
    const keeping = daemon(10);
    const held = keeping.hold(THING);
    await passed(100);
    await held;
    keeper = null;
    lines[0]?.close();
    await passed(300);
    expect(started).toBe(2);
    expect(fetched).toEqual(['keeper from 10: 5', 'keeper from 10: 5']);
    await keeping.close();
    expect(told).toEqual([]);
  });

  it('is not kept where no keeper comes, which is told once [CAP-045]', async () => {
    startsKeeper = false;
    const keeping = daemon(10);
    const held = keeping.hold(THING);
    await passed(11_000);
    await held;
    const again = keeping.hold({ ...THING, name: 'b' });
    await passed(11_000);
    await again;
    expect(told.map(({ code }) => code)).toEqual(['CAP-045']);
    await keeping.release('a');
    await keeping.close();
    expect(await keeping.found()).toEqual([]);
  });
});
