/** A process that is one of the programs that were looked for. */
export interface RunningProgram {
  /** As it was looked for. */
  readonly name: string;
  readonly processId: number;
  /** With the id it names one process for good: ids are used again. */
  readonly startedAt: string;
  /** The process with those it descends from, for people. */
  readonly lineage: string;
  /** Files and folders it has open below the folders that were named; the first few. */
  readonly holds: readonly string[];
}

/** Programs that run on this machine. */
export interface RunningPrograms {
  /**
   * Never fails: what can't be seen is not found.
   * @param names - of programs, or of scripts: the last part of their path.
   * @param folders - absolute paths.
   */
  find(names: readonly string[], folders: readonly string[]): Promise<readonly RunningProgram[]>;
  /** Nothing happens where it has ended meanwhile. */
  end(program: RunningProgram, how: 'SIGTERM' | 'SIGKILL'): void;
}
