import type { CliDoors } from './doors.ts';

/** The server file of a command that names none. */
export const DEFAULT_CONFIG_FILE = '/etc/understudy/server.yaml';

/** A flag of a command. `value` names what follows it; without, it is a switch. */
export interface FlagForm {
  readonly value?: string;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  readonly summary: string;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name, flags aside: `PATH…`. */
  readonly operands: string;
  readonly operandsMin: number;
  readonly operandsMax: number;
  readonly flags: Readonly<Record<string, FlagForm>>;
  /** More than the summary, for `--help`. */
  readonly description?: string;
  /** Its arguments are handed on unread, as {@link Invocation.rest}. */
  readonly takesAnything?: boolean;
  /** @returns the exit status. Fails with a Problem, Failures or a UsageError. */
  run(invocation: Invocation): Promise<number>;
}

/** A command as it was typed. */
export interface Invocation {
  readonly doors: CliDoors;
  readonly configFile: string;
  readonly json: boolean;
  readonly operands: readonly string[];
  readonly flags: Flags;
  readonly rest: readonly string[];
}

/** The flags that were given. */
export class Flags {
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(given: ReadonlyMap<string, readonly string[]>) {
    this.#given = given;
  }

  isSet(name: string): boolean {
    return this.#given.has(name);
  }

  text(name: string): string | null {
    return this.#given.get(name)?.at(-1) ?? null;
  }

  all(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }
}

/** Wrong usage: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Of the command it is about; null where there is none. */
  readonly command: string | null;

  constructor(message: string, command: string | null = null) {
    super(message);
    this.command = command;
  }
}

/** Prints a value as the JSON answer of a command. */
export function printJson(invocation: Invocation, value: unknown): void {
  invocation.doors.terminal.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** A whole number among the flags. @throws UsageError where it is not one or out of bounds. */
export function countFlag(
  invocation: Invocation,
  name: string,
  bounds: { readonly command: string; readonly min: number; readonly max: number; readonly default: number },
): number {
  const text = invocation.flags.text(name);
  if (text === null) return bounds.default;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
  const range = `from ${bounds.min} to ${bounds.max}`;
  throw new UsageError(`--${name} must be a whole number ${range}, not ${text}.`, bounds.command);
}
