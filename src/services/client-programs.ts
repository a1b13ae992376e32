import type { Cancel, Clock, Timers } from '../kernel/clock.ts';
import type { RunningProgram, RunningPrograms } from '../kernel/running-programs.ts';
import type { ProblemCode, ProblemData } from '../problems/problem.ts';

const LOOK_EVERY_MS = 5_000;
/** A program that was asked to end and has not after so long is killed. */
const END_MS = 5_000;

/** A program that has no business on the passive server. */
export interface ClientProgram {
  readonly name: string;
  readonly onPassive: 'report' | 'end';
}

export interface ClientProgramsOptions {
  readonly programs: () => readonly ClientProgram[];
  /** What is protected here, as real paths. */
  readonly folders: () => readonly string[];
  readonly running: RunningPrograms;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timers: Timers;
  readonly findings: {
    raise(problem: ProblemData, about: { item: string; evidence: readonly string[]; action: string | null }): void;
    clearAll(code: ProblemCode, but: readonly string[]): void;
  };
  readonly tell: (event: { level: 'warning'; text: string; item: string }) => void;
}

/** Looks now and then for programs that the settings name, on the passive server: names them, and ends them where set so. */
export class ClientPrograms {
  readonly #options: ClientProgramsOptions;
  /** When each was asked to end. */
  #asked = new Map<string, number>();
  /** Those of which somebody wants what runs now to be ended. */
  readonly #toEnd = new Set<string>();
  /** As they were seen last. */
  #found: readonly RunningProgram[] = [];
  #isLooking = false;

  constructor(options: ClientProgramsOptions) {
    this.#options = options;
  }

  start(): Cancel {
    void this.look();
    return this.#options.timers.every(LOOK_EVERY_MS, () => void this.look());
  }

  /** Ends what runs of it now, as if it were set so. What is started later is only told again. @returns false where nothing does. */
  endNow(name: string): boolean {
    const found = this.#found.filter((one) => one.name === name);
    if (found.length === 0) return false;
    this.#toEnd.add(name);
    for (const one of found) this.#end(one);
    return true;
  }

  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const programs = this.#options.programs();
      const names = programs.map(({ name }) => name);
      const found = names.length === 0 ? [] : await this.#options.running.find(names, this.#options.folders());
      this.#found = found;
      for (const name of this.#toEnd) if (!found.some((one) => one.name === name)) this.#toEnd.delete(name);
      for (const program of programs)
        this.#show(
          program,
          found.filter(({ name }) => name === program.name),
        );
      const seen = new Set(found.map(({ name }) => name));
      this.#options.findings.clearAll('SVC-021', [...seen]);
      const alive = new Set(found.map(keyOf));
      this.#asked = new Map([...this.#asked].filter(([key]) => alive.has(key)));
    } finally {
      this.#isLooking = false;
    }
  }

  #show(program: ClientProgram, found: readonly RunningProgram[]): void {
    if (found.length === 0) return;
    const { name } = program;
    const isEnded = program.onPassive === 'end' || this.#toEnd.has(name);
    const held = [...new Set(found.flatMap(({ holds }) => holds))];
    const parameters = {
      name,
      effect: held.length === 0 ? 'holds nothing protected at the moment' : `holds ${held.join(', ')} open`,
      action: isEnded ? 'it is ended' : 'it is only reported',
    };
    const action = isEnded ? null : 'end it (SIGTERM, and SIGKILL where it has not ended after 5 s)';
    const evidence = found.map(({ lineage }) => `${lineage}.`);
    this.#options.findings.raise({ code: 'SVC-021', parameters }, { item: name, evidence, action });
    if (isEnded) for (const one of found) this.#end(one);
  }

  #end(program: RunningProgram): void {
    const { running, clock, tell } = this.#options;
    const askedAt = this.#asked.get(keyOf(program));
    if (askedAt === undefined) {
      this.#asked.set(keyOf(program), clock.monotonicMs());
      running.end(program, 'SIGTERM');
      tell({
        level: 'warning',
        text: `The program ${program.name} is ended here: ${program.lineage}`,
        item: program.name,
      });
    } else if (clock.monotonicMs() - askedAt >= END_MS) running.end(program, 'SIGKILL');
  }
}

function keyOf({ processId, startedAt }: RunningProgram): string {
  return `${processId} ${startedAt}`;
}
