import { COMMANDS } from '../../src/cli/command-table.ts';
import type { Command } from '../../src/cli/command.ts';

/** The manual page understudy(8), from the table of commands. @param version - of the release. */
export function manualPage(version: string): string {
  return `${[
    `.TH UNDERSTUDY 8 "" "Understudy ${version}" "System administration"`,
    '.SH NAME',
    'understudy \\- keeps a second server ready to take over from the first',
    '.SH SYNOPSIS',
    '.B understudy',
    '.I command',
    '[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-json\\fR] [\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    'Understudy protects files of the active server, keeps an exact copy of them on the passive one, and says at every moment whether the two are in sync and if not why.',
    'Exit status: 0 done; 1 a problem, with its code on standard error; 2 wrong usage.',
    '.SH COMMANDS',
    ...COMMANDS.map(commandText),
    '.SH FILES',
    ...entry('\\fI/etc/understudy/server.yaml\\fR', 'Settings of this server.'),
    ...entry('\\fI/etc/understudy/pair.yaml\\fR', 'Settings of the pair, edited on the active server.'),
    ...entry('\\fI/var/lib/understudy\\fR', 'State folder: identity, queues, events.'),
    '.SH SEE ALSO',
    '\\fBunderstudy explain\\fR \\fICODE\\fR prints what is known of a problem.',
  ].join('\n')}\n`;
}

function commandText({ name, operands, summary, description, flags }: Command): string {
  const head = `\\fBunderstudy ${escaped(name)}\\fR ${escaped(operands)}`.trim();
  const text = [summary, ...(description === undefined ? [] : [description])].map((one) => one.replace(/\.?$/, '.'));
  const options = Object.entries(flags).map(
    ([flag, { value, summary: what }]) =>
      `\\fB\\-\\-${escaped(flag)}\\fR${value === undefined ? '' : ` \\fI${escaped(value)}\\fR`}: ${escaped(what)}.`,
  );
  return [...entry(head, escaped(text.join(' '))), ...options.map((option) => `.br\n${option}`)].join('\n');
}

function entry(head: string, text: string): string[] {
  return ['.TP', head, text];
}

/** For troff: its own signs, and hyphens that are meant as they are. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
