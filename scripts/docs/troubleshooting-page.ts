import { CHAPTER, type Section } from '../../src/diagnosis/chapter.ts';
import { CATALOGUE } from '../../src/problems/catalogue.ts';
import type { Entry } from '../../src/problems/entry.ts';
import { anchor, braces } from './problems-page.ts';

export function troubleshootingPage(): string {
  return `${[
    '# Troubleshooting',
    '<!-- Made from src/diagnosis/chapter.ts and src/problems by `npm run docs`. -->',
    'Begin with `understudy findings`: it says what is wrong now, since when, why, and what to do, with its code. `understudy explain CODE` prints an entry of this chapter; [problems.md](problems.md) has every code. Words in `{braces}` stand for what is met.',
    CHAPTER.map(({ title }) => `- [${title}](#${anchor(title)})`).join('\n'),
    ...CHAPTER.map(sectionText),
  ].join('\n\n')}\n`;
}

function sectionText({ title, symptom, codes }: Section): string {
  const rows = codes.map((code) => {
    const { message, cause, resolution }: Entry = CATALOGUE[code];
    const cells = [`[${code}](problems.md#${anchor(code)})`, ...[message, cause, resolution].map(cell)];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['| code | what happened | why | what to do |', '|---|---|---|---|'];
  return [`## ${title}`, symptom, [...head, ...rows].join('\n')].join('\n\n');
}

function cell(text: string): string {
  return braces(text).replaceAll('|', '\\|');
}
