import type { ByteString } from '../kernel/byte-string.ts';

/** The process that made a request, for people. */
export interface Caller {
  readonly processId: number;
  readonly name: string;
  readonly commandLine: string;
  readonly unit: string | null;
}

/** Somebody wanted to change what is protected on the passive server, and was refused. */
export interface Attempt {
  /** Null where it is not seen from here: it runs in another container. */
  readonly caller: Caller | null;
  /** In words that the path follows. */
  readonly deed: string;
  readonly path: ByteString;
  /** How often, since it was told last. */
  readonly count: number;
}

/** So often they are told. */
const TELL_EVERY_MS = 250;
/** Kept at most until then; further ones are counted with one that is kept. */
const KEPT_MAX = 64;

/** Attempts that were refused by one thread, gathered until they are told: whoever tries again and again is no flood. */
export class Attempts {
  readonly #kept = new Map<string, { -readonly [Field in keyof Attempt]: Attempt[Field] }>();
  /** Who a thread belongs to. It waits for its answer: it has not ended. */
  readonly #describe: (threadId: number) => Caller | null;
  readonly #tell: (attempts: readonly Attempt[]) => void;
  readonly #nowMs: () => number;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    tell: (attempts: readonly Attempt[]) => void;
    describe: (threadId: number) => Caller | null;
    nowMs: () => number;
  }) {
    this.#tell = options.tell;
    this.#describe = options.describe;
    this.#nowMs = options.nowMs;
  }

  note(threadId: number, deed: string, path: ByteString): void {
    const key = `${String(threadId)} ${path}`;
    const known = this.#kept.get(key) ?? (this.#kept.size < KEPT_MAX ? null : [...this.#kept.values()].at(-1));
    if (known === null || known === undefined) {
      const caller = threadId === 0 ? null : this.#describe(threadId);
      this.#kept.set(key, { caller, deed, path, count: 1 });
    } else known.count += 1;
    this.step();
  }

  /** Tells what is due. Called at least once a second. */
  step(): void {
    if (this.#kept.size === 0) return;
    const now = this.#nowMs();
    if (now - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = now;
    this.#tell([...this.#kept.values()]);
    this.#kept.clear();
  }
}
