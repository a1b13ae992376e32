/** A program to be run to its end. */
export interface ProgramRun {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** It is ended where it takes longer. */
  readonly timeoutMs: number;
}

/** What came of it. `status` is null where it could not be started, or was ended; `reason` then says why. */
export interface ProgramResult {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
  readonly reason: string | null;
}

export type RunProgram = (run: ProgramRun) => Promise<ProgramResult>;
