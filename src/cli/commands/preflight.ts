import type { AnswerOf } from '../../api/requests.ts';
import { isProblem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { findingsLines } from '../findings-text.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import { paintWith } from '../shown-text.ts';

export const PREFLIGHT_COMMAND: Command = {
  name: 'preflight',
  summary: 'Looks whether the pair has what it needs, before and after pairing',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  description:
    'Rights, kernel features, space here and there, the way to the other server, ports, services, mounts. Changes nothing. While the servers are connected it speaks for both. Exit status 1 where something is an error.',
  async run(invocation) {
    const answer = await preflight(invocation);
    const { terminal, clock } = invocation.doors;
    if (invocation.json) printJson(invocation, answer);
    else {
      const options = { columns: terminal.size().columns, paint: paintWith(terminal.colour), nowMs: clock.wallMs() };
      const { findings, servers } = answer;
      const whose = servers.length === 2 ? 'both servers' : `the ${servers[0] ?? ''} server`;
      if (findings.length > 0) terminal.out(`${findingsLines(findings, options).join('\n')}\n\n`);
      terminal.out(`Looked at ${whose}: ${countOf(findings)}.\n`);
    }
    return answer.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

/** A running daemon knows more; without one this command looks by itself. */
async function preflight(invocation: Invocation): Promise<AnswerOf<'preflight'>> {
  try {
    return await (await daemonOf(invocation)).call('preflight', {});
  } catch (error) {
    if (!isProblem(error, 'CLI-001')) throw error;
    return await invocation.doors.preflight({ configFile: invocation.configFile });
  }
}

function countOf(findings: AnswerOf<'preflight'>['findings']): string {
  if (findings.length === 0) return 'nothing is in the way';
  const count = (kind: string): number => findings.filter(({ severity }) => severity === kind).length;
  const [errors, warnings] = [formatNumberOf(count('error'), 'error'), formatNumberOf(count('warning'), 'warning')];
  return `${errors}, ${warnings}, ${count('information')} to know`;
}
