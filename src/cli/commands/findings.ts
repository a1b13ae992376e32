import { type Command, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { findingsLines } from '../findings-text.ts';
import { paintWith } from '../shown-text.ts';

export const FINDINGS_COMMAND: Command = {
  name: 'findings',
  summary: 'Lists what is wrong now: since when, why, and what to do',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {
    'exit-code': { summary: 'exit 1 where there is an error or a warning' },
  },
  async run(invocation) {
    const answer = await (await daemonOf(invocation)).call('findings', {});
    const { terminal, clock } = invocation.doors;
    if (invocation.json) printJson(invocation, answer);
    else if (answer.findings.length === 0) terminal.out('No findings.\n');
    else {
      const options = { columns: terminal.size().columns, paint: paintWith(terminal.colour), nowMs: clock.wallMs() };
      terminal.out(`${findingsLines(answer.findings, options).join('\n')}\n`);
    }
    const isWell = answer.findings.every(({ severity }) => severity === 'information');
    return invocation.flags.isSet('exit-code') && !isWell ? 1 : 0;
  },
};
