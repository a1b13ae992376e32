import type { Cancel, Timers } from '../kernel/clock.ts';
import type { LineEnd } from '../kernel/lines.ts';
import {
  type FromKeeper,
  type HeldMount,
  type HeldThing,
  KEEPER_VERSION,
  readToKeeper,
  type ToKeeper,
} from './protocol.ts';

export interface KeeperOptions {
  readonly timers: Pick<Timers, 'after'>;
  readonly processId: number;
  /** Descriptors of another process, as own ones. @throws FileError */
  readonly fetch: (processId: number, descriptors: readonly number[]) => readonly number[];
  readonly close: (descriptor: number) => void;
  /** Takes away a mount that nobody goes on with; nothing where it has gone. */
  readonly detach: (mount: HeldMount) => void;
  readonly isAlive: (processId: number) => boolean;
  /** Nothing is held, and nobody is there who could want it; or another keeper takes its place. */
  readonly onUnused: () => void;
  /** It was started by a daemon, and is one for want of a better one. */
  readonly isTransient: boolean;
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

  /**
   * Lets go of everything. Mounts of a daemon that is there are its own; those that nobody serves are taken away, or their
   * folders would give errors to everybody.
   */
  close(): void {
    const isServed = this.#isServed();
    for (const name of [...this.#things.keys()]) {
      if (isServed) this.#release(name);
      else this.#giveUp(name);
    }
  }

  #answer(line: LineEnd, message: ToKeeper): FromKeeper {
    const { id } = message;
    if (message.kind === 'hello') return this.#hello(line, message);
    if (message.kind === 'retire') return this.#retire(id);
    if (this.#daemon?.line !== line) return { kind: 'refused', id, reason: 'a daemon says hello first' };
    if (message.kind === 'release') {
      this.#release(message.name);
      return { kind: 'done', id };
    }
    const { name, facts, descriptors, mount } = message;
    const thing = { name, facts, descriptors, ...(mount === undefined ? {} : { mount }) };
    return this.#hold(id, this.#daemon.processId, thing);
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

  /** Where the daemon has gone nobody could hand over what is held here. */
  #retire(id: number): FromKeeper {
    if (!this.#options.isTransient || !this.#isServed()) return { kind: 'refused', id, reason: 'it is needed' };
    this.#options.onUnused();
    return { kind: 'done', id };
  }

  #isServed(): boolean {
    return this.#daemon !== null && this.#options.isAlive(this.#daemon.processId);
  }

  #hold(id: number, processId: number, { name, descriptors, ...about }: HeldThing): FromKeeper {
    try {
      const fetched = this.#options.fetch(processId, descriptors);
      this.#release(name);
      this.#things.set(name, { name, ...about, descriptors: fetched });
      return { kind: 'done', id };
    } catch (error) {
      return { kind: 'refused', id, reason: (error as Error).message };
    }
  }

  #release(name: string): void {
    for (const descriptor of this.#things.get(name)?.descriptors ?? []) this.#options.close(descriptor);
    this.#things.delete(name);
  }

  #giveUp(name: string): void {
    const mount = this.#things.get(name)?.mount;
    if (mount !== undefined) this.#options.detach(mount);
    this.#release(name);
  }

  #left({ awayMsMax }: Daemon): void {
    this.#daemon = null;
    for (const { name, mount } of [...this.#things.values()]) if (mount?.outlives === false) this.#giveUp(name);
    if (this.#things.size === 0) return this.#options.onUnused();
    if (awayMsMax === 0) return;
    this.#cancelAway = this.#options.timers.after(awayMsMax, () => {
      this.close();
      this.#options.onUnused();
    });
  }
}
