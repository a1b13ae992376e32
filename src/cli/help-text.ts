import type { Command, FlagForm } from './command.ts';
import { table, wrap } from './shown-text.ts';

export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [`  ${command.name} ${command.operands}`.trimEnd(), command.summary]);
  return [
    'Understudy keeps a second server ready to take over from the first.',
    '',
    'Usage: understudy COMMAND [--config FILE] [--json]',
    '',
    ...table(rows),
    '',
    'understudy COMMAND --help tells more. Exit status: 0 done, 1 a problem, 2 wrong usage.',
    '',
  ].join('\n');
}

export function commandHelp(
  command: Command,
  { common, columns }: { readonly common: Readonly<Record<string, FlagForm>>; readonly columns: number },
): string {
  const rows = Object.entries({ ...command.flags, ...common }).map(([name, form]) => [
    `  --${name}${form.value === undefined ? '' : ` ${form.value}`}`,
    form.repeatable === true ? `${form.summary} (may be given again)` : form.summary,
  ]);
  return [
    `understudy ${command.name} ${command.operands}`.trimEnd(),
    '',
    `${command.summary}.`,
    ...(command.description === undefined ? [] : ['', ...wrap(command.description, { columns, indent: '' })]),
    '',
    ...table(rows),
    '',
  ].join('\n');
}
