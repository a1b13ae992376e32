import { PROBLEM_CODES } from '../../diagnosis/explain.ts';
import { Problem } from '../../problems/problem.ts';
import { type Command, printJson } from '../command.ts';
import { explained, isRetried } from '../explained.ts';
import { table, wrap } from '../shown-text.ts';

export const EXPLAIN_COMMAND: Command = {
  name: 'explain',
  summary: 'Explains a problem by its code: what it is, why, what to do',
  operands: '[CODE]',
  operandsMin: 0,
  operandsMax: 1,
  flags: {},
  description: 'Without a code it lists them all. Works without a daemon.',
  async run(invocation) {
    const { terminal } = invocation.doors;
    const code = invocation.operands[0];
    if (code === undefined) {
      const all = PROBLEM_CODES.map(explained).filter((one) => one !== null);
      if (invocation.json) printJson(invocation, { problems: all });
      else terminal.out(`${table(all.map((one) => [one.code, one.severity, one.what])).join('\n')}\n`);
      return 0;
    }
    const found = explained(code);
    if (found === null) throw new Problem('CLI-017', { code });
    if (invocation.json) {
      printJson(invocation, found);
      return 0;
    }
    const lines = (text: string) => wrap(text, { columns: terminal.size().columns, indent: '  ' });
    const text = [
      `[${found.code}] ${found.severity}`,
      ...lines(found.what),
      ...lines(`Why: ${found.why}`),
      ...lines(`What to do: ${found.resolution}`),
      // What the product does by itself stands in the resolution.
      ...(isRetried(found.code) ? [] : lines(found.who)),
      ...(found.section === null ? [] : lines(`Troubleshooting, ${found.section.title}: ${found.section.symptom}`)),
    ];
    if (text.some((line) => /<\w+>/.test(line))) text.push(...lines('Words in <> stand for what is met.'));
    terminal.out(`${text.join('\n')}\n`);
    return 0;
  },
};
