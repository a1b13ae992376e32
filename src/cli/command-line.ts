import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Command, DEFAULT_CONFIG_FILE, type FlagForm, Flags, type Invocation, UsageError } from './command.ts';
import { COMMANDS, NOT_IN_THIS_RELEASE } from './command-table.ts';
import type { CliDoors } from './doors.ts';
import { reportFailure } from './failure-report.ts';
import { commandHelp, generalHelp } from './help-text.ts';
import { nearest } from '../settings/nearest-key.ts';

/** What every command takes. */
export const COMMON_FLAGS: Readonly<Record<string, FlagForm>> = {
  config: { value: 'FILE', summary: `the server file (default ${DEFAULT_CONFIG_FILE})` },
  json: { summary: 'print JSON' },
  help: { summary: 'show this' },
};

/** What was typed, understood. */
export type Typed =
  | { readonly kind: 'help'; readonly command: Command | null }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly operands: readonly string[];
      readonly flags: ReadonlyMap<string, readonly string[]>;
      readonly rest: readonly string[];
    };

/**
 * Runs one command to its end.
 * @param argv - without the program's own name.
 * @returns the exit status: 0 done; 1 a problem, told with its code on standard error; 2 wrong usage.
 */
export async function runCommandLine(argv: readonly string[], doors: CliDoors): Promise<number> {
  const json = argv.includes('--json');
  try {
    const typed = understand(argv);
    if (typed.kind === 'version') {
      doors.terminal.out(`understudy ${doors.version}\n`);
      return 0;
    }
    if (typed.kind === 'help') {
      const { columns } = doors.terminal.size();
      const { command } = typed;
      doors.terminal.out(
        command === null ? generalHelp(COMMANDS) : commandHelp(command, { common: COMMON_FLAGS, columns }),
      );
      return 0;
    }
    const configFile = typed.flags.get('config')?.at(-1) ?? DEFAULT_CONFIG_FILE;
    const invocation: Invocation = {
      doors,
      configFile: resolve(doors.workingDirectory, configFile),
      json: typed.flags.has('json'),
      operands: typed.operands,
      flags: new Flags(typed.flags),
      rest: typed.rest,
    };
    return await typed.command.run(invocation);
  } catch (error) {
    return reportFailure(error, doors.terminal, json);
  }
}

/** Pure: finds the command, its flags and operands. @throws UsageError where it makes no sense. */
export function understand(argv: readonly string[]): Typed {
  const { before, name, after } = split(argv);
  if (before.includes('--version') || (name === null && after.includes('--version'))) return { kind: 'version' };
  const wantsHelp = before.some(isHelp);
  if (name === null) {
    if (wantsHelp) return { kind: 'help', command: null };
    throw new UsageError('A command is missing.');
  }
  if (name === 'help') return { kind: 'help', command: after[0] === undefined ? null : commandNamed(after[0]) };
  const command = commandNamed(name);
  if (wantsHelp || (command.takesAnything !== true && after.slice(0, endOfFlags(after)).some(isHelp))) {
    return { kind: 'help', command };
  }
  if (command.takesAnything === true) {
    if (after.some(isHelp)) return { kind: 'help', command };
    return { kind: 'command', command, operands: [], flags: flagsOf(command, before).flags, rest: after };
  }
  const { flags, operands } = flagsOf(command, [...before, ...after]);
  checkOperands(command, operands);
  return { kind: 'command', command, operands, flags, rest: [] };
}

/** Flags that stand before the command: only those that every command takes. */
function split(argv: readonly string[]): { before: string[]; name: string | null; after: readonly string[] } {
  const before: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!word.startsWith('-')) return { before, name: word, after: argv.slice(index + 1) };
    before.push(word);
    if (word === '--config') {
      index += 1;
      const value = argv[index];
      if (value !== undefined) before.push(value);
    } else if (!word.startsWith('--config=') && !['--json', '--help', '-h', '--version'].includes(word)) {
      throw new UsageError(`There is no flag ${word} before the command.`);
    }
  }
  return { before, name: null, after: [] };
}

function commandNamed(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found !== undefined) return found;
  if (NOT_IN_THIS_RELEASE.includes(name)) throw new UsageError(`The command ${name} is not in this release.`);
  const meant = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  throw new UsageError(`There is no command ${name}.${meant === null ? '' : ` Did you mean ${meant}?`}`);
}

function flagsOf(
  command: Command,
  args: readonly string[],
): { flags: Map<string, readonly string[]>; operands: string[] } {
  const forms: Readonly<Record<string, FlagForm>> = { ...command.flags, ...COMMON_FLAGS };
  const options = Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [
      name,
      { type: form.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<string, readonly string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const form = Object.hasOwn(forms, token.name) ? forms[token.name] : undefined;
    if (form === undefined) throw unknownFlag(token.rawName, command, Object.keys(forms));
    const before = flags.get(token.name) ?? [];
    // To take the last one would leave out without a word what was asked for first.
    if (before.length > 0 && form.value !== undefined && form.repeatable !== true)
      throw new UsageError(`${token.rawName} is given twice, and may be given once.`, command.name);
    flags.set(token.name, [...before, valueOf(token, form, command)]);
  }
  return { flags, operands };
}

function valueOf(
  token: { readonly rawName: string; readonly value: string | undefined; readonly inlineValue: boolean | undefined },
  form: FlagForm,
  command: Command,
): string {
  if (form.value === undefined) {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`, command.name);
    return '';
  }
  // A flag where the value should stand is a forgotten value, unless it was tied on with `=`.
  const missing = token.value === undefined || (token.inlineValue !== true && token.value.startsWith('-'));
  if (missing) throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${form.value}`, command.name);
  return token.value ?? '';
}

function unknownFlag(rawName: string, command: Command, known: readonly string[]): UsageError {
  const meant = nearest(rawName.replace(/^-+/, ''), known);
  const hint = meant === null ? '' : ` Did you mean --${meant}?`;
  return new UsageError(`The command ${command.name} has no flag ${rawName}.${hint}`, command.name);
}

function checkOperands(command: Command, operands: readonly string[]): void {
  if (operands.length < command.operandsMin) {
    throw new UsageError(`Something is missing: understudy ${command.name} ${command.operands}`, command.name);
  }
  if (operands.length > command.operandsMax) {
    throw new UsageError(`Too much was given: ${operands.slice(command.operandsMax).join(' ')}`, command.name);
  }
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function endOfFlags(args: readonly string[]): number {
  const end = args.indexOf('--');
  return end === -1 ? args.length : end;
}
