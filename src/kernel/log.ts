/** Values beside a log line; never pasted into its sentence. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One line an event. The level says who acts: `error` an operator must, `warn` it is degraded and
 * heals by itself, `info` a line of the pair's history, `debug` for developers. `warn` and `error`
 * carry a problem's code among their fields.
 */
export interface Log {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
  /** The same log with fields added to every line. */
  child(fields: LogFields): Log;
}
