import type { LockHolder, ProgramEnd, Programs, Standstill } from '../kernel/programs.ts';
import { Problem } from '../problems/problem.ts';

/** Without any progress for so long a call is not waited for. */
const STANDS_STILL_MS = 10_000;

const HOW: Readonly<Record<Standstill, string>> = {
  unending: 'in a call of the kernel that nothing can end (uninterruptible sleep)',
  stopped: 'because somebody stopped it',
  waiting: 'and waits for something',
};

/**
 * The tool of one registry. A call of it that hangs is not waited for, so that other registries have their turn
 * meanwhile; it goes on by itself, until it is ended after its time, where the kernel lets it be. Before that no other
 * is started.
 */
export class ToolTurn implements Programs {
  readonly #programs: Programs;
  readonly #shown: string;
  readonly #freed: () => void;
  /** Why the call hangs that goes on by itself; null where none does. */
  #hanging: Problem | null = null;
  /** The last one stood still, and ended well all the same: one that does so again is waited for. */
  #isSlow = false;

  /**
   * @param options.shown - the registry, for people.
   * @param options.freed - a call that hung has ended: what was asked for can be tried again.
   */
  constructor(options: { readonly programs: Programs; readonly shown: string; readonly freed: () => void }) {
    this.#programs = options.programs;
    this.#shown = options.shown;
    this.#freed = options.freed;
  }

  /** @throws Problem REG-005 where it hangs, or one before it still does. */
  async run(command: readonly string[], options: Parameters<Programs['run']>[1]): Promise<ProgramEnd> {
    if (this.#hanging !== null) throw this.#hanging;
    const [program = ''] = command;
    const isSlow = this.#isSlow;
    this.#isSlow = false;
    const hung = Promise.withResolvers<never>();
    const hangs = (reason: string): void => {
      this.#hanging = new Problem('REG-005', { store: this.#shown, reason });
      hung.reject(this.#hanging);
    };
    const lockedOut = (holder: LockHolder | null): void => {
      if (holder !== null) hangs(saidOfLock(program, holder));
    };
    const told = (how: Standstill): void => {
      if (!isSlow) hangs(`${program} has stood still for ${STANDS_STILL_MS / 1000} s, ${HOW[how]}`);
    };
    const standsStill = { afterMs: STANDS_STILL_MS, told };
    const running = this.#programs.run(command, { ...options, lockedOut, standsStill });
    void this.#whenOver(running);
    return await Promise.race([running, hung.promise]);
  }

  async #whenOver(running: Promise<ProgramEnd>): Promise<void> {
    const { status } = await running;
    if (this.#hanging === null) return;
    this.#hanging = null;
    this.#isSlow = status === 0;
    this.#freed();
  }
}

function saidOfLock(program: string, { process, file }: LockHolder): string {
  const unit = process?.unit ?? null;
  const of = process === null ? '' : `process ${process.processId}${unit === null ? '' : ` of ${unit}`}`;
  const holder = process === null ? 'somebody' : `${process.name} (${of})`;
  return `${holder} has a lock on ${file ?? 'its database'}, which ${program} waits for`;
}
