import type { Answer, HealthLooks } from '../kernel/health-looks.ts';
import type { Programs } from '../kernel/programs.ts';
import { failureOf, lastLinesOf } from '../kernel/program-words.ts';
import type { HealthRule } from './rule.ts';

/** Asks what a rule wants to know. Null where that can't be told, which is neither good nor bad. */
export async function ask(
  { question, timeoutMs }: HealthRule,
  doors: { readonly looks: HealthLooks; readonly programs: Programs },
): Promise<Answer | null> {
  const { looks, programs } = doors;
  switch (question.kind) {
    case 'http':
      return looks.http(question.url, timeoutMs);
    case 'tcp':
      return looks.tcp(question.host, question.port, timeoutMs);
    case 'command': {
      const end = await programs.run(question.command, { timeoutMs });
      const failure = failureOf(end);
      // What it says itself says more than its status.
      return { isGood: failure === null, detail: lastLinesOf(end, 1)[0] ?? failure ?? 'the exit status 0' };
    }
    case 'disk':
      return measured(await looks.diskUsed(question.path), question.max, `% of the file system of ${question.path}`);
    case 'memory':
      return measured(looks.memoryUsed(), question.max, '% of the memory');
    case 'load':
      return measured(looks.loadPerProcessor(), question.max, ' tasks for each processor', 100);
  }
}

/** @param parts - of one that are told. */
function measured(value: number | null, max: number, unit: string, parts = 1): Answer | null {
  if (value === null) return null;
  const told = Math.round(value * parts) / parts;
  return { isGood: value <= max, detail: `${told}${unit}, of ${max} at most` };
}
