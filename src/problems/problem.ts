import { formatDuration } from '../kernel/duration-text.ts';
import { inWords } from '../kernel/error-words.ts';
import { formatBytes } from '../kernel/size-text.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Entry, ParametersOf } from './entry.ts';

export type ProblemCode = keyof typeof CATALOGUE;

/** The values that fill the placeholders of a problem's texts. */
export type ProblemParameters<Code extends ProblemCode> = ParametersOf<(typeof CATALOGUE)[Code]>;

/**
 * An expected failure, told by its code. Its sentence, its cause and its remedy come from the
 * catalogue; only values are given where it is raised, and a missing one does not compile.
 */
export class Problem<Code extends ProblemCode = ProblemCode> extends Error {
  override readonly name = 'Problem';
  readonly code: Code;
  readonly parameters: Readonly<Record<string, string | number>>;

  constructor(code: Code, parameters: ProblemParameters<Code>, options?: { cause?: unknown }) {
    super(fill(entryOf(code).message, parameters as Record<string, string | number>), options);
    this.code = code;
    this.parameters = parameters as Record<string, string | number>;
  }
}

/** A problem as plain data: crosses threads, the channel and the API. */
export interface ProblemData {
  readonly code: ProblemCode;
  readonly parameters: Readonly<Record<string, string | number>>;
}

export function toData(problem: Problem): ProblemData {
  return { code: problem.code, parameters: problem.parameters };
}

/** @returns null where this version does not know the code (data from a newer peer). */
export function fromData(data: {
  code: string;
  parameters: Readonly<Record<string, string | number>>;
}): Problem | null {
  if (!Object.hasOwn(CATALOGUE, data.code)) return null;
  return new Problem(data.code as ProblemCode, data.parameters as never);
}

export function isProblem(value: unknown, code?: ProblemCode): value is Problem {
  return value instanceof Problem && (code === undefined || value.code === code);
}

/** The catalogue's entry; its texts still hold placeholders. */
export function entryOf(code: ProblemCode): Entry {
  return CATALOGUE[code];
}

/** What happened, why, and what to do, with the values filled in. */
export function describe(problem: ProblemData): { message: string; cause: string; resolution: string } {
  const entry = entryOf(problem.code);
  return {
    message: fill(entry.message, problem.parameters),
    cause: fill(entry.cause, problem.parameters),
    resolution: fill(entry.resolution, problem.parameters),
  };
}

/** A size from here on is told in larger units, for people: parameters keep the number. */
const LARGE_BYTES = 1024 * 1024;
/** A time from here on, too; a shorter one where no part of it gets lost. */
const LONG_MS = 10_000;

/**
 * Replaces `{name}` by its value; an unknown placeholder stays as it is. A reason that is a sentence ends one only
 * once, and one that is the kernel's word alone is told in words; a large number of bytes is told as `1.5 GiB`, a long
 * time as `9 min`.
 */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}( bytes| ms)?(\.?)/g, (whole, name: string, unit = '', stop: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (/bytes/i.test(name) && typeof value === 'number' && value >= LARGE_BYTES) return formatBytes(value) + stop;
    if (unit === ' ms' && typeof value === 'number' && isLong(value)) return formatDuration(value) + stop;
    const text = name === 'reason' ? inWords(String(value)) : String(value);
    return name === 'reason' && text.endsWith('.') ? text : text + unit + stop;
  });
}

function isLong(ms: number): boolean {
  return ms >= LONG_MS || (ms > 0 && ms % 1_000 === 0);
}
