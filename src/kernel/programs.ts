import type { FileOwner } from './byte-files.ts';

/** How a program that was run to its end came out. */
export interface ProgramEnd {
  /** Null where a signal ended it, or it could not be started. */
  readonly status: number | null;
  /** At most so much as was asked for; the rest is dropped. */
  readonly output: string;
  /** What it wrote to its standard error, or why it could not be started or was ended. */
  readonly error: string;
}

/** A process with a lock that a program waits for. */
export interface LockHolder {
  /** Null where the lock is no single process's. */
  readonly process: { readonly processId: number; readonly name: string; readonly unit: string | null } | null;
  /** Path of the file; null where it can't be told. */
  readonly file: string | null;
}

/** How a program stands still: the kernel lets nobody end it, somebody stopped it, or it waits for something. */
export type Standstill = 'unending' | 'stopped' | 'waiting';

/** Programs of this machine, run without a shell. */
export interface Programs {
  /**
   * Never fails: what went wrong is in its end.
   * @param options - `timeoutMs`: after that it is killed, with all that it started in its own process group. `keeps`: which
   *   part of its output, where there is too much of it; by default the beginning. `owner`: as whom it is run, by default
   *   as who we are. `leaves`: what it started may go on once it has ended itself, also with its outputs, which nobody
   *   heeds any more. `lockedOut`: told who has the lock that the program has waited for these two seconds, and null once
   *   it goes on while it runs. `standsStill`: told once where it wanted no processor for so long.
   */
  run(
    command: readonly string[],
    options: {
      readonly timeoutMs: number;
      readonly keeps?: 'beginning' | 'end';
      readonly environment?: Readonly<Record<string, string>>;
      readonly owner?: FileOwner;
      readonly leaves?: boolean;
      readonly lockedOut?: (holder: LockHolder | null) => void;
      readonly standsStill?: { readonly afterMs: number; readonly told: (how: Standstill) => void };
    },
  ): Promise<ProgramEnd>;
}
