import type { Pairing } from '../api/pairing.ts';
import type { AnswerOf } from '../api/requests.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { LocalHttp } from '../kernel/local-http.ts';
import type { Terminal, TextFiles } from '../kernel/terminal.ts';

/** Everything a command may reach beyond its own reckoning. */
export interface CliDoors {
  readonly terminal: Terminal;
  readonly files: TextFiles;
  readonly http: LocalHttp;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly pairing: Pairing;
  /** `understudy run`: resolves with the exit status once the daemon has ended. */
  runDaemon(options: { readonly configFile: string }): Promise<number>;
  /** `understudy preflight` while no daemon runs. Fails with a Problem CFG-…. */
  preflight(options: { readonly configFile: string }): Promise<AnswerOf<'preflight'>>;
  /** `understudy collect` while no daemon runs. Fails with a Problem CFG-001. */
  collect(options: { readonly configFile: string }): Promise<AnswerOf<'collect'>>;
  /** Undoes what was changed for services on this server; without a daemon. @returns their names. @throws Problem SVC-014 */
  releaseServices(options: { readonly configFile: string }): Promise<readonly string[]>;
  /** `understudy demo`; `args` as typed after it. */
  runDemo(options: { readonly args: readonly string[] }): Promise<number>;
  readonly version: string;
  readonly workingDirectory: string;
}
