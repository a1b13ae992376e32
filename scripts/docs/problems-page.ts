import { CATALOGUE } from '../../src/problems/catalogue.ts';
import type { Entry, Remedy } from '../../src/problems/entry.ts';

/** Prefix of a code to the title of its area, in the order of the page. */
export const AREAS: Readonly<Record<string, string>> = {
  CFG: 'Settings',
  SYS: 'The machine',
  IDN: 'Identity and pairing',
  JRN: 'Queues',
  CHN: 'Channel',
  CAP: 'Capture',
  APL: 'Apply',
  CHK: 'Check',
  RPL: 'Synchronous replication',
  REG: 'Registry',
  SVC: 'Services',
  DMN: 'Daemon',
  DIA: 'Diagnosis',
  CLI: 'Commands',
};

const WHO: Readonly<Record<Remedy, string>> = {
  retry: 'Understudy, by itself',
  operator: 'you',
  bug: 'the makers: please report it',
};

/** `N29` and its like are codes the tradition knows; they stand in the area of the file they are in. */
export function areaOf(code: string): string {
  return code.includes('-') ? (code.split('-')[0] ?? '') : '';
}

/** By letters, then by number: `L9` before `L20`. */
export function compareCodes(one: string, other: string): number {
  const parts = (code: string): [string, number] => [code.replace(/\d+$/, ''), Number(/\d+$/.exec(code)?.[0] ?? 0)];
  const [[letters, number], [otherLetters, otherNumber]] = [parts(one), parts(other)];
  if (letters !== otherLetters) return letters < otherLetters ? -1 : 1;
  return number - otherNumber;
}

export function problemsPage(): string {
  const entries: [string, Entry][] = Object.entries(CATALOGUE).sort(([one], [other]) => compareCodes(one, other));
  const known = Object.entries(AREAS).map(([prefix, title]) => ({
    title: `${title} (${prefix})`,
    entries: entries.filter(([code]) => areaOf(code) === prefix),
  }));
  const traditional = { title: 'Codes of the tradition', entries: entries.filter(([code]) => areaOf(code) === '') };
  const areas = [...known, traditional].filter((area) => area.entries.length > 0);
  return `${[
    '# Problems',
    '<!-- Made from src/problems by `npm run docs`. -->',
    'Everything Understudy can report. `understudy explain CODE` prints the same. Words in `{braces}` stand for what is met.',
    areas.map((area) => `- [${area.title}](#${anchor(area.title)}): ${area.entries.map(link).join(', ')}`).join('\n'),
    ...areas.flatMap((area) => [`## ${area.title}`, ...area.entries.map(section)]),
  ].join('\n\n')}\n`;
}

function section([code, entry]: [string, Entry]): string {
  return [
    `### ${code}`,
    `**${braces(entry.message)}**`,
    [
      `- Why: ${braces(entry.cause)}`,
      `- What to do: ${braces(entry.resolution)}`,
      `- Severity: ${entry.severity}. Who acts: ${WHO[entry.remedy]}.`,
    ].join('\n'),
  ].join('\n\n');
}

function link([code]: [string, Entry]): string {
  return `[${code}](#${anchor(code)})`;
}

export function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

export function braces(text: string): string {
  return text.replace(/`[^`]*`|\{\w+\}/g, (part) => (part.startsWith('`') ? part : `\`${part}\``));
}
