import type { Cancel, Timers } from '../kernel/clock.ts';
import type { LineEnd } from '../kernel/lines.ts';
import { type FromKeeper, type HeldThing, KEEPER_VERSION, readToKeeper, type ToKeeper } from './protocol.ts';

export interface KeeperOptions {
  readonly timers: Pick<Timers, 'after'>;
  readonly processId: number;
  /** Descriptors of another process, as own ones. @throws FileError */
  readonly fetch: (processId: number, descriptors: readonly number[]) => readonly number[];
  readonly close: (descriptor: number) => void;
  readonly isAlive: (processId: number) => boolean;
  /** Nothing is held, and nobody is there who could want it. */
  readonly onUnused: () => void;
}

interface Daemon {
  readonly line: LineEnd;
  readonly processId: number;
  readonly awayMsMax: number;
}

/**
 * Holds descriptors for a daemon, and for the one that follows it when it was killed. It knows nothing of what they are.
 *
 * States: served by one daemon; away, after that one ended, until the next one says hello or the time it gave is over,
 * when everything is let go; unused.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #things = new Map<string, HeldThing>();
  #daemon: Daemon | null = null;
  #cancelAway: Cancel | null = null;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Somebody connected. */
  connected(line: LineEnd): void {
    line.onLine((text) => {
      const message = readToKeeper(text);
      if (message === null) return line.close();
      line.send(JSON.stringify(this.#answer(line, message)));
    });
    line.onEnd(() => {
      if (this.#daemon?.line === line) this.#left(this.#daemon);
      else if (this.#daemon === null && this.#things.size === 0) this.#options.onUnused();
    });
  }

  /** Lets go of everything. */
  close(): void {
    for (const name of [...this.#things.keys()]) this.#release(name);
  }

  #answer(line: LineEnd, message: ToKeeper): FromKeeper {
    const { id } = message;
    if (message.kind === 'hello') return this.#hello(line, message);
    if (this.#daemon?.line !== line) return { kind: 'refused', id, reason: 'a daemon says hello first' };
    if (message.kind === 'release') {
      this.#release(message.name);
      return { kind: 'done', id };
    }
    return this.#hold(id, this.#daemon.processId, message);
  }

  #hello(line: LineEnd, { id, version, processId, awayMsMax }: Extract<ToKeeper, { kind: 'hello' }>): FromKeeper {
    if (version !== KEEPER_VERSION) {
      return { kind: 'refused', id, reason: `it is of version ${KEEPER_VERSION}, and the daemon of ${version}` };
    }
    const before = this.#daemon;
    if (before !== null && before.line !== line && this.#options.isAlive(before.processId)) {
      return { kind: 'refused', id, reason: `process ${before.processId} is served` };
    }
    this.#cancelAway?.();
    this.#cancelAway = null;
    this.#daemon = { line, processId, awayMsMax };
    return { kind: 'held', id, processId: this.#options.processId, things: [...this.#things.values()] };
  }

  #hold(id: number, processId: number, { name, facts, descriptors }: HeldThing): FromKeeper {
    try {
      const fetched = this.#options.fetch(processId, descriptors);
      this.#release(name);
      this.#things.set(name, { name, facts, descriptors: fetched });
      return { kind: 'done', id };
    } catch (error) {
      return { kind: 'refused', id, reason: (error as Error).message };
    }
  }

  #release(name: string): void {
    for (const descriptor of this.#things.get(name)?.descriptors ?? []) this.#options.close(descriptor);
    this.#things.delete(name);
  }

  #left({ awayMsMax }: Daemon): void {
    this.#daemon = null;
    if (this.#things.size === 0) return this.#options.onUnused();
    if (awayMsMax === 0) return;
    this.#cancelAway = this.#options.timers.after(awayMsMax, () => {
      this.close();
      this.#options.onUnused();
    });
  }
}
