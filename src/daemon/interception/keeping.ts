import {
  type FromKeeper,
  type HeldThing,
  KEEPER_VERSION,
  readFromKeeper,
  type ToKeeper,
} from '../../keeper/protocol.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import type { LineEnd } from '../../kernel/lines.ts';
import { Problem, type ProblemData, toData } from '../../problems/problem.ts';

/** A keeper that is started answers by then. */
const START_MS = 10_000;
const TRY_EVERY_MS = 20;
const ANSWER_MS = 5_000;
/** So long after a keeper ended another one is tried; and where that fails, again. */
const AGAIN_MS = 100;
const LATER_MS = 10_000;

export interface KeepingOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Pick<Timers, 'after'>;
  readonly processId: number;
  readonly awayMsMax: number;
  /** @returns null where no keeper answers. */
  readonly connect: () => Promise<LineEnd | null>;
  readonly start: () => void;
  /** Descriptors of the keeper's, as own ones. @throws FileError */
  readonly fetch: (processId: number, descriptors: readonly number[]) => readonly number[];
  readonly tell: (problem: ProblemData) => void;
}

type Request = ToKeeper extends infer Each ? (Each extends ToKeeper ? Omit<Each, 'id'> : never) : never;

/** A connection to a keeper that has said hello. */
class KeeperLine {
  readonly #line: LineEnd;
  readonly #timers: Pick<Timers, 'after'>;
  readonly #waiting = new Map<number, PromiseWithResolvers<FromKeeper>>();
  #next = 1;

  constructor(line: LineEnd, timers: Pick<Timers, 'after'>, onEnd: () => void) {
    this.#line = line;
    this.#timers = timers;
    line.onLine((text) => {
      const message = readFromKeeper(text);
      if (message === null) return line.close();
      this.#waiting.get(message.id)?.resolve(message);
      this.#waiting.delete(message.id);
    });
    line.onEnd(() => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('it ended'));
      this.#waiting.clear();
      onEnd();
    });
  }

  /** @throws Error where it ends, does not answer, or refuses. */
  async ask(request: Request): Promise<Exclude<FromKeeper, { kind: 'refused' }>> {
    const id = this.#next++;
    const answered = Promise.withResolvers<FromKeeper>();
    this.#waiting.set(id, answered);
    this.#line.send(JSON.stringify({ ...request, id }));
    const cancel = this.#timers.after(ANSWER_MS, () => answered.reject(new Error('it does not answer')));
    try {
      const answer = await answered.promise;
      if (answer.kind === 'refused') throw new Error(answer.reason);
      return answer;
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#line.close();
  }
}

/**
 * What this daemon has a keeper hold, so that who follows it goes on with it. A keeper that ends is followed by another
 * one, which is given everything. Where there is none the daemon works as well, and is only not replaced unnoticed (CAP-045).
 */
export class Keeping {
  readonly #options: KeepingOptions;
  /** With descriptors of this process; they stay whose they are. */
  readonly #things = new Map<string, HeldThing>();
  #line: Promise<KeeperLine> | null = null;
  #isClosed = false;
  #isTold = false;
  #cancelAgain: Cancel | null = null;

  constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /**
   * What a daemon before this one left with a keeper, with descriptors of this process. It stays held; what is of no use is to
   * be released.
   */
  async found(): Promise<readonly HeldThing[]> {
    const line = await this.#options.connect();
    if (line === null) return [];
    try {
      const { keeper, held } = await this.#hello(line);
      this.#line = Promise.resolve(keeper);
      const { processId, things } = held;
      const own = things.map((thing) => ({
        ...thing,
        descriptors: this.#options.fetch(processId, thing.descriptors),
      }));
      for (const thing of own) this.#things.set(thing.name, thing);
      return own;
    } catch (error) {
      this.#unkept(error);
      return [];
    }
  }

  /** Sees to it that there is a keeper soon. */
  prepare(): void {
    void this.#keeper().catch(() => {});
  }

  /** Once it returns the thing outlives this process; or CAP-045 was told. */
  async hold(thing: HeldThing): Promise<void> {
    this.#things.set(thing.name, thing);
    try {
      const keeper = await this.#keeper();
      await keeper.ask({ kind: 'hold', ...thing });
    } catch (error) {
      this.#unkept(error);
    }
  }

  async release(name: string): Promise<void> {
    if (this.#isClosed || !this.#things.delete(name) || this.#line === null) return;
    try {
      await (await this.#line).ask({ kind: 'release', name });
    } catch {
      // It has ended, or hangs and is left: either way it holds nothing for us.
    }
  }

  /** Leaves with the keeper what it holds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelAgain?.();
    const line = await this.#line?.catch(() => null);
    line?.close();
  }

  #keeper(): Promise<KeeperLine> {
    this.#line ??= this.#connected().catch((error: unknown) => {
      this.#line = null;
      throw error;
    });
    return this.#line;
  }

  /** @throws Error */
  async #connected(): Promise<KeeperLine> {
    const { clock, connect, start, timers } = this.#options;
    let line = await connect();
    if (line === null) start();
    const beganMs = clock.monotonicMs();
    while (line === null) {
      if (clock.monotonicMs() - beganMs > START_MS) throw new Error('it was started and does not answer');
      await new Promise<void>((done) => void timers.after(TRY_EVERY_MS, done));
      line = await connect();
    }
    return (await this.#hello(line)).keeper;
  }

  /** @throws Error */
  async #hello(line: LineEnd): Promise<{ keeper: KeeperLine; held: Extract<FromKeeper, { kind: 'held' }> }> {
    const { processId, awayMsMax } = this.#options;
    const keeper = new KeeperLine(line, this.#options.timers, () => this.#ended());
    const held = await keeper.ask({ kind: 'hello', version: KEEPER_VERSION, processId, awayMsMax });
    if (held.kind !== 'held') throw new Error('it answers something else');
    return { keeper, held };
  }

  #ended(): void {
    this.#line = null;
    if (!this.#isClosed && this.#things.size > 0) this.#handOver(AGAIN_MS);
  }

  #handOver(afterMs: number): void {
    this.#cancelAgain = this.#options.timers.after(afterMs, () => {
      if (this.#isClosed) return;
      const all = [...this.#things.values()].map((thing) => this.hold(thing));
      void Promise.all(all).then(() => {
        if (this.#line === null && this.#things.size > 0) this.#handOver(LATER_MS);
      });
    });
  }

  #unkept(error: unknown): void {
    if (this.#isTold || this.#isClosed) return;
    this.#isTold = true;
    this.#options.tell(toData(new Problem('CAP-045', { reason: (error as Error).message })));
  }
}
